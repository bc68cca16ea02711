// Library stuck takes a while to be loaded: a constructor of its C code sleeps for some
// seconds, and the dynamic linker waits for it.
package main

// #include <unistd.h>
//
// __attribute__((constructor)) static void stick(void) {
//     for (unsigned left = 8; left > 0;)
//         left = sleep(left);
// }
import "C"

import _ "github.com/hotso/hotso/cabi"

func main() {}
