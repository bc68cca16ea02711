package registrytest

import (
	"net/http"
	"strings"
	"time"
)

// What a request is about.
const (
	Base      = "base" // /v2/
	Manifest  = "manifest"
	Blob      = "blob"
	Upload    = "upload"
	Tags      = "tags"
	Referrers = "referrers"
	Token     = "token"  // a request for a token
	Stored    = "stored" // a blob at the other host, see Fault.Redirect
	Other     = "other"
)

// kindOf says what a request to the registry is about.
func kindOf(path string) string {
	switch {
	case path == "/token":
		return Token
	case path == "/v2/" || path == "/v2":
		return Base
	case strings.Contains(path, "/blobs/uploads/"):
		return Upload
	}
	for _, kind := range []string{Manifest, Blob, Tags, Referrers} {
		if strings.Contains(path, "/"+strings.TrimSuffix(kind, "s")+"s/") {
			return kind
		}
	}
	return Other
}

// A Fault is what a proxy does to the requests for which it is meant: those of a method and a kind. Several
// faults may meet a request.
type Fault struct {
	Method string // such as GET; all if empty
	Kind   string // such as Blob; all if empty
	Times  int    // for how many requests, and then no more; 0 is without end

	// Instead of the registry's answer:

	Status         int           // a status with an error as OCI has it
	RetryAfter     time.Duration // with a Status: the header Retry-After, in whole seconds
	RetryAfterDate bool          // Retry-After as a date
	Hang           bool          // no answer at all; the connection stays open
	Abort          bool          // the connection is closed without an answer; Go's client asks again if it was used before
	Redirect       bool          // a blob lies at another host, which refuses credentials, as with S3
	DropAuth       bool          // the registry gets no credentials, and so refuses as it does when they expire
	IgnoreRange    bool          // the whole blob (200) for a request for a part of it

	// With the registry's answer:

	Delay          time.Duration // before it
	BytesPerSecond int           // how fast the body comes
	CutAfter       int64         // the connection is closed after so many bytes of the body; 0 is never
	Corrupt        bool          // the first byte of the body is another
	SizeBy         int64         // the body is longer by so many zeros, or shorter; Content-Length is right
	ClaimMore      int64         // Content-Length is larger than the body by that
	Chunked        bool          // there is no Content-Length
	Clock          time.Duration // the header Date is wrong by that

	met int // how many requests, under the proxy's lock
}

func (f *Fault) meets(method, kind string) bool {
	return (f.Method == "" || f.Method == method) && (f.Kind == "" || f.Kind == kind)
}

// refuse writes the answer that a fault has instead of the registry's.
func (f *Fault) refuse(w http.ResponseWriter) {
	code := "UNKNOWN"
	if f.Status == http.StatusTooManyRequests {
		code = "TOOMANYREQUESTS"
	}
	now := time.Now()
	switch {
	case f.RetryAfter == 0:
	case f.RetryAfterDate:
		// A date is in whole seconds. It is rounded up, so that the wait is never shorter than said.
		w.Header().Set("Retry-After", httpDate(now.Add(f.RetryAfter+time.Second-1)))
	default:
		w.Header().Set("Retry-After", seconds(f.RetryAfter))
	}
	if f.Clock != 0 {
		w.Header().Set("Date", httpDate(now.Add(f.Clock)))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte(`{"errors":[{"code":"` + code + `","message":"a fault of the test"}]}` + "\n"))
}
