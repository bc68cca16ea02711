// greet.cpp: a C++ host of the greeter, through include/greeter.h.
//
//     c++ -std=c++17 -I include -o greet libgreeter/examples/cpp/greet.cpp -ldl
//     ./greet build/libgreeter.v2.so
//
// Exit code: 0 all went well, 1 a call failed, 2 wrong arguments, 3 the file
// is not a library that this program can use.
#include <dlfcn.h>

#include <cstring>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "greeter.h"

namespace {

enum { FAILED = 1, USAGE = 2, NOT_USABLE = 3 };
constexpr std::int64_t timeout = 10'000'000'000; // nanoseconds

// The file is not a hotso library of this ABI.
struct NotUsable : std::runtime_error {
    using runtime_error::runtime_error;
};

// A function of the library failed; what() is its message.
struct GreeterError : std::runtime_error {
    using runtime_error::runtime_error;
};

// A shared object, loaded for good: only a hotso host can take a Go library out again.
class Library {
  public:
    explicit Library(const char *path) : handle(dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
        if (!handle)
            throw NotUsable(dlerror());
    }

    // F is what the header declares: decltype(&Add), for instance.
    template <typename F> F symbol(const char *name) const {
        void *address = dlsym(handle, name);
        if (!address)
            throw NotUsable(dlerror());
        return reinterpret_cast<F>(address);
    }

  private:
    void *handle;
};

// A greeter. Its methods may be called from any thread.
class Greeter {
  public:
    explicit Greeter(const char *path) : library(path) {
        const auto &d = *library.symbol<decltype(&hotso_describe)>("hotso_describe")();
        if (std::memcmp(d.magic, "hotso\0\0\1", sizeof d.magic) != 0 || d.abi != HOTSO_ABI_VERSION)
            throw NotUsable(std::string(path) + ": not a hotso library of ABI " +
                            std::to_string(HOTSO_ABI_VERSION));
        description = &d;
    }

    const hotso_description &describe() const {
        return *description;
    }

    void start() const {
        check(library.symbol<decltype(&hotso_start)>("hotso_start")(timeout));
    }

    void stop() const {
        check(library.symbol<decltype(&hotso_stop)>("hotso_stop")(timeout));
    }

    std::string greet() const {
        std::unique_ptr<char, decltype(&hotso_free)> text(greet_(), free_);
        check_pending();
        return text.get();
    }

    std::int32_t add(std::int32_t a, std::int32_t b) const {
        auto sum = add_(a, b);
        check_pending();
        return sum;
    }

    // The greeting, and whether it was longer than the buffer and had to be taken.
    std::pair<std::string, bool> greet(std::string_view name) const {
        std::string out(32, '\0');
        std::size_t length = 0;
        auto status = greet_name_(name.data(), name.size(), out.data(), out.size(), &length);
        if (HOTSO_KIND(status) == HOTSO_TOO_SMALL)
            return {take(status, length), true};
        check(status);
        out.resize(length);
        return {out, false};
    }

  private:
    void check(hotso_status status) const {
        if (status != HOTSO_OK)
            throw GreeterError(take(status, 256));
    }

    // After a function that has no status to return: did it panic?
    void check_pending() const {
        if (__atomic_load_n(pending_, __ATOMIC_RELAXED) != 0)
            check(take_status_());
    }

    // The bytes kept for a status; size is how many are expected, more are taken too.
    std::string take(hotso_status status, std::size_t size) const {
        std::string out;
        hotso_status s;
        do {
            out.resize(size);
            s = take_(status, out.data(), out.size(), &size);
        } while (HOTSO_KIND(s) == HOTSO_TOO_SMALL);
        out.resize(s == HOTSO_OK ? size : 0);
        return out;
    }

    Library library;
    const hotso_description *description;
    decltype(&hotso_take) take_ = library.symbol<decltype(&hotso_take)>("hotso_take");
    decltype(&hotso_take_status) take_status_ =
        library.symbol<decltype(&hotso_take_status)>("hotso_take_status");
    decltype(&hotso_free) free_ = library.symbol<decltype(&hotso_free)>("hotso_free");
    std::uint32_t *pending_ = library.symbol<std::uint32_t *>("hotso_pending");
    decltype(&Greet) greet_ = library.symbol<decltype(&Greet)>("Greet");
    decltype(&Add) add_ = library.symbol<decltype(&Add)>("Add");
    decltype(&GreetName) greet_name_ = library.symbol<decltype(&GreetName)>("GreetName");
};

void run(const char *path) {
    const Greeter greeter(path);
    const auto &d = greeter.describe();
    std::cout << "library: " << (d.name[0] ? std::string(d.name) + " " + d.version : "not sealed") << ", ABI "
              << d.abi << '\n';
    greeter.start();
    std::cout << "Greet: " << greeter.greet() << '\n';
    std::cout << "Add: 40 + 2 = " << greeter.add(40, 2) << '\n';
    for (auto name : {"Ada", "Augusta Ada King, Countess of Lovelace", ""}) {
        try {
            auto [text, taken] = greeter.greet(name);
            std::cout << "GreetName: " << text;
            if (taken)
                std::cout << " (" << text.size() << " bytes, taken)";
            std::cout << '\n';
        } catch (const GreeterError &err) {
            std::cout << "GreetName: error: " << err.what() << '\n';
        }
    }
    greeter.stop();
    std::cout << "stopped\n";
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::cerr << "usage: greet LIBRARY\n";
        return USAGE;
    }
    try {
        run(argv[1]);
    } catch (const NotUsable &err) {
        std::cerr << err.what() << '\n';
        return NOT_USABLE;
    } catch (const GreeterError &err) {
        std::cerr << err.what() << '\n';
        return FAILED;
    }
}
