package cabi

import "C"

import "runtime"

// A host that patches its copy of the library has runtime.main call SetDefaultGOMAXPROCS, before any init
// function: see host/internal/instance/threads.go. That is all that this export is for. The linker keeps
// what an export may call.
//
//export hotso_go_processors
func hotso_go_processors() { runtime.SetDefaultGOMAXPROCS() }
