package server

import (
	"net/http"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
)

// streams reports whether the version that serves returns a stream from name.
func streams(slot *host.Slot, name string) bool {
	lib := slot.Current()
	if lib == nil {
		return false
	}
	f, _ := lib.Description().Manifest.Function(name)
	sig, err := abi.ParseSignature(f.Signature)
	return err == nil && sig.Result == abi.Stream
}

// stream answers a call with all that a stream has, as it comes. One that breaks
// off breaks the connection: the client must not take what came for all of it.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, slot *host.Slot, name string, args []any) {
	stream, err := slot.CallStream(s.withKey(r), name, args...)
	if err != nil {
		s.failCall(w, slot, name, err)
		return
	}
	defer stream.Close()
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	begun := false
	for piece, err := range stream.Seq() {
		if err != nil && !begun {
			s.failCall(w, slot, name, err)
			return
		}
		_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
		if err == nil {
			_, err = w.Write(piece)
		}
		if err == nil {
			err = control.Flush()
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		begun = true
	}
}
