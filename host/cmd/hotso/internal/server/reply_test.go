package server

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A string that JSON does not have is an error of the library; another one is not sent.
func TestResultNotUTF8(t *testing.T) {
	w := httptest.NewRecorder()
	err := writeReply(w, "half an \xc3", "1")
	require.ErrorIs(t, err, errResultNotText)
	failCall(w, nil, "F", err)
	assert.Equal(t, 502, w.Code)
	assert.Contains(t, w.Body.String(), `{"error":"the result is a string that is not UTF-8`)
}
