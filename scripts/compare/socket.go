package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// message is a request or an answer on the socket.
type message struct {
	Job  string `json:"job,omitempty"`
	A    int32  `json:"a,omitempty"`
	B    int32  `json:"b,omitempty"`
	Text string `json:"text,omitempty"`
	Data []byte `json:"data,omitempty"`
	Err  string `json:"err,omitempty"`
}

// socketGreeter speaks JSON with a process of its own over one connection, one
// request at a time.
type socketGreeter struct {
	cmd  *exec.Cmd
	conn net.Conn
	mu   sync.Mutex
	enc  *json.Encoder
	dec  *json.Decoder
}

func openSocket(f Files) (Greeter, error) { return newSocket(f) }

func newSocket(f Files) (g *socketGreeter, err error) {
	g = &socketGreeter{}
	dir, err := os.MkdirTemp("", "compare")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) // once both have it, the connection needs no name
	path := filepath.Join(dir, "socket")
	g.cmd = exec.Command(f.Server, "--serve", "socket", "--socket", path)
	g.cmd.Stderr = os.Stderr
	if err := g.cmd.Start(); err != nil {
		return nil, err
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Microsecond) {
		if g.conn, err = net.Dial("unix", path); err == nil {
			break
		}
		if time.Now().After(end) {
			return nil, errors.Join(err, g.cmd.Process.Kill())
		}
	}
	g.enc, g.dec = json.NewEncoder(g.conn), json.NewDecoder(g.conn)
	return g, nil
}

func (g *socketGreeter) ask(request message) (message, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var answer message
	if err := g.enc.Encode(&request); err != nil {
		return answer, err
	}
	if err := g.dec.Decode(&answer); err != nil {
		return answer, err
	}
	if answer.Err != "" {
		return answer, errors.New(answer.Err)
	}
	return answer, nil
}

func (g *socketGreeter) Add(a, b int32) (int32, error) {
	m, err := g.ask(message{Job: "add", A: a, B: b})
	return m.A, err
}

func (g *socketGreeter) Greet(name string) (string, error) {
	m, err := g.ask(message{Job: "greet", Text: name})
	return m.Text, err
}

func (g *socketGreeter) Close() error {
	return errors.Join(g.conn.Close(), g.cmd.Wait())
}

func echoSocket(f Files) (Echo, error) {
	g, err := newSocket(f)
	return func(data []byte) ([]byte, error) {
		m, err := g.ask(message{Job: "echo", Data: data})
		return m.Data, err
	}, err
}

// serveSocket answers one connection and ends with it.
func serveSocket(path string) error {
	l, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	conn, err := l.Accept()
	if err != nil {
		return err
	}
	enc, dec := json.NewEncoder(conn), json.NewDecoder(conn)
	for {
		var request, answer message
		if dec.Decode(&request) != nil {
			return nil // the host has gone
		}
		var err error
		switch request.Job {
		case "add":
			answer.A, err = local.Add(request.A, request.B)
		case "greet":
			answer.Text, err = local.Greet(request.Text)
		case "echo":
			answer.Data = request.Data
		default:
			err = fmt.Errorf("no job %q", request.Job)
		}
		if err != nil {
			answer.Err = err.Error()
		}
		if err := enc.Encode(&answer); err != nil {
			return err
		}
	}
}
