//go:build !unix

package regular

// noFollow is not known here: os.Lstat has seen no link a moment ago.
const noFollow = 0
