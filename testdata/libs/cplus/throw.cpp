/* Exceptions and run-time types. */
#include "cplus.h"
#include <stdexcept>
#include <string>

struct base {
    virtual ~base() = default;
};

struct derived : base {
    int32_t n = 0;
};

struct failure : std::runtime_error {
    int32_t n;
    explicit failure(int32_t n) : std::runtime_error(std::to_string(n)), n(n) {}
};

static int32_t unwound;

struct witness {
    ~witness() {
        unwound++;
    }
};

static void deep(int32_t n, int levels) {
    witness w;
    if (levels == 0)
        throw failure(n);
    deep(n, levels - 1);
}

extern "C" int32_t throw_and_catch(int32_t n) {
    derived d;
    base *b = &d;
    unwound = 0;
    try {
        deep(n, 9);
    } catch (const std::exception &e) {
        auto *f = dynamic_cast<const failure *>(&e);
        dynamic_cast<derived &>(*b).n = f && unwound == 10 ? f->n : -1;
    }
    return d.n;
}

extern "C" void terminate_it() {
    [] noexcept { throw failure(1); }();
}
