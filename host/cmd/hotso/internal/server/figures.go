package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/hotso/hotso/host/cmd/hotso/internal/history"
)

// A History says how the calls of a library went.
type History struct {
	Name    string           `json:"name"`    // of the library
	Now     int64            `json:"now"`     // milliseconds since 1970, by the server's clock
	Step    int              `json:"step"`    // seconds that a sample spans
	Samples []history.Sample `json:"samples"` // oldest first; stretches without calls have none
}

// past answers GET /history?since=MILLISECONDS&step=1|30.
func (l *library) past(w http.ResponseWriter, r *http.Request) {
	since, step := int64(0), int(history.FineStep/time.Second)
	coarse := int(history.CoarseStep / time.Second)
	query := r.URL.Query()
	var err error
	if text := query.Get("since"); text != "" {
		since, err = strconv.ParseInt(text, 10, 64)
	}
	if text := query.Get("step"); text != "" && err == nil {
		step, err = strconv.Atoi(text)
	}
	if err != nil || step != 1 && step != coarse {
		fail(w, http.StatusBadRequest, "%s: since is a number of milliseconds since 1970, and step 1 or %d seconds", r.URL.RequestURI(), coarse)
		return
	}
	samples := l.history.Since(since, step == coarse)
	if samples == nil {
		samples = []history.Sample{}
	}
	answer(w, http.StatusOK, History{l.name, time.Now().UnixMilli(), step, samples})
}
