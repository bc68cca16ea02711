// Command libgreeter is the library of make fleet. All its versions are this source: the linker says which of
// them are bad, and how.
package main

func main() {}
