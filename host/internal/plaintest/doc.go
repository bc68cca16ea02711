// Package plaintest has no code: its tests are programs in C and other languages that load a library
// by dlopen(3), as docs/other-languages.md says, with no hotso host.
package plaintest
