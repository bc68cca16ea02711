// Functions that libraries call by name, and streams.
#include "test.hpp"

#include <istream>
#include <iterator>
#include <numeric>

struct Tagged {
    double x, y;
    uint8_t tag;
};
template <> struct hotso::Struct<Tagged> {
    static constexpr const char *type = "struct{X float64; Y float64; Tag uint8}";
};

static const hotso::Library &callback() {
    static hotso::Library library(
        ::library("CALLBACK_V1"),
        hotso::Settings()
            .provide<std::string(std::string_view, int32_t)>(
                "Greet",
                [](std::string_view name, int32_t n) {
                    if (n < 0)
                        throw std::runtime_error("no greeting today");
                    return std::string(name) + std::string(n, '!');
                })
            .provide<void()>("Void", [] {})
            .provide<Tagged(std::vector<double>, Tagged, bool)>("Mixed",
                                                                [](const std::vector<double> &xs, Tagged p,
                                                                   bool ok) {
                                                                    return Tagged{
                                                                        std::accumulate(xs.begin(), xs.end(),
                                                                                        0.0),
                                                                        p.x + p.y, ok ? p.tag : uint8_t(0)};
                                                                })
            .provide<std::vector<uint8_t>(int64_t)>("Big",
                                                    [](int64_t n) { return std::vector<uint8_t>(n, 'b'); })
            .provide<void(std::string_view)>("Early", [](std::string_view) {}));
    return library;
}

TEST(functions_are_provided) {
    CHECK(callback().call<std::string>("Greet", "Ada", 2) == "Ada!!");
    CHECK(callback().call<std::string>("GreetElsewhere", 1) == "elsewhere!");
    callback().call("Void");
    CHECK(callback().call<double>("Mixed") == 6.5 + 9 + 6);
    for (int64_t n : {0, 10, 100000})
        CHECK(callback().call<int64_t>("Big", n) == n);
}

TEST(errors_of_callbacks) {
    CHECK_THROWS(callback().call<std::string>("Greet", "Ada", -1), CallFailed, "no greeting today");
    CHECK_THROWS(callback().call<std::string>("GreetElsewhere", -1), CallFailed, "no greeting today");
    CHECK_THROWS(callback().call("Wrong"), CallFailed, "");
}

TEST(streams) {
    auto stream = callback().open_stream("Bytes", 200000, "");
    std::istream in(&stream);
    std::string got(std::istreambuf_iterator<char>(in), {});
    CHECK(got.size() == 200000);
    bool counted = true;
    for (size_t i = 0; i < got.size(); i++)
        counted = counted && uint8_t(got[i]) == uint8_t(i);
    CHECK(counted);

    auto broken = callback().open_stream("Bytes", 10, "error");
    char room[64];
    CHECK(broken.read(room, sizeof room) == 10);
    CHECK_THROWS(broken.read(room, sizeof room), CallFailed, "broke off as told");
    CHECK_THROWS(callback().open_stream("Bytes", 10, "refuse"), CallFailed, "refused as told");
    auto left = callback().open_stream("Pieces", 1000, 10); // ends before its end
    CHECK(left.read(room, sizeof room) > 0);
}
