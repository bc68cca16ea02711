// Package debugtest has no code: its tests attach debuggers to a host, and have them stop inside of its
// libraries.
package debugtest
