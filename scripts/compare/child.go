package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// The parent runs one child per contender and asks it for one job at a time:
// it writes a job's name on a line, and the child answers with a Figure on a line.

// An order is what a child is started with, as JSON in an environment variable.
type order struct {
	Contender string
	Files     Files
	Budget    time.Duration
}

const orderVariable = "COMPARE_ORDER"

// serveJobs is what the child does.
func serveJobs(o order, in io.Reader, out io.Writer) error {
	c, ok := find(o.Contender)
	if !ok {
		return fmt.Errorf("no contender %q", o.Contender)
	}
	defer endPlugins()
	var b *bench
	enc := json.NewEncoder(out)
	for lines := bufio.NewScanner(in); lines.Scan(); {
		fig, err := func() (Figure, error) {
			switch job := lines.Text(); job {
			case Load:
				return load(c, o.Files)
			case Leak:
				return leak(c, o.Files)
			default:
				if b == nil {
					var err error
					if b, err = newBench(c, o.Files, o.Budget); err != nil {
						return Figure{}, err
					}
				}
				return b.run(job)
			}
		}()
		if err != nil {
			fig.Err = err.Error()
		}
		if err := enc.Encode(fig); err != nil {
			return err
		}
	}
	if b != nil && b.greeter != nil {
		return b.greeter.Close()
	}
	return nil
}

// A child is a child process, as the parent sees it.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

func startChild(program string, o order) (*child, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), orderVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &child{cmd, in, json.NewDecoder(out)}, cmd.Start()
}

// ask measures one job. An error means that the contender can't do it.
func (c *child) ask(job string) (Figure, error) {
	var f Figure
	if _, err := fmt.Fprintln(c.in, job); err != nil {
		return f, err
	}
	if err := c.out.Decode(&f); err != nil {
		return f, fmt.Errorf("its process ended: %w", err)
	}
	if f.Err != "" {
		return f, fmt.Errorf("%s: %s", job, f.Err)
	}
	return f, nil
}

// stop ends the child.
func (c *child) stop() {
	c.in.Close()
	end := time.AfterFunc(5*time.Second, func() { c.cmd.Process.Kill() })
	defer end.Stop()
	c.cmd.Wait()
}
