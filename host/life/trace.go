package life

import "context"

// A CallInfo says which function of which version is called.
type CallInfo struct {
	Library  string
	Version  string
	Function string // as it is exported: of a contract, Greeter_Greet
}

// A Trace is told when a call begins. What it returns is told when it is over, with what the caller gets.
type Trace func(context.Context, CallInfo) (end func(error))
