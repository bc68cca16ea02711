//go:build linux

// Command native proves hotso on real libraries of C and C++. It builds each of
// testdata/native, reloads it under calls while it is busy, crashes it, unloads it once and
// looks at what stays, and prints the table of docs/native-code.md.
//
//	make native [FLAGS="-only kafka,duckdb -reloads 100"]
//
// What can't be built here is printed with the reason. It exits with 1 if a host died, or if a
// report says that all is gone and it isn't.
package main

import ft "github.com/hotso/hotso/scripts/internal/fieldtest"

func main() {
	ft.Suite{
		Name: "native", Module: "testdata/native", Libraries: libraries, Reloads: 500, Crashes: 100,
		Columns: []ft.Column{ft.Name, ft.What, ft.Found, ft.Reloads, ft.Host, ft.Left, ft.Memory, ft.Unload, ft.Contained, ft.Stays},
	}.Main()
}
