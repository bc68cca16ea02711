package config

import (
	"fmt"
	"strconv"
	"strings"
)

// A Size is a number of bytes, such as 64KiB or 16MiB. It is also a value of a flag.
type Size int64

var units = []struct {
	suffix string
	bytes  int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}

// Type implements pflag.Value.
func (s *Size) Type() string { return "size" }

// String is the size in the largest unit that gives a whole number.
func (s *Size) String() string {
	for _, u := range units {
		if n := int64(*s); n%u.bytes == 0 && n >= u.bytes {
			return strconv.FormatInt(n/u.bytes, 10) + u.suffix
		}
	}
	return "0"
}

// Set reads a size.
func (s *Size) Set(text string) error {
	for _, u := range units {
		digits, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 0 || n > (1<<62)/u.bytes {
			break
		}
		*s = Size(n * u.bytes)
		return nil
	}
	return fmt.Errorf("%q is no size, such as 16MiB, 64KiB or a number of bytes", text)
}

// A Percent is a share of calls, or none at all, which is not 0: it is also a value of a flag.
type Percent struct {
	Of    float64 // from 0 to 100
	Given bool
}

// noPercent is how a file takes back what holds for all libraries.
const noPercent = "none"

// Type implements pflag.Value.
func (p *Percent) Type() string { return "float" }

// String is empty if there is none.
func (p *Percent) String() string {
	if !p.Given {
		return ""
	}
	return strconv.FormatFloat(p.Of, 'g', -1, 64)
}

// Set reads a number.
func (p *Percent) Set(text string) error {
	if text == noPercent {
		*p = Percent{}
		return nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("%q is no number", text)
	}
	*p = Percent{f, true}
	return nil
}
