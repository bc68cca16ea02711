// Package modeltest has no code: its test does at random what a host can do with three
// slots, from many goroutines at a time, and compares what it sees with a small model of
// the life of a version.
//
// A run is a sequence of rounds. In each, 16 controllers swap, roll back, run canaries,
// open, close, and crash versions, some with contexts that end, while callers call. What
// each controller does, and with what, is drawn before the round begins, from the round's
// seed and the controller's number alone. How they interleave is the machine's doing, so
// a seed repeats the operations, not always the fault: give it some time.
//
//	go test ./host/internal/modeltest -model.seed 42 -model.time 5m
//
// At the end of a round all slots are closed, and then
//
//   - each version went through states in an order that the table allows, no event was
//     lost, and Slot.Versions agrees with the last one;
//   - each operation returned nil or an error that its documentation names;
//   - each call came back, with the right answer of a version that could be called at
//     some moment between its begin and its end, or with an error that is allowed;
//   - the sessions' store holds what its callers were told, each write once;
//   - nothing is left in the process: versions, mappings, descriptors, threads.
package modeltest
