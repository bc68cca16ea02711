/* Streams, and a locale with a facet of the library's own: the streams find it by the address of
 * a static of the standard library. */
#include "cplus.h"
#include <iostream>
#include <locale>
#include <sstream>

namespace {
struct grouped : std::numpunct<char> {
    char do_thousands_sep() const override {
        return '\'';
    }
    std::string do_grouping() const override {
        return "\3";
    }
};
} // namespace

extern "C" int32_t format(int32_t n) {
    std::locale locale(std::locale::classic(), new grouped);
    std::stringstream s;
    s.imbue(locale);
    s << n;
    if (n > 999 && s.str().find('\'') == std::string::npos)
        return -1;
    int32_t back = 0;
    s >> back;
    std::cout << std::flush;
    return back;
}
