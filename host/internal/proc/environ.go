package proc

import (
	"os"
	"slices"
	"strings"
)

// linkerVariables have the dynamic linker run or find other code, or work in another way
// (ld.so(8)). It reads them once, when the process begins.
var linkerVariables = []string{"LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "GLIBC_TUNABLES"}

// LinkerEnvironment is what of linkerVariables the process was started with, as NAME=value,
// whatever was set or unset since. What can't be read (environ(5) of proc) is as if it was empty.
func LinkerEnvironment() (set []string) {
	b, _ := os.ReadFile("/proc/self/environ")
	for v := range strings.SplitSeq(string(b), "\x00") {
		if name, value, _ := strings.Cut(v, "="); value != "" && slices.Contains(linkerVariables, name) {
			set = append(set, v)
		}
	}
	return set
}
