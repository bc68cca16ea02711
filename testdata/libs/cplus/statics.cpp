/* Statics that GCC marks STB_GNU_UNIQUE, each in two ways: with a constant value, and made
 * at run time, behind a guard variable. */
#include "cplus.h"
#include <map>
#include <memory>
#include <string>

namespace {
template <class T> struct registry {
    static inline std::map<std::string, T> entries;
    static inline T sum = 0;
};

struct counter {
    int32_t n = 0;
    std::string name = "a name that is too long to be inside the string itself";
};
} // namespace

/* Types of the anonymous namespace would make them local. */
template <class T> struct shared_registry {
    static inline std::map<std::string, T> entries;
    static inline T sum = 0;
};

inline std::unique_ptr<counter> &the_counter() {
    static auto c = std::make_unique<counter>();
    return c;
}

inline std::string &the_name() {
    static std::string name = "a name that is too long to be inside the string itself";
    return name;
}

extern "C" int32_t add_registered(int32_t n) {
    registry<int32_t>::entries["local"] += n;
    shared_registry<int32_t>::sum += n;
    int32_t &e = shared_registry<int32_t>::entries["a key that is too long to be inside the string itself"];
    e += n;
    return e == shared_registry<int32_t>::sum && e == registry<int32_t>::entries["local"] ? e : -1;
}

extern "C" int32_t add_counted(int32_t n) {
    the_name() += '.';
    return the_counter()->n += n;
}
