// Package help finds what hotso help prints: the guides in docs, and a page for each reason why
// something failed.
package help
