// Errors, crashes and hung calls.
#include "test.hpp"

#include <fstream>
#include <thread>

using namespace std::chrono_literals;

TEST(errors_of_functions) {
    hotso::Library echo(library("ECHO_V1"));
    auto divide = echo.function<double(double, double)>("Divide");
    CHECK(divide(1, 2) == 0.5);
    CHECK_THROWS(divide(1, 0), CallFailed, "division by zero");
    CHECK_THROWS(divide.with({}, 1, 0), CallFailed, "division by zero");
    CHECK_THROWS(echo.call<double>("Divide", 1, 0), CallFailed, "division by zero");
    CHECK_THROWS(echo.call("Panics", "at the disco"), Panicked, "at the disco");
    CHECK(divide(1, 2) == 0.5);
}

TEST(files_are_refused) {
    std::string path = "libtext.v1.so";
    std::ofstream(path) << "no library";
    CHECK_THROWS(hotso::Library(path), Refused, "not_elf");
    CHECK_THROWS(hotso::inspect(path), Refused, "not_elf");
    CHECK_THROWS(hotso::Library("none.so"), NotFound, "not_found");
    CHECK(hotso::inspect(library("GREETER_V2")).find("\"greeter\"") != std::string::npos);
}

TEST(settings_are_checked) {
    CHECK_THROWS(hotso::Settings().set("nonsense", 1), ArgumentError, "nonsense");
    CHECK_THROWS(hotso::Settings().set("drain_timeout", "soon"), ArgumentError, "drain_timeout");
    hotso::Settings().set("drain_timeout", 5s).set("max_calls", 3).set("exclusive", false);
}

TEST(closed_and_freed) {
    hotso::Library greeter(library("GREETER_V1"));
    auto add = greeter.function<int32_t(int32_t, int32_t)>("Add");
    auto moved = std::move(add);
    CHECK(moved(1, 2) == 3);
    CHECK_THROWS(add(1, 2), Closed, "bad_handle");
    std::string report, other;
    std::thread t([&] { other = greeter.close(); });
    report = greeter.close();
    t.join();
    CHECK(report == other && report.find("unloaded") != std::string::npos);
    CHECK_THROWS(moved(1, 2), Closed, "closed");
    CHECK_THROWS(greeter.call<int32_t>("Add", 1, 2), Closed, "closed");
}

TEST(a_call_hangs) {
    hotso::Library slow(library("SLOW_V1"));
    auto sleep = slow.function<int64_t(int64_t)>("Sleep");
    CHECK_THROWS(sleep.with({20ms, {}}, 200), Hung, "hung");
    CHECK_THROWS(slow.call_with<int64_t>({20ms, {}}, "Sleep", 200), Hung, "hung");
    CHECK(sleep.with({1min, {}}, 1) == 1);
}

TEST(crashes_are_contained) {
    for (const char *kind : {"panic", "goroutine", "nil", "throw", "exit"}) {
        hotso::Library greeter(library("GREETER_V1"));
        CHECK_THROWS(greeter.call("hotso_drill", kind), Crashed, "crashed");
        CHECK_THROWS(greeter.call<int32_t>("Add", 1, 2), Crashed, "crashed");
    }
    hotso::Slot slot("greeter");
    slot.swap(library("GREETER_V1"));
    auto add = slot.function<int32_t(int32_t, int32_t)>("Add");
    CHECK_THROWS(slot.call("hotso_drill", "panic"), Crashed, "crashed");
    slot.swap(library("GREETER_V2"));
    CHECK(add(1, 2) == 3);
}
