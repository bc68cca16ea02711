/* A thread-local object with a destructor. */
#include "cplus.h"
#include <unistd.h>
#include <vector>

namespace {
struct local {
    int fd = -1;
    std::vector<int32_t> values = std::vector<int32_t>(1);
    ~local() {
        char c = 1;
        if (fd >= 0 && write(fd, &c, 1) != 1)
            fd = -1;
    }
};
thread_local local here;
} // namespace

extern "C" int32_t add_local(int32_t fd, int32_t n) {
    here.fd = fd;
    return here.values[0] += n;
}
