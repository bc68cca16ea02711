//go:build linux && cgo

package main

// #include "exports.h"
import "C"

import (
	"fmt"
	"io"
	"unsafe"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/foreign"
)

// What entry.c calls: each is the function of hotso.h that is called so behind its prefix.

type (
	handle = C.hotsoh_handle
	status = C.hotsoh_status
)

// created gives a handle to C.
func created(h foreign.Handle, err error, to *handle) error {
	if err == nil {
		*to = handle(h)
	}
	return err
}

//export release
func release(h handle, e **C.hotsoh_error) status {
	return answer(e, func() error { return foreign.Release(foreign.Handle(h)) })
}

//export settings_new
func settings_new(to *handle, e **C.hotsoh_error) status {
	return answer(e, func() error { return created(foreign.NewSettings(), nil, to) })
}

//export settings_set
func settings_set(h handle, name, value *C.char, e **C.hotsoh_error) status {
	return answer(e, func() error { return foreign.SettingsSet(foreign.Handle(h), C.GoString(name), C.GoString(value)) })
}

//export settings_provide
func settings_provide(h handle, name, signature *C.char, f C.hotsoh_callback, user unsafe.Pointer, e **C.hotsoh_error) status {
	return answer(e, func() error {
		return foreign.SettingsProvide(foreign.Handle(h), C.GoString(name), C.GoString(signature), callback(f, user))
	})
}

//export inspect
func inspect(path *C.char, settings handle, to **C.char, e **C.hotsoh_error) status {
	return answer(e, func() error {
		b, err := foreign.Inspect(C.GoString(path), foreign.Handle(settings))
		return give(b, err, to)
	})
}

//export library_open
func library_open(path *C.char, settings handle, timeout C.int64_t, to *handle, e **C.hotsoh_error) status {
	return apart(e, func() error {
		h, err := foreign.LibraryOpen(C.GoString(path), foreign.Handle(settings), duration(timeout))
		return created(h, err, to)
	})
}

//export slot_new
func slot_new(name *C.char, settings handle, to *handle, e **C.hotsoh_error) status {
	return answer(e, func() error {
		h, err := foreign.SlotNew(C.GoString(name), foreign.Handle(settings))
		return created(h, err, to)
	})
}

//export slot_swap
func slot_swap(h handle, path *C.char, timeout C.int64_t, to **C.char, e **C.hotsoh_error) status {
	return apart(e, func() error {
		b, err := foreign.SlotSwap(foreign.Handle(h), C.GoString(path), duration(timeout))
		return give(b, err, to)
	})
}

//export slot_rollback
func slot_rollback(h handle, timeout C.int64_t, to **C.char, e **C.hotsoh_error) status {
	return apart(e, func() error {
		b, err := foreign.SlotRollback(foreign.Handle(h), duration(timeout))
		return give(b, err, to)
	})
}

//export slot_canary
func slot_canary(h handle, path *C.char, percent C.double, terms *C.char, timeout C.int64_t, to **C.char, e **C.hotsoh_error) status {
	return apart(e, func() error {
		b, err := foreign.SlotCanary(foreign.Handle(h), C.GoString(path), float64(percent), C.GoString(terms), duration(timeout))
		return give(b, err, to)
	})
}

//export slot_set_share
func slot_set_share(h handle, percent C.double, keys *C.char, e **C.hotsoh_error) status {
	return answer(e, func() error { return foreign.SlotSetShare(foreign.Handle(h), float64(percent), C.GoString(keys)) })
}

//export slot_promote
func slot_promote(h handle, timeout C.int64_t, to **C.char, e **C.hotsoh_error) status {
	return apart(e, func() error {
		b, err := foreign.SlotPromote(foreign.Handle(h), duration(timeout))
		return give(b, err, to)
	})
}

//export slot_abort
func slot_abort(h handle, timeout C.int64_t, to **C.char, e **C.hotsoh_error) status {
	return apart(e, func() error {
		b, err := foreign.SlotAbort(foreign.Handle(h), duration(timeout))
		return give(b, err, to)
	})
}

//export slot_versions
func slot_versions(h handle, to **C.char, e **C.hotsoh_error) status {
	return answer(e, func() error {
		b, err := foreign.SlotVersions(foreign.Handle(h))
		return give(b, err, to)
	})
}

//export slot_forgive
func slot_forgive(h handle, e **C.hotsoh_error) status {
	return answer(e, func() error { return foreign.SlotForgive(foreign.Handle(h)) })
}

//export signals
func signals(to **C.char, e **C.hotsoh_error) status {
	return answer(e, func() error {
		b, err := foreign.Signals()
		return give(b, err, to)
	})
}

//export describe
func describe(h handle, to **C.char, e **C.hotsoh_error) status {
	return answer(e, func() error {
		b, err := foreign.Describe(foreign.Handle(h))
		return give(b, err, to)
	})
}

//export health
func health(h handle, e **C.hotsoh_error) status {
	return answer(e, func() error { return foreign.Health(foreign.Handle(h)) })
}

//export close_target
func close_target(h handle, timeout C.int64_t, to **C.char, e **C.hotsoh_error) status {
	return apart(e, func() error {
		b, err := foreign.Close(foreign.Handle(h), duration(timeout))
		return give(b, err, to)
	})
}

//export watch_start
func watch_start(h handle, dir *C.char, to *handle, e **C.hotsoh_error) status {
	return answer(e, func() error {
		w, err := foreign.WatchStart(foreign.Handle(h), C.GoString(dir))
		return created(w, err, to)
	})
}

//export event_next
func event_next(h handle, timeout C.int64_t, to **C.char, dropped *C.uint64_t, e **C.hotsoh_error) status {
	s := foreign.OK
	failed := answer(e, func() error {
		b, n, got, err := foreign.EventNext(foreign.Handle(h), duration(timeout))
		s = got
		if err == nil && s == foreign.OK && dropped != nil {
			*dropped = C.uint64_t(n)
		}
		return give(b, err, to)
	})
	if failed != C.HOTSOH_OK {
		return failed
	}
	return status(s)
}

//export event_fd
func event_fd(h handle, to *C.int32_t, e **C.hotsoh_error) status {
	return answer(e, func() error {
		fd, err := foreign.EventDescriptor(foreign.Handle(h))
		if err == nil {
			*to = C.int32_t(fd)
		}
		return err
	})
}

//export call_name
func call_name(h handle, name *C.char, args *C.hotsoh_value, count C.uint32_t, result *C.hotsoh_value,
	timeout C.int64_t, key *C.char, length C.size_t, e **C.hotsoh_error) status {
	return answer(e, func() error {
		ctx, cancel := options(timeout, key, length)
		defer cancel()
		return foreign.CallName(ctx, foreign.Handle(h), C.GoString(name), values(args, count), (*foreign.Value)(unsafe.Pointer(result)))
	})
}

//export call_json
func call_json(h handle, name, args *C.char, to **C.char, timeout C.int64_t, key *C.char, length C.size_t, e **C.hotsoh_error) status {
	return answer(e, func() error {
		ctx, cancel := options(timeout, key, length)
		defer cancel()
		b, err := foreign.CallJSON(ctx, foreign.Handle(h), C.GoString(name), C.GoString(args))
		return give(b, err, to)
	})
}

//export prepare
func prepare(h handle, name, signature *C.char, to *handle, e **C.hotsoh_error) status {
	return answer(e, func() error {
		f, err := foreign.Prepare(foreign.Handle(h), C.GoString(name), C.GoString(signature))
		return created(f, err, to)
	})
}

//export signature_of
func signature_of(h handle, to **C.char, e **C.hotsoh_error) status {
	return answer(e, func() error {
		s, err := foreign.FunctionSignature(foreign.Handle(h))
		return give([]byte(s), err, to)
	})
}

//export call
func call(h handle, args *C.hotsoh_value, count C.uint32_t, result *C.hotsoh_value,
	timeout C.int64_t, key *C.char, length C.size_t, e **C.hotsoh_error) status {
	return answer(e, func() error {
		ctx, cancel := options(timeout, key, length)
		defer cancel()
		return foreign.Call(ctx, foreign.Handle(h), values(args, count), (*foreign.Value)(unsafe.Pointer(result)))
	})
}

//export invoke
func invoke(h handle, args *C.uint64_t, count C.uint32_t, result *C.uint64_t, place *C.hotso_place, e **C.hotsoh_error) status {
	if err := invoked(h, args, count, result, place); err != nil {
		return fail(err, e)
	}
	return C.HOTSOH_OK
}

// invoked makes no closure: that would be an allocation in every call.
func invoked(h handle, args *C.uint64_t, count C.uint32_t, result *C.uint64_t, place *C.hotso_place) (err error) {
	defer recovered(&err)
	err = foreign.Invoke(foreign.Handle(h), (*uint64)(unsafe.Pointer(args)), uint32(count), unsafe.Pointer(result))
	if place != nil {
		assign(h, place)
	}
	return err
}

//export pointer_to
func pointer_to(h handle, to *unsafe.Pointer, e **C.hotsoh_error) status {
	return answer(e, func() error {
		count, floats, err := foreign.PointerParams(foreign.Handle(h))
		if err != nil {
			return err
		}
		number := C.hotso_point(h, C.uint32_t(count), C.uint32_t(floats))
		if number < 0 {
			return foreign.ErrTooManyPointers
		}
		if _, _, err := foreign.PointerParams(foreign.Handle(h)); err != nil { // it was released meanwhile
			C.hotso_unpoint(h)
			return err
		}
		if *to = C.hotso_pointer_of(number); *to == nil {
			return fmt.Errorf("%w: there are no pointers to functions on this processor", host.ErrUnsupported)
		}
		return nil
	})
}

//export lend
func lend(signature *C.char, f C.hotsoh_callback, user unsafe.Pointer, to *handle, e **C.hotsoh_error) status {
	return answer(e, func() error {
		h, err := foreign.Lend(C.GoString(signature), callback(f, user))
		return created(h, err, to)
	})
}

//export lent_word
func lent_word(h handle, to *C.uint64_t, e **C.hotsoh_error) status {
	return answer(e, func() error {
		word, err := foreign.LentWord(foreign.Handle(h))
		if err == nil {
			*to = C.uint64_t(word)
		}
		return err
	})
}

//export stream_open
func stream_open(h handle, name *C.char, args *C.hotsoh_value, count C.uint32_t,
	timeout C.int64_t, key *C.char, length C.size_t, to *handle, e **C.hotsoh_error) status {
	return answer(e, func() error {
		s, err := foreign.StreamOpen(foreign.Handle(h), C.GoString(name), values(args, count), duration(timeout), keyOf(key, length))
		return created(s, err, to)
	})
}

//export stream_read
func stream_read(h handle, buffer unsafe.Pointer, capacity C.size_t, length *C.size_t, e **C.hotsoh_error) status {
	end := false
	failed := answer(e, func() error {
		n, err := foreign.StreamRead(foreign.Handle(h), unsafe.Slice((*byte)(buffer), capacity))
		*length = C.size_t(n)
		if end = err == io.EOF; end {
			return nil
		}
		return err
	})
	if end {
		return C.HOTSOH_END
	}
	return failed
}
