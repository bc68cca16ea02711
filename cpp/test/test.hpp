// A test is a function under a name. A check that fails says where, and the program goes on.
#ifndef HOTSO_TEST_HPP
#define HOTSO_TEST_HPP

#include <hotso.hpp>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

struct Test {
    const char *name;
    void (*run)();
};

inline std::vector<Test> &tests() {
    static std::vector<Test> all;
    return all;
}

inline int &failures() {
    static int n = 0;
    return n;
}

inline void failed(const char *file, int line, const std::string &what) {
    failures()++;
    std::cout << file << ":" << line << ": " << what << "\n";
}

#define TEST(name)                                                                                           \
    static void name();                                                                                      \
    static const bool name##_added = (tests().push_back({#name, name}), true);                               \
    static void name()

#define CHECK(what)                                                                                          \
    do {                                                                                                     \
        if (!(what))                                                                                         \
            failed(__FILE__, __LINE__, #what);                                                               \
    } while (0)

// Checks that an expression throws that class, whose text and name hold the part.
#define CHECK_THROWS(expression, Class, part)                                                                \
    do {                                                                                                     \
        try {                                                                                                \
            (void)(expression);                                                                              \
            failed(__FILE__, __LINE__, #expression " threw nothing");                                        \
        } catch (const hotso::Class &e) {                                                                    \
            if ((e.name() + std::string(": ") + e.what()).find(part) == std::string::npos)                   \
                failed(__FILE__, __LINE__,                                                                   \
                       std::string(#expression " threw: ") + e.name() + ": " + e.what());                    \
        } catch (const std::exception &e) {                                                                  \
            failed(__FILE__, __LINE__, std::string(#expression " threw another class: ") + e.what());        \
        }                                                                                                    \
    } while (0)

// A library that the test is given: see host/internal/languagetest.
inline std::string library(const char *name) {
    const char *path = std::getenv(name);
    if (!path) {
        std::cerr << name << " must say where a test library is\n";
        std::exit(2);
    }
    return path;
}

#endif
