package modeltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
)

// useStress has a lane with streams and callbacks in place of the counter's, and all ways
// to crash.
func useStress() {
	lanes[2] = lane{
		lib:      "callback",
		flavours: []flavour{{}, {}},
		options: func(draw func(int) int) []host.Option {
			opts := []host.Option{
				host.Provide2("Greet", greeting),
				host.Provide0("Void", func() (host.None, error) { return host.None{}, nil }),
				host.Provide1("Early", func(string) (host.None, error) { return host.None{}, nil }),
				host.OnCount(func(*host.Library, string, int64) {}),
				host.CrashLimit(3+draw(20), 5*time.Second),
				host.Probation(time.Duration(draw(2))*50*time.Millisecond, rule),
			}
			if draw(2) == 0 {
				opts = append(opts, host.ForceUnload())
			}
			return opts
		},
	}
	drills = nil
	for _, kind := range abi.DrillKinds {
		switch kind {
		case "hang", "deadlock": // no crash
		case "throw": // a data race
			if runtime.GOMAXPROCS(0) > 1 {
				drills = append(drills, kind)
			}
		default:
			drills = append(drills, kind)
		}
	}
}

func greeting(name string, n int32) (string, error) { return fmt.Sprint(name, " ", n), nil }

// calling are the bound functions of a library that calls its host and returns streams.
type calling struct {
	greet     func(context.Context, string, int32) (string, error)
	elsewhere func(context.Context, int32) (string, error)
	each      func(context.Context, uint64, int32) (int64, error)
	bytes     func(context.Context, int64, string) (*host.Stream, error)
	pieces    func(context.Context, int32, int32) (*host.Stream, error)
}

func (c *calling) bind(slot *host.Slot) error {
	var errs [5]error
	c.greet, errs[0] = host.Func2[string, int32, string](slot, "Greet")
	c.elsewhere, errs[1] = host.Func1[int32, string](slot, "GreetElsewhere")
	c.each, errs[2] = host.Func2[uint64, int32, int64](slot, "Each")
	c.bytes, errs[3] = host.ReaderFunc2[int64, string](slot, "Bytes")
	c.pieces, errs[4] = host.ReaderFunc2[int32, int32](slot, "Pieces")
	return errors.Join(errs[:]...)
}

// callCalling makes one call or reads one stream.
func (c *caller) callCalling(ctx context.Context) (err error) {
	f := &c.g.bound.calling
	n := c.r.Int32N(100)
	switch c.r.IntN(5) {
	case 0:
		var got string
		if got, err = f.greet(ctx, "Ada", n); err == nil && got != fmt.Sprint("Ada ", n) {
			c.fault("Greet(Ada, %d) returned %q", n, got)
		}
	case 1:
		var got string
		if got, err = f.elsewhere(ctx, n); err == nil && got != fmt.Sprint("elsewhere ", n) {
			c.fault("GreetElsewhere(%d) returned %q", n, got)
		}
	case 2:
		return c.callEach(ctx, n)
	case 3:
		size := c.r.Int64N(200_000)
		s, err := f.bytes(ctx, size, "")
		if err != nil {
			return err
		}
		return c.read(s, size, func(at int64) byte { return byte(at) })
	default:
		size := c.r.Int32N(100_000)
		s, err := f.pieces(ctx, 1, size)
		if err != nil {
			return err
		}
		return c.read(s, int64(size), func(int64) byte { return 'x' })
	}
	return err
}

// callEach has the library call a function n times.
func (c *caller) callEach(ctx context.Context, n int32) error {
	handle, release, err := host.Callback1(func(i int32) (int64, error) { return int64(2 * i), nil })
	if err != nil {
		return err
	}
	defer release()
	sum, err := c.g.bound.calling.each(ctx, handle, n)
	if err == nil && sum != int64(n)*int64(n-1) {
		c.fault("Each of %d returned %d", n, sum)
	}
	return err
}

// read reads a stream, one in four not to its end.
func (c *caller) read(s *host.Stream, size int64, want func(at int64) byte) error {
	c.figures.streams.Add(1)
	defer s.Close()
	early := c.r.IntN(4) == 0
	buffer := make([]byte, 1+c.r.IntN(64<<10))
	for at := int64(0); ; {
		n, err := s.Read(buffer)
		for i, b := range buffer[:n] {
			if b != want(at+int64(i)) {
				c.fault("a stream has %d at %d", b, at+int64(i))
				return nil
			}
		}
		at += int64(n)
		switch {
		case err == io.EOF && at != size:
			c.fault("a stream of %d bytes ended after %d", size, at)
			return nil
		case err == io.EOF, err == nil && early && at > size/2:
			return nil
		case err != nil:
			return err
		}
	}
}
