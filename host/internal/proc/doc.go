// Package proc reads from /proc/self what a library holds in the process, and what
// is left after it was unloaded: mappings, threads, descriptors (proc(5)).
package proc
