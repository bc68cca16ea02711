// Library csignals has C code that changes signals as if the process were its own.
package main

// #cgo CFLAGS: -Wno-deprecated-declarations
// #include "csignals.h"
import "C"

import _ "github.com/hotso/hotso/cabi"

// Ask sets handlers and has them called.
//
//export Ask
func Ask() int32 { return int32(C.ask()) }

// AskMore uses the older functions, a signal stack and timers.
//
//export AskMore
func AskMore() int32 { return int32(C.ask_more()) }

// Block blocks all signals.
//
//export Block
func Block() int32 { return int32(C.block()) }

// Fault handles a fault of C code in C code.
//
//export Fault
func Fault() int32 { return int32(C.fault()) }

// FaultAgain does so once more, with the handler that Fault has set.
//
//export FaultAgain
func FaultAgain() int32 { return int32(C.fault_again()) }

// HandleAbort leaves abort in its handler.
//
//export HandleAbort
func HandleAbort() int32 { return int32(C.handle_abort()) }

// FaultBeside does so on a thread of its own, which stays.
//
//export FaultBeside
func FaultBeside() int32 { return int32(C.fault_beside()) }

// ReplaceFaultHandler sets handlers that never return.
//
//export ReplaceFaultHandler
func ReplaceFaultHandler() int32 { return int32(C.replace_fault_handler()) }

// Recover recovers from a fault of Go code, and returns 1.
//
//export Recover
func Recover() (n int32) {
	defer func() {
		if recover() != nil {
			n = 1
		}
	}()
	var p *int32
	return *p
}

// Spin keeps a goroutine in a loop until the runtime preempts it.
//
//export Spin
func Spin() int32 {
	go func() {
		for {
			spins++
		}
	}()
	return 0
}

var spins int

func main() {}
