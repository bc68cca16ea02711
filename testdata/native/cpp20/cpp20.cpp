#include "cpp20.h"
#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace {

/* Resumes coroutines in its threads. */
class pool {
    std::mutex mutex;
    std::condition_variable_any ready;
    std::deque<std::coroutine_handle<>> queue;
    std::vector<std::jthread> threads;

    void run(std::stop_token stop) {
        thread_local std::string name = "a thread of the pool, with a name that is not inside the string";
        std::unique_lock lock(mutex);
        while (ready.wait(lock, stop, [this] { return !queue.empty(); })) {
            auto next = queue.front();
            queue.pop_front();
            lock.unlock();
            next.resume();
            lock.lock();
        }
    }

  public:
    explicit pool(int n) {
        for (int i = 0; i < n; i++)
            threads.emplace_back([this](std::stop_token stop) { run(stop); });
    }

    /* co_await pool: go on in one of its threads. */
    struct awaiter {
        pool &p;
        bool await_ready() const {
            return false;
        }
        void await_suspend(std::coroutine_handle<> h) {
            std::lock_guard lock(p.mutex);
            p.queue.push_back(h);
            p.ready.notify_one();
        }
        void await_resume() const {}
    };
    awaiter operator co_await() {
        return {*this};
    }
};

struct task {
    struct promise_type {
        task get_return_object() {
            return {};
        }
        std::suspend_never initial_suspend() noexcept {
            return {};
        }
        std::suspend_never final_suspend() noexcept {
            return {};
        }
        void return_void() {}
        void unhandled_exception() {
            std::terminate();
        }
    };
};

pool &workers() {
    static pool p(3);
    return p;
}

task add(int64_t n, std::shared_ptr<std::promise<int64_t>> sum) {
    int64_t s = 0;
    for (int64_t i = 0; i < n; i++) {
        co_await workers();
        s += i;
    }
    sum->set_value(s);
}

std::vector<std::future<void>> endless;
std::vector<std::jthread> waiting;

} // namespace

void cpp20_start(void) {
    workers();
    for (int i = 0; i < 2; i++)
        endless.push_back(std::async(std::launch::async, [] {
            for (volatile uint64_t n = 0;;)
                n = n + 1;
        }));
    waiting.emplace_back([](std::stop_token stop) {
        while (!stop.stop_requested())
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
    });
    waiting.emplace_back([](std::stop_token stop) {
        std::mutex m;
        std::unique_lock lock(m);
        std::condition_variable_any().wait(lock, stop, [] { return false; });
    });
}

int64_t cpp20_work(int64_t n) {
    auto sum = std::make_shared<std::promise<int64_t>>();
    auto done = sum->get_future();
    add(n, std::move(sum));
    return done.get();
}
