// Library notours is a Go c-shared library, but not a hotso library.
package main

import "C"

//export Answer
func Answer() int32 { return 42 }

func main() {}
