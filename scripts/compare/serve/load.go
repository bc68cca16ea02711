package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// connections is how many clients there are.
const connections = 64

// script has wrk post a name, and print its figures as JSON.
//
//go:embed wrk.lua
var script string

// A run is what wrk saw.
type run struct {
	Requests float64 `json:"requests"` // per second
	P99      float64 `json:"p99"`      // milliseconds
	P999     float64 `json:"p999"`
	Failed   int     `json:"failed"`
}

// load puts the server under load.
func (s *server) load(length time.Duration) (r run, err error) {
	file, err := os.CreateTemp("", "hotso-wrk-*.lua")
	if err != nil {
		return r, err
	}
	defer os.Remove(file.Name())
	if _, err := file.WriteString(script); err != nil {
		return r, err
	}
	if err := file.Close(); err != nil {
		return r, err
	}
	out, err := exec.Command("wrk", "-t1", fmt.Sprintf("-c%d", connections), fmt.Sprintf("-d%ds", int(length.Seconds())),
		"-s", file.Name(), "http://"+s.address+"/call/GreetName").CombinedOutput()
	if err != nil {
		return r, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	_, figures, _ := strings.Cut(string(out), "figures ")
	if err := json.NewDecoder(strings.NewReader(figures)).Decode(&r); err != nil {
		return r, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	if r.Failed > 0 {
		return r, fmt.Errorf("%s: %d requests failed", s.name, r.Failed)
	}
	return r, nil
}
