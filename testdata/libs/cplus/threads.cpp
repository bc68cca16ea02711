/* Threads that the C++ library starts. */
#include "cplus.h"
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

static int32_t sum(int32_t n) {
    int32_t s = 0;
    for (int32_t i = 0; i < n; i++)
        s += i;
    return s;
}

static int32_t in_thread(int32_t n) {
    int32_t s = 0;
    std::thread t([&] { s = sum(n); });
    t.join();
    return s;
}

static int32_t in_async(int32_t n) {
    auto low = std::async(std::launch::async, sum, n);
    auto high = std::async(std::launch::async, [=] {
        if (n > 0)
            throw n; /* on one thread, to be caught on another */
        return 0;
    });
    try {
        return high.get();
    } catch (int32_t caught) {
        return caught == n ? low.get() : -1;
    }
}

static int32_t in_jthread(int32_t n) {
    std::mutex m;
    std::condition_variable_any c;
    int32_t s = -1;
    bool waited = false;
    {
        std::jthread t([&](std::stop_token stop) {
            std::unique_lock l(m);
            waited = !c.wait(l, stop, [] { return false; });
            s = sum(n);
        });
        t.request_stop();
    }
    return waited ? s : -1;
}

static std::once_flag once;
static int32_t made;

static int32_t in_call_once(int32_t n) {
    std::vector<std::jthread> all;
    for (int i = 0; i < 4; i++)
        all.emplace_back([=] { std::call_once(once, [=] { made = sum(n); }); });
    all.clear();
    return made;
}

extern "C" int32_t run_threads(int32_t n) {
    int32_t right = 0;
    for (auto *f : {in_thread, in_async, in_jthread, in_call_once})
        right += f(n) == sum(n);
    return right;
}

static std::atomic<int32_t> running;

extern "C" int32_t start_threads(int32_t n) {
    for (int32_t i = 0; i < n; i++)
        std::thread([] {
            for (running++;; running += 0)
                ;
        }).detach();
    while (running < n)
        std::this_thread::yield();
    return running;
}
