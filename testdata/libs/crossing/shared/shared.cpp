/* The shared object. It is in a directory of its own, where cgo does not compile it. */
#include "../crossing.hpp"

void raise_it(int32_t n) {
    tally<int32_t>::sum += n;
    throw thrown(n);
}

std::unique_ptr<shape> make_square(int32_t side) {
    auto s = std::make_unique<square>();
    s->side = side;
    return s;
}

int32_t tallied() {
    return tally<int32_t>::sum;
}
