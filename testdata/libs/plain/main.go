// Library plain is for tests of hosts that load libraries by dlopen(3) alone.
package main

func main() {}
