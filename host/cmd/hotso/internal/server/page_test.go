package server_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/server"
	"github.com/hotso/hotso/host/internal/libtest"
)

// What went wrong names its page: in answers, in the list of versions, and in events.
func TestErrorsNameTheirPage(t *testing.T) {
	dir := t.TempDir()
	r := start(t, server.Config{Dirs: []string{dir}, Token: "secret"})
	answered := func(status int, page, method, path, body string) {
		t.Helper()
		got, text, _ := r.do(method, path, body, "Authorization", "Bearer secret")
		var f struct{ Page string }
		require.NoError(t, json.Unmarshal([]byte(text), &f), text)
		assert.Equal(t, status, got, text)
		assert.Equal(t, page, f.Page, text)
	}
	answered(http.StatusServiceUnavailable, "errors/empty", "POST", "/call/Greet", "")
	answered(http.StatusServiceUnavailable, "errors/empty", "POST", "/rollback", "")
	deploy(t, dir, libtest.Greeter(t, "1"))
	r.await(host.Serving, "")
	answered(http.StatusBadRequest, "errors/argument", "POST", "/call/Add", "[1]")
	answered(http.StatusNotFound, "errors/function", "POST", "/call/Nope", "")
	answered(http.StatusBadGateway, "errors/call", "POST", "/call/GreetName", `[""]`)
	answered(http.StatusConflict, "errors/none-before", "POST", "/rollback", "")
	answered(http.StatusConflict, "errors/no-canary", "POST", "/promote", "")
	answered(http.StatusNotFound, "", "GET", "/nowhere", "")

	write(t, dir, "libgreeter.v2.so", []byte("#!/bin/sh\n"))
	assert.Equal(t, "errors/not-elf", r.await(host.Refused, "2").Page)
	assert.Equal(t, "errors/not-elf", r.entry("libgreeter.v2.so").Page)
	assert.Empty(t, r.entry("libgreeter.v1.so").Page)
	answered(http.StatusUnprocessableEntity, "errors/not-elf", "POST", "/swap", `{"file": "libgreeter.v2.so"}`)
	assert.Equal(t, "errors/not-elf", r.entry("libgreeter.v2.so").Page)
}
