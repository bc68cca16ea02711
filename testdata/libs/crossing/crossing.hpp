/* What the library and the shared object both know. */
#include <cstdint>
#include <memory>
#include <stdexcept>

struct thrown : std::runtime_error {
    int32_t n;
    explicit thrown(int32_t n) : std::runtime_error("thrown"), n(n) {}
};

struct shape {
    virtual ~shape() = default;
};

struct square : shape {
    int32_t side = 0;
};

template <class T> struct tally { static inline T sum = 0; };

/* Weak: cgo links once without the shared object. */
__attribute__((weak)) void raise_it(int32_t n);
__attribute__((weak)) std::unique_ptr<shape> make_square(int32_t side);
__attribute__((weak)) int32_t tallied();
