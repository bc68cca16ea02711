package foreign

import (
	"context"
	"fmt"
	"time"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/instance"
)

// Context is that of a call with a limit, where 0 is none, and a key, where "" is none.
func Context(timeout time.Duration, key string) (context.Context, context.CancelFunc) {
	ctx, cancel := within(timeout)
	if key != "" {
		ctx = host.WithKey(ctx, key)
	}
	return ctx, cancel
}

// Threads tells by whom libhotso is called: f calls its argument for each such thread. It is set once, before
// anything is loaded.
func Threads(f func(yield func(id int))) { instance.Callers = f }

// Masked tells how libraries are loaded: f calls its argument, on a thread that has those signals blocked that are the
// program's. It is set once, before anything is loaded.
func Masked(f func(load func())) { instance.Masked = f }

// CallName is hotsoh_call_name.
func CallName(ctx context.Context, h Handle, name string, args []Value, result *Value) error {
	t, err := lookup[target](h)
	if err != nil {
		return err
	}
	converted, err := arguments(name, args)
	if err != nil {
		return err
	}
	r, err := t.Call(ctx, name, converted...)
	if err != nil || result == nil {
		return err
	}
	return result.set(r.Value)
}

func arguments(name string, args []Value) ([]any, error) {
	converted := make([]any, len(args))
	for i := range args {
		var err error
		if converted[i], err = args[i].argument(); err != nil {
			return nil, argumentError(name, i, err)
		}
	}
	return converted, nil
}

// CallJSON is hotsoh_call_json.
func CallJSON(ctx context.Context, h Handle, name, args string) ([]byte, error) {
	t, err := lookup[target](h)
	if err != nil {
		return nil, err
	}
	list, err := parseArguments(args)
	if err != nil {
		return nil, fmt.Errorf("%w: the arguments of %s: %w", host.ErrArgument, name, err)
	}
	r, err := t.Call(ctx, name, list...)
	if err != nil {
		return nil, err
	}
	return encode(finite(r.Value)), nil
}
