// Typed calls of every kind, prepared and by name.
#include "test.hpp"

#include <cmath>
#include <limits>

struct Scalars {
    int8_t a;
    int64_t b;
    uint8_t c;
    float d;
    bool e;
    int16_t f;
    uint64_t g;
    uint16_t h;
    double i;
    int32_t j;
    uint32_t k;
};
template <> struct hotso::Struct<Scalars> {
    static constexpr const char *type =
        "struct{A int8; B int64; C uint8; D float32; E bool; F int16; G uint64; "
        "H uint16; I float64; J int32; K uint32}";
};

struct Point {
    double x, y;
};
template <> struct hotso::Struct<Point> {
    static constexpr const char *type = "struct{X float64; Y float64}";
};

static const hotso::Library &echo() {
    static hotso::Library library(::library("ECHO_V1"));
    return library;
}

template <class T> static void number(const char *name, std::vector<T> values) {
    auto f = echo().function<T(T)>(name);
    for (T v : values) {
        auto same = [v](T got) { return got == v || (got != got && v != v); };
        CHECK(same(f(v)));
        CHECK(same(f.with({}, v)));
        CHECK(same(echo().call<T>(name, v)));
    }
}

template <class T> static void integer(const char *name) {
    number<T>(name, {std::numeric_limits<T>::min(), 0, 1, std::numeric_limits<T>::max()});
}

TEST(numbers_come_back) {
    auto f = echo().function<bool(bool)>("Bool");
    CHECK(f(true) && !f(false) && echo().call<bool>("Bool", true));
    integer<int8_t>("Int8");
    integer<int16_t>("Int16");
    integer<int32_t>("Int32");
    integer<int64_t>("Int64");
    integer<uint8_t>("Uint8");
    integer<uint16_t>("Uint16");
    integer<uint32_t>("Uint32");
    integer<uint64_t>("Uint64");
    number<float>("Float32", {-1.5f, INFINITY, NAN});
    number<double>("Float64", {0.1, -INFINITY, NAN});
}

template <class T> static void slice(const char *name) {
    auto f = echo().function<std::vector<T>(const std::vector<T> &)>(name);
    for (size_t n : {0, 1, 64, 513, 100000}) {
        std::vector<T> v(n);
        for (size_t i = 0; i < n; i++)
            v[i] = static_cast<T>(i * 3);
        CHECK(f(v) == v);
        CHECK(f.with({}, v) == v);
        CHECK(echo().call<std::vector<T>>(name, v) == v);
    }
}

TEST(slices_come_back) {
    slice<int8_t>("Int8s");
    slice<int16_t>("Int16s");
    slice<int32_t>("Int32s");
    slice<int64_t>("Int64s");
    slice<uint8_t>("Bytes");
    slice<uint16_t>("Uint16s");
    slice<uint32_t>("Uint32s");
    slice<uint64_t>("Uint64s");
    slice<float>("Float32s");
    slice<double>("Float64s");
}

TEST(texts_come_back) {
    auto text = echo().function<std::string(std::string_view)>("Text");
    for (size_t n : {0, 1, 511, 512, 513, 1 << 20}) {
        std::string s(n, 'x');
        CHECK(text(s) == s);
        CHECK(echo().call<std::string>("Text", s) == s);
    }
    CHECK(text(std::string_view("a\0\xc3\xa4", 4)) == std::string("a\0\xc3\xa4", 4));
    CHECK(echo().call<std::string>("Text", "literal") == "literal");
}

TEST(structs_come_back) {
    auto f = echo().function<Scalars(Scalars)>("Struct");
    Scalars v{-1, 1ll << 62, 3, 0.5f, true, -6, 1ull << 63, 8, 9.5, -10, 11};
    for (const Scalars &got : {f(v), f.with({}, v), echo().call<Scalars>("Struct", v)})
        CHECK(got.a == v.a && got.b == v.b && got.c == v.c && got.d == v.d && got.e == v.e && got.f == v.f &&
              got.g == v.g && got.h == v.h && got.i == v.i && got.j == v.j && got.k == v.k);
    Point middle = echo().function<Point(Point, Point)>("Middle")({0, 2}, {4, 4});
    CHECK(middle.x == 2 && middle.y == 3);
}

TEST(arguments_of_every_class) {
    using Many =
        std::string(int8_t, float, uint16_t, std::string_view, double, bool, int64_t, std::vector<uint8_t>);
    auto many = echo().function<Many>("Many");
    std::vector<uint8_t> bytes{0xab};
    CHECK(many(-1, 1.5f, 2, "q", 2.25, true, 1ll << 40, bytes) ==
          "-1 1.5 2 \"q\" 2.25 true 1099511627776 ab");
    CHECK(echo().call<std::string>("Many", -1, 1.5, 2, "q", 2.25, true, 1ll << 40, bytes) ==
          many(-1, 1.5f, 2, "q", 2.25, true, 1ll << 40, bytes));
}

TEST(no_arguments_and_no_result) {
    auto calls = echo().function<int64_t()>("Calls");
    int64_t before = calls();
    echo().function<void()>("Nothing")();
    echo().call("Nothing");
    CHECK(calls() == before + 2);
}

TEST(wrong_signatures_and_arguments) {
    CHECK_THROWS(echo().function<int32_t(int64_t)>("Int32"), Refused, "signature");
    CHECK_THROWS(echo().function<void()>("None"), Refused, "function");
    CHECK_THROWS(echo().call<int8_t>("Int8", 1000), ArgumentError, "argument");
    CHECK_THROWS(echo().call<int8_t>("Int8"), ArgumentError, "argument");
    CHECK_THROWS(echo().call<std::string>("Int8", 1), ArgumentError, "result");
}

TEST(functions_are_lent) {
    auto each = echo().function<int64_t(int32_t, hotso::Lent)>("Each");
    auto twice = hotso::Lent::of<int64_t(int32_t)>([](int32_t i) { return 2 * int64_t(i); });
    CHECK(each(5, twice) == 20);
    CHECK(each.with({std::chrono::minutes(1), {}}, 5, twice) == 20);
    CHECK(echo().call<int64_t>("Each", 5, twice) == 20);
    auto fails =
        hotso::Lent::of<int64_t(int32_t)>([](int32_t) -> int64_t { throw std::runtime_error("not today"); });
    CHECK_THROWS(each(1, fails), CallFailed, "not today");
    int depth = 0;
    std::function<int64_t(int32_t)> deep;
    auto visit = hotso::Lent::of<int64_t(int32_t)>([&](int32_t i) { return deep(i); });
    deep = [&](int32_t i) { return depth++ < 3 ? each(2, visit) : i + 1; };
    CHECK(each(2, visit) == 9); // 1 + 2, and 2 more on each of three levels
}

TEST(a_lent_function_is_withdrawn_with_its_object) {
    auto keep = echo().function<void(hotso::Lent)>("Keep");
    int seen = 0;
    {
        auto lent = hotso::Lent::of<void(std::string_view)>([&](std::string_view) { seen++; });
        keep(lent);
        echo().call("CallKept", "once");
    }
    CHECK_THROWS(echo().call("CallKept", "twice"), CallFailed, "");
    CHECK(seen == 1);
}
