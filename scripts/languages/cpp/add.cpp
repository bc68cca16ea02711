// add.cpp measures Add of the greeter as c/add.c does, with hotso.hpp.
#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <hotso.hpp>

static double now() {
    using namespace std::chrono;
    return double(duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count());
}

int main(int, char **argv) {
    constexpr int turns = 100, calls = 10000;
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    auto start = reinterpret_cast<int32_t (*)(int64_t)>(dlsym(library, "hotso_start"));
    auto plain = reinterpret_cast<int32_t (*)(int32_t, int32_t)>(dlsym(library, "Add"));
    if (start(0) != 0)
        return 1;
    hotso::Slot slot("greeter");
    slot.swap(argv[1]);
    auto add = slot.function<int32_t(int32_t, int32_t)>("Add");

    for (int round = std::atoi(argv[2]); round > 0; round--) {
        double fastest[2] = {1e18, 1e18};
        for (int turn = 0; turn < turns; turn++) {
            uint32_t sum = 0, same = 0;
            double begin = now();
            for (int32_t i = 0; i < calls; i++)
                sum += uint32_t(plain(i, 1));
            double between = now();
            for (int32_t i = 0; i < calls; i++)
                same += uint32_t(add(i, 1));
            double end = now();
            if (sum != same)
                return 1;
            fastest[0] = std::min(fastest[0], between - begin);
            fastest[1] = std::min(fastest[1], end - between);
        }
        std::printf("%.2f %.2f\n", fastest[0] / calls, fastest[1] / calls);
    }
}
