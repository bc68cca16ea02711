package server

import (
	"net/http"
)

// streamBytes is what a stream takes of the budget: pieces of it, here and in the library.
const streamBytes = 64 << 10

// stream answers a call with all that a stream has, as it comes; of a sequence of a contract (c is not
// nil) each element is a line of JSON. One that breaks off breaks the connection: the client must not
// take what came for all of it.
func (l *library) stream(w http.ResponseWriter, r *http.Request, name string, args []any, share *share, c *contractCall) {
	slot := l.slot
	if err := share.grow(r.Context(), share.held+streamBytes); err != nil {
		failCall(w, slot, name, err)
		return
	}
	inside := l.inflight.begin(slot, name)
	defer inside.end()
	stream, err := slot.CallStream(l.withKey(r), name, inside.noting(args)...)
	if err != nil {
		failCall(w, slot, name, c.named(err))
		return
	}
	defer stream.Close()
	share.become(streamBytes)
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", c.streamType())
	w.Header().Set("X-Content-Type-Options", "nosniff")
	begun := false
	for piece, err := range stream.Seq() {
		if err == nil {
			err = c.checkPiece(piece)
		}
		if err != nil && !begun {
			failCall(w, slot, name, c.named(err))
			return
		}
		if err == nil {
			err = c.writePiece(w, piece)
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
