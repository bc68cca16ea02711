//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// greetings are the right answers, by version.
var greetings = map[string]string{"1": "Hello, Golang!", "2": "Hello, Golang! (v2)"}

// rank orders the versions: a caller must not see one go back.
var rank = map[string]int{"1": 1, "2": 2}

// A load is a number of callers that keep calling until it is stopped.
type load struct {
	url    string
	client *http.Client
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	answers map[string]int // good ones, by version
	first   map[string]time.Time
	failed  int
	why     error // of the first call that failed
}

func startLoad(ctx context.Context, url string, callers int) *load {
	ctx, cancel := context.WithCancel(ctx)
	l := &load{
		url: url + "/call/Greet", cancel: cancel,
		client:  &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}, Timeout: 10 * time.Second},
		answers: map[string]int{}, first: map[string]time.Time{},
	}
	for range callers {
		l.wg.Go(func() {
			seen := ""
			for ctx.Err() == nil {
				l.record(l.call(&seen))
				pause(ctx, time.Millisecond) // leave the compiler a processor
			}
		})
	}
	return l
}

// call makes one call and judges the answer. A call that has begun is
// finished: that the load is stopped must not make it fail.
func (l *load) call(seen *string) (version string, err error) {
	resp, err := l.client.Post(l.url, "application/json", nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	var a struct{ Result, Version string }
	switch err := json.Unmarshal(b, &a); {
	case err != nil || resp.StatusCode != http.StatusOK:
		return "", fmt.Errorf("%s: %s", resp.Status, b)
	case a.Result != greetings[a.Version]:
		return "", fmt.Errorf("v%s answered %q", a.Version, a.Result)
	case rank[a.Version] < rank[*seen]:
		return "", fmt.Errorf("v%s answered after v%s", a.Version, *seen)
	}
	*seen = a.Version
	return a.Version, nil
}

func (l *load) record(version string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failed++
		if l.why == nil {
			l.why = err
		}
		return
	}
	if l.answers[version]++; l.answers[version] == 1 {
		l.first[version] = time.Now()
	}
}

// firstAnswer waits for the first answer of a version and returns when it came.
func (l *load) firstAnswer(ctx context.Context, version string) (time.Time, error) {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && ctx.Err() == nil; pause(ctx, time.Millisecond) {
		l.mu.Lock()
		at, ok := l.first[version]
		l.mu.Unlock()
		if ok {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("v%s does not answer", version)
}

// counts returns the good answers by version, and the failed calls.
func (l *load) counts() (v1, v2, failed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answers["1"], l.answers["2"], l.failed
}

// stop makes the callers end, and returns when the last call has been answered.
func (l *load) stop() {
	l.cancel()
	l.wg.Wait()
	l.client.CloseIdleConnections()
}

// verdict is an error if a call failed.
func (l *load) verdict() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed > 0 {
		return fmt.Errorf("%d calls failed; the first: %w", l.failed, l.why)
	}
	return nil
}
