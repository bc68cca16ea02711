#include "crossing.hpp"

extern "C" int32_t cross(int32_t n) {
    int32_t before = tallied();
    tally<int32_t>::sum += n; /* the shared object's, too */
    try {
        raise_it(n);
        return -1;
    } catch (const std::exception &e) {
        auto *t = dynamic_cast<const thrown *>(&e);
        if (!t || t->n != n)
            return -2;
    }
    if (tallied() != before + 2 * n)
        return -3;
    auto s = make_square(n);
    auto *q = dynamic_cast<square *>(s.get());
    return q && q->side == n && std::uncaught_exceptions() == 0 ? n : -4;
}
