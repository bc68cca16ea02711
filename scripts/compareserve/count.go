package main

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// count compares what GET /metrics of hotso serve has counted with what it was asked.
func count(s *server) error {
	r, err := http.Get(strings.TrimSuffix(s.url, "/call/GreetName") + "/metrics")
	if err != nil {
		return err
	}
	defer r.Body.Close()
	counted := 0
	for lines := bufio.NewScanner(r.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "hotso_calls_total{"); ok {
			n, err := strconv.ParseFloat(value[strings.LastIndexByte(value, ' ')+1:], 64)
			if err != nil {
				return err
			}
			counted += int(n)
		}
	}
	fmt.Printf("hotso_calls_total says %d, of %d requests that were answered\n", counted, s.answered)
	if counted != s.answered {
		return fmt.Errorf("%s has not counted right", s.name)
	}
	return nil
}
