package libbuild

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// A compilation is a go build under way, in a directory of its own.
type compilation struct {
	temp   string
	remove func()
	stop   context.CancelFunc
	done   chan struct{}
	image  []byte
	times  Times
	err    error
}

// beginCompile begins to compile. The caller calls end.
func (o Options) beginCompile(ctx context.Context, g goCommand, pattern string) (c *compilation, err error) {
	if err := os.MkdirAll(o.Output, 0o777); err != nil {
		return nil, err
	}
	c = &compilation{done: make(chan struct{})}
	if c.temp, c.remove, err = workDir(o.Output); err != nil {
		return nil, err
	}
	ctx, c.stop = context.WithCancel(ctx)
	go func() {
		defer close(c.done)
		c.image, c.err = o.compile(ctx, g, pattern, c.temp, &c.times)
	}()
	return c, nil
}

func (c *compilation) wait() ([]byte, error) {
	<-c.done
	return c.image, c.err
}

// end gives up what is not done, and removes the directory.
func (c *compilation) end() {
	c.stop()
	<-c.done
	c.remove()
}

// compile runs go build and returns the image. The header that go build
// writes beside it is not the library's API; it goes with the directory.
func (o *Options) compile(ctx context.Context, g goCommand, pattern, temp string, times *Times) ([]byte, error) {
	file, err := filepath.Abs(filepath.Join(temp, "image.so"))
	if err != nil {
		return nil, err
	}
	args := []string{"build", "-buildmode=c-shared", "-trimpath", "-o", file}
	ldflags := o.LDFlags
	switch {
	case o.Strip:
		ldflags += " -s -w"
	case o.Quick && !o.Debug:
		ldflags += " -w"
	}
	if ldflags != "" {
		args = append(args, "-ldflags="+ldflags)
	}
	if o.Tags != "" {
		args = append(args, "-tags="+o.Tags)
	}
	if o.Race {
		args = append(args, "-race")
	}
	if o.Quick {
		args = append(args, "-buildvcs=false")
		g.env = append([]string{"GOGC=" + cmp.Or(os.Getenv("GOGC"), "400")}, g.env...)
	}
	graph := filepath.Join(temp, "actions.json")
	if o.Timed {
		args = append(args, "-debug-actiongraph="+graph)
	}
	if o.Verbose {
		args = append(args, "-v")
		fmt.Fprintf(o.Stderr, "go %q\n", append(args, pattern))
	}
	begin := time.Now()
	if _, err := g.run(ctx, o.Stderr, append(args, "--", pattern)...); err != nil {
		return nil, err
	}
	if o.Timed {
		times.read(graph, begin, time.Now())
	}
	return os.ReadFile(file)
}
