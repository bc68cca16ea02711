package server_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

func TestStream(t *testing.T) {
	r := serving(t, libtest.Build(t, "callback", "1"))
	status, body, h := r.do("POST", "/call/Pieces", `[3, 100000]`)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "piece 0piece 1"+strings.Repeat("x", 100_000), body)
	assert.Equal(t, "application/octet-stream", h.Get("Content-Type"))

	status, body, _ = r.do("POST", "/call/Bytes", `[1, "refuse"]`)
	assert.Equal(t, http.StatusBadGateway, status)
	assert.Contains(t, body, "refused as told")
	status, body, h = r.do("POST", "/call/Pieces", `[1, -1]`) // before the first piece
	assert.Equal(t, http.StatusBadGateway, status)
	assert.Contains(t, body, "broke off as told")
	assert.Equal(t, "application/json", h.Get("Content-Type"))
	status, _, _ = r.do("POST", "/call/Pieces", `["x", 1]`)
	assert.Equal(t, http.StatusBadRequest, status)

	// Behind the first piece the client must see that something is missing.
	answer, err := http.Post(r.url+"/call/Pieces", "application/json", strings.NewReader(`[2, -1]`))
	require.NoError(t, err)
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, "piece 0", string(all))
}
