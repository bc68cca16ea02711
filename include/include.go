// Package include holds the C headers.
package include

import _ "embed"

// CABI is cabi.h, which a library of another module needs a copy of beside its
// own header.
//
//go:embed cabi.h
var CABI []byte
