// Command libgreeter is the reference library of hotso. Build it with
//
//	hotso build ./libgreeter --version 2 -o build
//
// or make lib VERSION=2. Its C API is include/greeter.h.
package main

func main() {}
