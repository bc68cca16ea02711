// Swaps, canaries, events and directories.
#include "test.hpp"

#include <atomic>
#include <filesystem>
#include <poll.h>
#include <unistd.h>
#include <thread>

using namespace std::chrono_literals;
namespace fs = std::filesystem;

static hotso::Slot greeter() {
    return hotso::Slot("greeter", hotso::Settings().set("allow_downgrade", true));
}

TEST(swap_and_rollback) {
    auto slot = greeter();
    CHECK_THROWS(slot.call<std::string>("Greet"), Empty, "empty");
    slot.swap(library("GREETER_V1"));
    auto greet = slot.function<std::string(std::string_view)>("GreetName");
    std::string first = greet("Ada");
    CHECK(slot.swap(library("GREETER_V2")).find("unloaded") != std::string::npos);
    CHECK(greet("Ada") != first);
    slot.rollback();
    CHECK(greet("Ada") == first);
    CHECK_THROWS(slot.swap(library("ECHO_V1")), Refused, "name");
    CHECK(greet("Ada") == first);
    CHECK(slot.describe().find("\"1\"") != std::string::npos);
    CHECK(slot.versions().front() == '[');
    slot.health();
}

TEST(canaries) {
    auto slot = greeter();
    slot.swap(library("GREETER_V1"));
    std::string old = slot.call<std::string>("Greet");
    slot.canary(library("GREETER_V2"), 0, R"({"keys": ["Ada"]})");
    CHECK_THROWS(slot.canary(library("GREETER_V2"), 1), CanaryError, "canary");
    CHECK(slot.call<std::string>("Greet") == old);
    CHECK(slot.call_with<std::string>({{}, "Ada"}, "Greet") != old);
    slot.set_share(100);
    CHECK(slot.call<std::string>("Greet") != old);
    slot.abort();
    CHECK(slot.call<std::string>("Greet") == old);
    slot.canary(library("GREETER_V2"), 1);
    slot.promote();
    CHECK(slot.call<std::string>("Greet") != old);
    CHECK_THROWS(slot.promote(), CanaryError, "no_canary");
}

TEST(swaps_under_calls_lose_none) {
    auto slot = greeter();
    slot.swap(library("GREETER_V1"));
    auto greet = slot.function<std::string(std::string_view)>("GreetName");
    std::atomic<bool> over{false};
    std::atomic<long> calls{0}, bad{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&] {
            while (!over) {
                try {
                    bad += greet("Ada").find("Ada") == std::string::npos;
                    calls++;
                } catch (const std::exception &e) {
                    bad++;
                    std::cout << e.what() << "\n";
                }
            }
        });
    for (int i = 0; i < 10; i++)
        slot.swap(library(i % 2 ? "GREETER_V1" : "GREETER_V2"));
    over = true;
    for (auto &t : threads)
        t.join();
    CHECK(calls > 0);
    CHECK(bad == 0);
}

TEST(events) {
    hotso::Slot slot("callback", hotso::Settings().set("log_level", "info"));
    pollfd fd{slot.event_fd(), POLLIN, 0};
    CHECK(poll(&fd, 1, 0) == 0);
    CHECK(!slot.event(10ms));
    slot.swap(library("CALLBACK_V1"));
    CHECK(poll(&fd, 1, 0) == 1);
    slot.call("Log");
    bool serving = false, logged = false;
    for (std::optional<hotso::Event> e; !(serving && logged) && (e = slot.event(10s));) {
        serving = serving || e->json.find("\"serving\"") != std::string::npos;
        logged = logged ||
                 (e->json.find("\"log\"") != std::string::npos && e->json.find("hello") != std::string::npos);
    }
    CHECK(serving && logged);
    std::string last;
    std::thread reader([&] {
        while (auto e = slot.event())
            last = e->json;
    });
    slot.close();
    reader.join();
    CHECK(last.find("unloaded") != std::string::npos);
}

TEST(a_directory_is_watched) {
    fs::path dir = fs::temp_directory_path() / ("hotso-" + std::to_string(getpid()));
    fs::create_directory(dir);
    auto add = [&](const char *name) { fs::copy(library(name), dir / fs::path(library(name)).filename()); };
    {
        hotso::Slot slot("greeter");
        add("GREETER_V1");
        auto watch = slot.watch(dir);
        int seen = 0;
        while (seen < 2) {
            auto e = slot.event(30s);
            if (!e)
                break;
            if (e->json.find("\"watch\"") == std::string::npos)
                continue;
            if (++seen == 1)
                add("GREETER_V2");
        }
        CHECK(seen == 2);
        CHECK(slot.describe().find("\"2\"") != std::string::npos);
    }
    fs::remove_all(dir);
}
