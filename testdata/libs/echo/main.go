// Library echo sends every type that crosses the C ABI there and back.
//
//hotso:package ./echo
package main

func main() {}
