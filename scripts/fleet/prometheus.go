//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const howToGet = "apt install prometheus"

// startPrometheus starts one that scrapes each host every other second, and returns its URL; an empty one if there is none on this
// machine.
func (f *fleet) startPrometheus(ctx context.Context) (string, error) {
	program, err := exec.LookPath("prometheus")
	if errors.Is(err, exec.ErrNotFound) {
		f.view.say("there is no Prometheus on this machine: %s", howToGet)
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("global: {scrape_interval: 2s, scrape_timeout: 2s}\nscrape_configs:\n- job_name: fleet\n  static_configs:\n")
	for _, h := range f.hosts {
		fmt.Fprintf(&b, "  - {targets: [%q], labels: {instance: %q}}\n", strings.TrimPrefix(h.url, "http://"), h.id)
	}
	dir := filepath.Join(f.dir, "prometheus")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte(b.String()), 0o600); err != nil {
		return "", err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		return "", err
	}
	said, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return "", err
	}
	defer said.Close()
	cmd := exec.Command(program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+addr)
	cmd.Stdout, cmd.Stderr = said, said
	ch, err := f.children.start(cmd, nil)
	if err != nil {
		return "", err
	}
	url := "http://" + addr
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && ctx.Err() == nil && !ch.hasEnded(); pause(ctx, 100*time.Millisecond) {
		if resp, err := http.Get(url + "/-/ready"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return url, nil
			}
		}
	}
	text, _ := os.ReadFile(said.Name())
	return "", errors.Join(ctx.Err(), fmt.Errorf("Prometheus does not begin: %s", text))
}
