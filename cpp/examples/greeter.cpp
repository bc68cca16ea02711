// Serves the greeter to eight threads, and swaps it under their calls.
//
//     g++ -std=c++17 -pthread cpp/examples/greeter.cpp $(pkg-config --cflags --libs hotso) -o greeter
//     ./greeter build/libgreeter.v1.so build/libgreeter.v2.so

#include <hotso.hpp>

#include <atomic>
#include <cstdio>
#include <iostream>
#include <thread>

int main(int argc, char **argv) try {
    using namespace std::chrono;
    using namespace std::chrono_literals;
    if (argc < 3) {
        std::cerr << "usage: greeter LIBRARY LIBRARY...\n";
        return 2;
    }
    hotso::Slot slot("greeter", hotso::Settings().set("allow_downgrade", true));
    slot.swap(argv[1]);
    auto greet = slot.function<std::string(std::string_view)>("GreetName");
    std::cout << greet("Ada") << "\n";

    std::atomic<bool> over{false};
    std::atomic<long> calls{0}, failed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++)
        threads.emplace_back([&] {
            while (!over) {
                try {
                    greet("Ada");
                    calls++;
                } catch (const hotso::Error &) {
                    failed++;
                }
            }
        });
    const int swaps = 20;
    steady_clock::duration took{};
    for (int i = 1; i <= swaps; i++) {
        auto begin = steady_clock::now();
        slot.swap(argv[1 + i % (argc - 1)]);
        took += steady_clock::now() - begin;
        std::this_thread::sleep_for(20ms);
    }
    over = true;
    for (auto &t : threads)
        t.join();
    slot.close();
    std::printf("%ld calls, %ld failed, %d swaps of %.1f ms\n", calls.load(), failed.load(), swaps,
                duration<double, std::milli>(took).count() / swaps);
    return failed ? 1 : 0;
} catch (const std::exception &e) {
    std::cerr << e.what() << "\n";
    return 1;
}
