// Package top shows a running hotso serve in a terminal: its libraries, their versions, how
// calls go and what happens. It is what hotso top runs.
//
// A feed asks the server once a second and hears its events; it sends what it learns to the model,
// which is changed by one goroutine, that of package tea. The view is made of the model alone.
//
// All text of the server is written by package printable before it gets into the view.
package top
