//go:build linux

// Command corpus proves hotso on real Go modules. It builds each library of testdata/corpus, unloads
// and crashes it while what it has opened is open and under way, reloads it under calls, and
// prints the table of docs/corpus.md.
//
//	make corpus [FLAGS="-only bbolt,badger -reloads 50"] [PAGE=1]
//
// It exits with 1 if something stays in the process without a reason in the table.
package main

import ft "github.com/hotso/hotso/scripts/internal/fieldtest"

func main() {
	ft.Suite{
		Name: "corpus", Module: "testdata/corpus", Libraries: libraries, Reloads: 200, Crashes: 13, Strict: true,
		Columns: []ft.Column{ft.Name, ft.What, ft.Found, ft.Reloads, ft.All, ft.RSS, ft.Contained, ft.Crashed, ft.Stays},
	}.Main()
}
