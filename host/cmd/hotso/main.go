// Command hotso builds, inspects, calls and serves hotso libraries: Go code
// that is replaced inside a running process. See hotso help.
package main

import "os"

func main() { os.Exit(run(os.Args[1:])) }
