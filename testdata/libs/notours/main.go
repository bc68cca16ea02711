// Library notours is Go, c-shared, and no hotso library.
package main

import "C"

//export Answer
func Answer() int32 { return 42 }

func main() {}
