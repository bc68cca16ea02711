//go:build purego

package main

import "github.com/ebitengine/purego"

// A shared object opened, and a callback of C's made.
func init() {
	var getpid func() int32
	var qsort func(base *int32, n, size uintptr, compare uintptr)
	compare := purego.NewCallback(func(a, b *int32) uintptr { return uintptr(int64(*a - *b)) })
	busy(func() error {
		libc, err := purego.Dlopen("libc.so.6", purego.RTLD_NOW)
		if err != nil {
			return err
		}
		purego.RegisterLibFunc(&getpid, libc, "getpid")
		purego.RegisterLibFunc(&qsort, libc, "qsort")
		return nil
	}, func() error {
		getpid()
		s := []int32{3, 1, 2}
		qsort(&s[0], 3, 4, compare)
		return nil
	})
}
