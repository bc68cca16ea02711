// Command libgreeter is what the page of hotso serve is tested with: calls that fail, take their time, and end
// the version.
package main

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/hotso/hotso/cabi"
	_ "github.com/hotso/hotso/cabi/cabiprofile"
)

// failing is the share of the greetings that fail, in percent, and slow how much longer they take. The linker sets them.
var failing, slow = "0", "1"

// greet takes a few milliseconds.
//
//hotso:export
func greet(name string) (string, error) {
	factor, err := strconv.ParseFloat(slow, 64)
	if err != nil {
		return "", err
	}
	time.Sleep(time.Duration(factor * (1 + 3*rand.ExpFloat64()) * float64(time.Millisecond)))
	if percent, err := strconv.ParseFloat(failing, 64); err != nil || rand.Float64()*100 < percent {
		return "", errors.New("no greeting for " + name)
	}
	return "Hello, " + name + ", from v" + cabi.Version(), nil
}

// report stays inside for that many milliseconds.
//
//hotso:export
func report(ms int64) int64 {
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return ms
}

// crash ends the version, beside the call.
//
//hotso:export
func crash(why string) {
	go restock(why)
	select {}
}

func restock(shelf string) { panic("no such shelf: " + shelf) }

func main() {}
