// Package proc reads from /proc/self what a library holds of the process, and
// what is left of it after it was unloaded: mappings, threads, descriptors
// (proc(5)).
package proc
