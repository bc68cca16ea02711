package contract

import "iter"

// pull is iter.Pull2 for callers on any thread. A coroutine is bound to how its goroutine was
// locked to a thread when it was made, as a goroutine is that C has called, and the process ends
// if it is used from elsewhere. next is for one goroutine at a time, and stop comes when none is
// in next; what seq panics with, next and stop do.
func pull[T any](seq iter.Seq2[T, error]) (next func() (T, error, bool), stop func()) {
	p := &pulling[T]{seq: seq, want: make(chan struct{}), elements: make(chan element[T])}
	return p.next, p.stop
}

// pulling runs a sequence on a goroutine of its own.
type pulling[T any] struct {
	seq         iter.Seq2[T, error]
	begun, over bool
	want        chan struct{}   // closed when nobody wants more
	elements    chan element[T] // closed when seq has ended
	failed      any             // what it has panicked with
}

type element[T any] struct {
	v   T
	err error
}

func (p *pulling[T]) next() (v T, err error, ok bool) {
	switch {
	case p.over:
		return v, nil, false
	case p.begun:
		p.want <- struct{}{}
	default:
		p.begun = true
		go p.run()
	}
	e, ok := <-p.elements
	if !ok {
		p.end()
	}
	return e.v, e.err, ok
}

func (p *pulling[T]) stop() {
	if !p.begun || p.over {
		p.over = true
		return
	}
	close(p.want)
	<-p.elements
	p.end()
}

// end is called when seq has ended.
func (p *pulling[T]) end() {
	p.over = true
	if p.failed != nil {
		panic(p.failed)
	}
}

func (p *pulling[T]) run() {
	defer close(p.elements)
	p.failed = "the sequence has ended its goroutine (runtime.Goexit)"
	defer func() {
		if r := recover(); r != nil {
			p.failed = r
		}
	}()
	for v, err := range p.seq {
		p.elements <- element[T]{v, err}
		if _, more := <-p.want; !more {
			break
		}
	}
	p.failed = nil
}
