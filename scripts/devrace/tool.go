package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A tool builds a program whenever it is saved, and has it answer.
type tool struct {
	name    string
	command []string
	source  string // package of the command, built in module; "": it must be installed
	module  string
	note    string // what is not its default
}

// all are the tools, as somebody uses them who has read their documentation: with their defaults. air waits
// for a second by default; so it runs a second time with the least that it takes.
func all(temp, root string) []tool {
	here := filepath.Join(root, "scripts", "devrace")
	bin := func(name string) string { return filepath.Join(temp, "bin", name) }
	const build = "go build -o tmp/main . && exec tmp/main"
	return []tool{
		{name: hotsoName, command: []string{bin("hotso"), "dev", "./libapp", "--addr", "127.0.0.1:0"}, source: "./host/cmd/hotso", module: root},
		{name: "air", command: []string{bin("air")}, source: "github.com/air-verse/air", module: here},
		{name: "air-1ms", command: []string{bin("air"), "--build.delay", "1"}, source: "github.com/air-verse/air", module: here, note: "delay 1 ms"},
		{name: "reflex", command: []string{bin("reflex"), "-s", "-r", `\.go$`, "--", "sh", "-c", build}, source: "github.com/cespare/reflex", module: here},
		{name: "wgo", command: []string{"wgo", "run", "."}},
	}
}

const hotsoName = "hotso"

// A racer is a tool at work on its copy of the program.
type racer struct {
	tool
	dir       string
	http, rpc string // addresses
	cmd       *exec.Cmd
	ended     chan error
	said      words
	client    *client

	Took    []time.Duration // of each edit that was measured, from the save to the first new answer; 0: there was none
	Refused int             // connections
	Failed  int             // requests, for other reasons
	Asked   int
	Kept    int // edits after which the count of visits went on
}

// start writes the program, has the tool work on it, and waits for the first answer.
func start(t tool, dir string) (*racer, error) {
	pinned, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if err := writeProgram(dir, filepath.Join(pinned, "..", ".."), pinned); err != nil {
		return nil, err
	}
	r := &racer{tool: t, dir: dir, ended: make(chan error, 1)}
	if r.http, err = freeAddress(); err != nil {
		return nil, err
	}
	if r.rpc, err = freeAddress(); err != nil {
		return nil, err
	}
	if r.client, err = newClient(r.http, r.rpc); err != nil {
		return nil, err
	}
	r.cmd = exec.Command(t.command[0], t.command[1:]...)
	r.cmd.Dir, r.cmd.Env = dir, append(os.Environ(), "RACE_HTTP="+r.http, "RACE_GRPC="+r.rpc, "GOFLAGS=-mod=mod", "GOWORK=off")
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r.cmd.Stdout, r.cmd.Stderr = &r.said, &r.said
	if *verbose {
		r.cmd.Stdout, r.cmd.Stderr = os.Stderr, os.Stderr
	}
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { r.ended <- r.cmd.Wait() }()
	for end := time.Now().Add(patience); ; time.Sleep(pace) {
		select {
		case err := <-r.ended:
			return nil, fmt.Errorf("it has ended: %w\n%s", err, r.said.last())
		default:
		}
		if a := r.client.ask(); a.err == nil {
			return r, nil
		} else if time.Now().After(end) {
			return nil, errors.Join(fmt.Errorf("no answer: %w", a.err), r.stop())
		}
	}
}

// words are what a tool has written of late.
type words struct {
	mu   sync.Mutex
	text []byte
}

const lastWords = 1000 // bytes

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, p...)
	w.text = w.text[max(0, len(w.text)-lastWords):]
	return len(p), nil
}

func (w *words) last() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.text)
}

// freeAddress is one of loopback that nobody listens at.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// after is how long clients still ask after the first new answer: a connection may be refused even then.
const after = time.Second

// lost is after how long nobody waits for an answer any more: a person would look what is wrong.
const lost = 45 * time.Second

// turn saves the edited package, and asks until the answer is the new one and a while longer. If none comes, the
// program is not there any more, as a rule: one more save has to bring it back.
func (r *racer) turn(round int) error {
	answers, err := r.save(fmt.Sprintf("%s-%d", r.name, round), round >= warmUp)
	if err != nil || answers {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s has lost edit %d, and is given another one; it says:\n%s\n", r.name, round, r.said.last())
	if answers, err = r.save(fmt.Sprintf("%s-%d-again", r.name, round), false); err == nil && !answers {
		return errors.New("it does not answer any more")
	}
	return err
}

// save reports whether the new answer has come.
func (r *racer) save(word string, counts bool) (bool, error) {
	before := r.client.ask() // no visits if it is not there
	begin := time.Now()
	if err := edit(r.dir, word); err != nil {
		return false, err
	}
	var answered, last int64
	var took time.Duration
	for took == 0 || time.Since(begin) < took+after {
		a := r.client.ask()
		if counts {
			r.count(a)
		}
		if a.err == nil {
			answered, last = answered+1, a.visits
			if took == 0 && a.has(word) {
				took = time.Since(begin)
			}
		}
		if took == 0 && time.Since(begin) > lost {
			if counts {
				r.Took = append(r.Took, 0)
			}
			return false, nil
		}
		time.Sleep(pace)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	text, err := r.client.rpcText(ctx)
	if err != nil || !strings.Contains(text, word) {
		return false, fmt.Errorf("by gRPC the answer is %q: %v", text, err)
	}
	if counts {
		r.Took = append(r.Took, took)
		if last >= before.visits+answered {
			r.Kept++
		}
	}
	time.Sleep(after) // whatever it still has to do, it does not do at the cost of the next
	return true, nil
}

func (r *racer) count(a answer) {
	r.Asked++
	switch {
	case errors.Is(a.err, syscall.ECONNREFUSED):
		r.Refused++
	case a.err != nil:
		r.Failed++
	}
}

// stop ends the tool and what it has started.
func (r *racer) stop() error {
	r.client.close()
	_ = r.cmd.Process.Signal(os.Interrupt)
	select {
	case <-r.ended:
	case <-time.After(20 * time.Second):
	}
	_ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL) // the rest of its group, if there is any
	for range 100 {
		if a := r.client.ask(); errors.Is(a.err, syscall.ECONNREFUSED) {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("%s: its program still listens at %s: end it by hand", r.name, r.http)
}
