// Command libgreeter is the reference library of hotso. Build it with
//
//	hotso build ./libgreeter --version 2 -o build
//
// or make lib VERSION=2. Its C API is include/greeter.h, its Go client is
// package client; hotso gen writes both.
//
//hotso:package ./greeter
//hotso:header ../include
package main

func main() {}
