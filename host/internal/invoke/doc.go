// Package invoke makes calls: into a loaded version, through the gate that keeps it
// loaded, and back from it into the host.
//
// Who loads versions makes a [Target] of each, and leads calls to it by a [Route]:
//
//	t := invoke.New(name, version, file, conf)
//	...                                  // load it
//	err := t.Resolve(dlsym, functions)
//	...
//	old := route.Set(t)
//	old.Close()                          // no new call gets in
//	err = old.Drain(ctx)                 // nobody is inside
//	...
//	if !old.Seal() {                     // not even a control call
//
// Who calls has a [Binding] of a function, made once:
//
//	s, err := binding.Enter(ctx)         // inside: the version stays
//	...
//	invoke.Put(&s.Value.Frame, binding.Params[0], &argument)
//	result, err := invoke.Finish[R](ctx, s)
//
// Every thread of the host's that enters a library has a lease of its target's gate:
// calls by Enter, all others by Target.control. So the gate alone knows who is inside.
package invoke
