// Package plugintest keeps the comparison in testdata/plugin honest. It has
// only a test, which builds the host and the plugins there with the real
// compiler, runs them, and compares what they print with what the README
// there says. It lives here because ./... does not match testdata.
//
// Package plugin needs cgo, so the builds run with CGO_ENABLED=1 whatever
// this test itself was built with; without a C compiler it skips.
package plugintest
