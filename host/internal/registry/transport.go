package registry

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// An observer sees what answers of a registry say besides their content. It is safe for concurrent use.
type observer struct {
	base http.RoundTripper
	host string

	mu         sync.Mutex
	ahead      time.Duration // of the registry's clock before ours
	retryAfter time.Time     // when it wants to be asked again; zero: any time
}

// RoundTrip is that of http.RoundTripper.
func (o *observer) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := o.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	there := now // by the clock of who answers
	o.mu.Lock()
	defer o.mu.Unlock()
	date, dateErr := http.ParseTime(resp.Header.Get("Date"))
	if dateErr == nil {
		there = date
	}
	isRegistry := r.URL.Host == o.host // blobs and tokens may come from elsewhere
	if isRegistry && dateErr == nil {
		o.ahead = date.Sub(now)
	}
	switch busy := resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable; {
	case busy:
		o.retryAfter = after(resp.Header.Get("Retry-After"), there, now)
	case isRegistry:
		o.retryAfter = time.Time{}
	}
	return resp, nil
}

// checkRedirect refuses what would be read by others on the way.
func checkRedirect(r *http.Request, via []*http.Request) error {
	switch {
	case len(via) >= maxRedirects:
		return fmt.Errorf("stopped after %d redirects", maxRedirects)
	case r.URL.Scheme != "https" && via[0].URL.Scheme == "https":
		return fmt.Errorf("the registry redirects to %s, without TLS", r.URL.Redacted())
	}
	return nil
}

const maxRedirects = 10

// maxRetryAfter bounds what a registry can ask for: a slip of its must not keep hosts away for days.
const maxRetryAfter = 10 * time.Minute

// after reads a Retry-After of RFC 9110, 10.2.3: seconds, or a date by the clock of who wrote it.
func after(value string, there, here time.Time) time.Time {
	var wait time.Duration
	if seconds, err := strconv.Atoi(value); err == nil || errors.Is(err, strconv.ErrRange) {
		wait = time.Duration(min(seconds, int(maxRetryAfter/time.Second))) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(there)
	}
	if wait <= 0 {
		return time.Time{}
	}
	return here.Add(min(wait, maxRetryAfter))
}

// now is the time by the registry's clock, which all who use it share.
func (o *observer) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return time.Now().Add(o.ahead).UTC().Truncate(time.Second)
}

func (o *observer) notBefore() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.retryAfter
}
