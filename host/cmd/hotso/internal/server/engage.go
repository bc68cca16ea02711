package server

import (
	"io"
	"net/http"
	"time"
)

// engaging tells the connection of a request when its body is there, and bounds how long
// that takes, also for a body that no handler wants.
func engaging(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := connOf(r)
		if c == nil {
			h.ServeHTTP(w, r)
			return
		}
		if r.Body == http.NoBody {
			c.engage()
		} else {
			_ = c.SetReadDeadline(time.Now().Add(readTimeout))
			r = r.WithContext(r.Context()) // net/http has a look at its own body later
			r.Body = &body{r.Body, c}
		}
		defer func() {
			c.disengage()
			_ = c.SetReadDeadline(time.Now().Add(readTimeout)) // net/http reads what is left of a body
		}()
		h.ServeHTTP(w, r)
	})
}

// A body engages its connection at its end.
type body struct {
	io.ReadCloser
	conn *conn
}

func (b *body) Read(p []byte) (n int, err error) {
	if n, err = b.ReadCloser.Read(p); err == io.EOF {
		b.conn.engage()
	}
	return n, err
}
