package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/cmd/hotso/internal/doctor"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A running server is asked: what serves, what was refused, and what is held, with what to do.
func TestDoctorAsksAServer(t *testing.T) {
	dir := t.TempDir()
	c := startServe(t, dir, "--drain", "20ms")
	ask := func() *doctorOf { return &doctorOf{t, examined(t, doctorIn(t.TempDir(), nil, c.url))} }
	ask().finds("server", doctor.Bad, "no library in its directory yet", "hotso build")

	moveInto(t, dir, libtest.Build(t, "slow", "1"))
	c.await(host.Serving)
	ask().finds("server", doctor.Good, "slow v1 serves", "")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "libslow.v2.so"), []byte("#!/bin/sh\n"), 0o666))
	c.await(host.Refused)
	ask().finds("v2", doctor.Careful, "refused: ", "hotso help errors/not-elf")

	done := make(chan error, 1)
	go func() {
		resp, err := http.Post(c.url+"/call/Sleep", "application/json", strings.NewReader("[3000]"))
		if err == nil {
			err = resp.Body.Close()
		}
		done <- err
	}()
	require.Eventually(t, func() bool {
		out, _, _ := hotso(t, "versions", dir)
		return strings.Contains(out, "serving  100 %  0      0       1")
	}, 20*time.Second, 10*time.Millisecond)
	moveInto(t, dir, libtest.Build(t, "slow", "3"))
	c.await(host.Quarantined)
	found := ask()
	found.finds("server", doctor.Good, "slow v3 serves", "")
	found.finds("v1", doctor.Careful, "quarantined: ", "hotso help")
	assert.NoError(t, <-done)
}

type doctorOf struct {
	t     *testing.T
	found map[string]doctor.Finding
}

func (d *doctorOf) finds(thing, is, detail, mend string) {
	d.t.Helper()
	f := d.found[thing]
	assert.Equal(d.t, is, f.Is, "%+v", d.found)
	assert.Contains(d.t, f.Detail, detail)
	assert.Contains(d.t, f.Mend, mend)
}

// What is no server of ours is said to be none.
func TestDoctorAsksWhatIsNoServer(t *testing.T) {
	answers := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/text/versions":
			_, _ = w.Write([]byte("<html>"))
		case "/json/versions":
			_, _ = w.Write([]byte("{}"))
		case "/refuses/versions":
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"error": "this server is not called that"}`))
		case "/several/versions":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error": "there are several libraries: a, b"}`))
		case "/several/libraries":
			_, _ = w.Write([]byte(`[{"name": "a"}, {"name": "b"}]`))
		case "/several/versions/a":
			_, _ = w.Write([]byte(`{"name": "a", "serving": "1", "versions": [{"version": "1", "state": "serving"}]}`))
		case "/several/versions/b":
			_, _ = w.Write([]byte(`{"name": "b", "versions": [{"version": "1", "state": "failed"}]}`))
		case "/states/versions":
			_, _ = w.Write([]byte(`{"name": "x", "versions": [
				{"version": "1", "state": "resident", "reason": "it was built without the unload shim"},
				{"version": "2", "state": "failed", "reason": "it crashed\ngoroutine 1", "page": "errors/crashed"},
				{"version": "3", "state": "unloaded"},
				{"version": "4", "state": "serving", "conflicts": [{"path": "/data.db", "name": "x", "version": "1"}]}]}`))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
	s := httptest.NewServer(answers)
	defer s.Close()
	ask := func(url string) *doctorOf {
		return &doctorOf{t, examined(t, doctorIn(t.TempDir(), nil, url))}
	}
	ask(s.URL+"/text").finds("server", doctor.Bad, "no answer of hotso serve", "address of a hotso serve")
	ask(s.URL+"/json").finds("server", doctor.Bad, "no hotso serve", "address of a hotso serve")
	ask(s.URL+"/none").finds("server", doctor.Bad, "404", "address of a hotso serve")
	ask(s.URL+"/refuses").finds("server", doctor.Bad, "this server is not called that", "")
	states := ask(s.URL + "/states/")
	states.finds("server", doctor.Bad, "no version of x serves", "")
	states.finds("v1", doctor.Careful, "resident: it was built without", "native-code")
	states.finds("v2", doctor.Careful, "failed: it crashed", "hotso help errors/crashed")
	assert.NotContains(t, states.found["v2"].Detail, "goroutine")
	states.finds("v3", doctor.Good, "unloaded", "")
	states.finds("v4", doctor.Careful, "/data.db", "embedding-databases")
	several := ask(s.URL + "/several/")
	several.finds("a v1", doctor.Good, "serving", "")
	several.finds("b v1", doctor.Careful, "failed", "")
	several.finds("server", doctor.Bad, "no version of b serves", "")
	s.Close()
	ask(s.URL).finds("server", doctor.Bad, "connection refused", "address of a hotso serve")
}
