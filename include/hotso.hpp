// hotso.hpp: hot code for C++, over hotso.h. C++17, this header alone; link with -lhotso (pkg-config hotso).
//
//     hotso::Slot slot("greeter", hotso::Settings().set("drain_timeout", 5s));
//     slot.swap("build/libgreeter.v1.so");
//     auto greet = slot.function<std::string(std::string_view)>("GreetName");
//     std::cout << greet("Ada");
//     slot.swap("build/libgreeter.v2.so"); // greet reaches it from now on
//
// Types: numbers are bool, int8_t to uint64_t, float and double; string is std::string, as a parameter also
// std::string_view; slices are std::vector, []byte is std::vector<uint8_t>; a struct is one of the same
// layout, of which hotso::Struct says what Go calls it; a function is a hotso::Lent.
//
// Errors are exceptions, hotso::Error and what is derived from it. What is large and seldom is JSON, as text,
// with the members that hotso.h names. All may be used from any thread, unless something else is said;
// objects are moved and ended by one thread, as usual.
#ifndef HOTSO_HOTSO_HPP
#define HOTSO_HOTSO_HPP

#include "hotso.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <shared_mutex>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace hotso {

/* ERRORS */

// Base of all errors. what() says what, where, why, and what to do.
class Error : public std::runtime_error {
  public:
    Error(hotsoh_status status, const std::string &text, std::string json = "{}")
        : std::runtime_error(text), status_(status), json_(std::move(json)) {}

    // One of HOTSOH_*.
    hotsoh_status status() const noexcept {
        return status_;
    }
    // Its name: "crash_loop".
    const char *name() const noexcept {
        return hotsoh_status_name(status_);
    }
    // What else is known, as hotsoh_error.json documents it.
    const std::string &json() const noexcept {
        return json_;
    }
    // What the function returned all the same, in JSON: of a swap that holds, with Busy and Left.
    std::string result;

  private:
    hotsoh_status status_;
    std::string json_;
};

#define HOTSO_ERROR(name, base)                                                                              \
    class name : public base {                                                                               \
      public:                                                                                                \
        using base::base;                                                                                    \
    }
HOTSO_ERROR(NotFound, Error);      // there is no such file, or it can't be read
HOTSO_ERROR(Refused, Error);       // the file was judged before any of its code ran
HOTSO_ERROR(LoadFailed, Error);    // the library can't be loaded or started now
HOTSO_ERROR(Unhealthy, Error);     // a health hook says so
HOTSO_ERROR(Busy, Error);          // something else has to end first
HOTSO_ERROR(Left, Error);          // the library ended, and something of it is left
HOTSO_ERROR(Closed, Error);        // the library, slot, function or stream was closed
HOTSO_ERROR(Empty, Error);         // the slot has no version yet
HOTSO_ERROR(Unsupported, Error);   // this platform or library can't do that
HOTSO_ERROR(CallFailed, Error);    // the function returned an error
HOTSO_ERROR(Panicked, CallFailed); // the function panicked; the library lives on
HOTSO_ERROR(ArgumentError, Error); // an argument is not acceptable
HOTSO_ERROR(Hung, Error);          // the call did not return in time, and may still be inside
HOTSO_ERROR(TooManyCalls, Error);  // as many calls are inside as may be; this one was not begun
HOTSO_ERROR(Crashed, Error);       // the library's runtime has ended; the process goes on
HOTSO_ERROR(CrashLoop, Crashed);   // the version crashed too often; see Slot::forgive
HOTSO_ERROR(StateError, Error);    // the state could not be handed over
HOTSO_ERROR(Paused, Error);        // a version took over for too long; the call was not begun
HOTSO_ERROR(CanaryError, Error);   // a canary where none may be, or none where one is wanted
HOTSO_ERROR(Timeout, Error);       // the time that was given is over
HOTSO_ERROR(Forked, Error);        // this process was forked after libhotso was loaded
HOTSO_ERROR(SecondCopy, Error);    // another copy of libhotso is in this process
#undef HOTSO_ERROR

namespace detail {

// Throws the error of a status, and frees what hotso.h gave.
[[noreturn]] inline void fail(hotsoh_status status, hotsoh_error *error, std::string result = {}) {
    std::string text = error ? error->text : "hotso: " + std::string(hotsoh_status_name(status));
    std::string json = error ? error->json : "{}";
    hotsoh_free(error);
    auto as = [&](auto e) {
        e.result = std::move(result);
        throw e;
    };
    if (status >= HOTSOH_REFUSED && status < HOTSOH_LOAD)
        as(Refused(status, text, json));
    switch (status) {
    case HOTSOH_NOT_FOUND:
        as(NotFound(status, text, json));
        break;
    case HOTSOH_LOAD:
    case HOTSOH_START:
    case HOTSOH_CONFLICT:
    case HOTSOH_TOO_MANY:
        as(LoadFailed(status, text, json));
        break;
    case HOTSOH_UNHEALTHY:
        as(Unhealthy(status, text, json));
        break;
    case HOTSOH_BUSY:
        as(Busy(status, text, json));
        break;
    case HOTSOH_LEFT:
        as(Left(status, text, json));
        break;
    case HOTSOH_BAD_HANDLE:
    case HOTSOH_CLOSED:
        as(Closed(status, text, json));
        break;
    case HOTSOH_EMPTY:
        as(Empty(status, text, json));
        break;
    case HOTSOH_UNSUPPORTED:
        as(Unsupported(status, text, json));
        break;
    case HOTSOH_CALL:
        as(CallFailed(status, text, json));
        break;
    case HOTSOH_PANIC:
        as(Panicked(status, text, json));
        break;
    case HOTSOH_ARGUMENT:
        as(ArgumentError(status, text, json));
        break;
    case HOTSOH_HUNG:
        as(Hung(status, text, json));
        break;
    case HOTSOH_TOO_MANY_CALLS:
        as(TooManyCalls(status, text, json));
        break;
    case HOTSOH_CRASHED:
        as(Crashed(status, text, json));
        break;
    case HOTSOH_CRASH_LOOP:
        as(CrashLoop(status, text, json));
        break;
    case HOTSOH_STATE:
        as(StateError(status, text, json));
        break;
    case HOTSOH_PAUSED:
        as(Paused(status, text, json));
        break;
    case HOTSOH_TWO_STATES:
    case HOTSOH_CANARY:
    case HOTSOH_NO_CANARY:
        as(CanaryError(status, text, json));
        break;
    case HOTSOH_TIMEOUT:
        as(Timeout(status, text, json));
        break;
    case HOTSOH_FORKED:
        as(Forked(status, text, json));
        break;
    case HOTSOH_SECOND_COPY:
        as(SecondCopy(status, text, json));
        break;
    case HOTSOH_NO_MEMORY:
        throw std::bad_alloc();
    default:
        break;
    }
    as(Error(status, text, json));
    std::abort(); // not reached: as throws
}

inline void check(hotsoh_status status, hotsoh_error *error) {
    if (status != HOTSOH_OK)
        fail(status, error);
}

// The text of a char * that libhotso gave away; frees it.
inline std::string take(char *text) {
    std::unique_ptr<char, void (*)(void *)> owned(text, hotsoh_free);
    return text ? text : "";
}

// Calls a function of hotso.h that has no output but its error.
template <class F, class... A> void run(F f, A... args) {
    hotsoh_error *error = nullptr;
    hotsoh_status status = f(args..., &error);
    check(status, error);
}

// Calls one that returns text. It goes along with the error, if there are both.
template <class F, class... A> std::string text(F f, A... args) {
    hotsoh_error *error = nullptr;
    char *out = nullptr;
    hotsoh_status status = f(args..., &out, &error);
    std::string answer = take(out);
    if (status != HOTSOH_OK)
        fail(status, error, std::move(answer));
    return answer;
}

// Calls one that returns a handle.
template <class F, class... A> hotsoh_handle handle(F f, A... args) {
    hotsoh_error *error = nullptr;
    hotsoh_handle out = 0;
    hotsoh_status status = f(args..., &out, &error);
    check(status, error);
    return out;
}

// A handle that is released by who has it.
class Handle {
  public:
    Handle() = default;
    explicit Handle(hotsoh_handle h) noexcept : h_(h) {}
    Handle(Handle &&other) noexcept : h_(std::exchange(other.h_, 0)) {}
    Handle &operator=(Handle &&other) noexcept {
        std::swap(h_, other.h_);
        return *this;
    }
    ~Handle() {
        reset();
    }
    void reset() noexcept {
        if (hotsoh_handle h = std::exchange(h_, 0))
            hotsoh_release(h, nullptr);
    }
    hotsoh_handle get() const noexcept {
        return h_;
    }

  private:
    hotsoh_handle h_ = 0;
};

} // namespace detail

using Duration = std::chrono::nanoseconds;

namespace detail {
// A timeout_ns, where none is no limit.
inline int64_t nanoseconds(std::optional<Duration> timeout) {
    return timeout ? std::max<int64_t>(1, timeout->count()) : 0;
}
} // namespace detail

/* VALUES */

// What Go calls a struct of the same layout:
//
//     template <> struct hotso::Struct<Point> {
//         static constexpr const char *type = "struct{X float64; Y float64}";
//     };
template <class T> struct Struct;

class Lent;

namespace detail {

// How a type crosses the border: its name in Go, its words for hotsoh_invoke, its hotsoh_value.
template <class T, class = void> struct Type {
    static_assert(std::is_trivially_copyable_v<T>, "hotso: a struct that crosses has numbers only");
    static constexpr int words = 1;
    static std::string name() {
        return Struct<T>::type;
    }
    static void put(uint64_t *w, const T &v) {
        w[0] = reinterpret_cast<uint64_t>(&v);
    }
    static hotsoh_value value(const T &v) {
        hotsoh_value out{};
        out.type = HOTSOH_TYPE_STRUCT;
        out.data = &v;
        out.length = sizeof v;
        return out;
    }
    static T from(const hotsoh_value &v) {
        T out{};
        if (v.type != HOTSOH_TYPE_STRUCT || v.length != sizeof out)
            throw ArgumentError(HOTSOH_ARGUMENT, "hotso: the result is no " + name());
        std::memcpy(&out, v.data, sizeof out);
        return out;
    }
    class Result {
      public:
        uint64_t *room() {
            return words_;
        }
        T take() {
            return out_;
        }

      private:
        T out_{};
        uint64_t words_[1] = {reinterpret_cast<uint64_t>(&out_)};
    };
};

template <class T> constexpr bool is_number = std::is_arithmetic_v<T> && sizeof(T) <= 8;

template <class T> struct Type<T, std::enable_if_t<is_number<T>>> {
    static constexpr int words = 1;
    static constexpr bool real = std::is_floating_point_v<T>;
    static constexpr int32_t code() {
        if (std::is_same_v<T, bool>)
            return HOTSOH_TYPE_BOOL;
        if (real)
            return sizeof(T) == 4 ? HOTSOH_TYPE_FLOAT32 : HOTSOH_TYPE_FLOAT64;
        int32_t size = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
        return (std::is_signed_v<T> ? HOTSOH_TYPE_INT8 : HOTSOH_TYPE_UINT8) + size;
    }
    static std::string name() {
        if (std::is_same_v<T, bool>)
            return "bool";
        std::string kind = real ? "float" : std::is_signed_v<T> ? "int" : "uint";
        return kind + std::to_string(8 * sizeof(T));
    }
    static void put(uint64_t *w, T v) {
        w[0] = 0;
        std::memcpy(w, &v, sizeof v);
    }
    static hotsoh_value value(T v) {
        hotsoh_value out{};
        out.type = code();
        if constexpr (real)
            out.number = v;
        else
            out.integer = static_cast<int64_t>(v);
        return out;
    }
    static T from(const hotsoh_value &v) {
        if (v.type != code())
            throw ArgumentError(HOTSOH_ARGUMENT, "hotso: the result is no " + name());
        if constexpr (real)
            return static_cast<T>(v.number);
        else
            return static_cast<T>(v.integer);
    }
    class Result {
      public:
        uint64_t *room() {
            return &word_;
        }
        T take() {
            T out;
            std::memcpy(&out, &word_, sizeof out);
            return out;
        }

      private:
        uint64_t word_ = 0;
    };
};

// Strings and slices: address and length. C is std::string, std::string_view or std::vector.
template <class C, int32_t Code> struct Span {
    static constexpr int words = 2;
    using Element = std::remove_const_t<std::remove_pointer_t<decltype(std::declval<C>().data())>>;
    static void put(uint64_t *w, const C &v) {
        w[0] = reinterpret_cast<uint64_t>(v.data());
        w[1] = v.size();
    }
    static hotsoh_value value(const C &v) {
        hotsoh_value out{};
        out.type = Code;
        out.data = v.data();
        out.length = v.size();
        return out;
    }
    static C from(const hotsoh_value &v) {
        if (v.type != Code)
            throw ArgumentError(HOTSOH_ARGUMENT, "hotso: the result is of another type");
        auto *data = static_cast<const Element *>(v.data);
        return v.length ? C(data, data + v.length) : C();
    }
    class Result {
      public:
        Result() = default;
        Result(const Result &) = delete;
        ~Result() {
            if (address() != buffer_)
                hotsoh_free(address());
        }
        uint64_t *room() {
            return words_;
        }
        C take() {
            return words_[1] ? C(address(), address() + words_[1]) : C();
        }

      private:
        static constexpr size_t capacity = 512 / sizeof(Element);
        Element *address() {
            return reinterpret_cast<Element *>(words_[0]);
        }
        Element buffer_[capacity];
        uint64_t words_[2] = {reinterpret_cast<uint64_t>(buffer_), capacity};
    };
};

template <> struct Type<std::string> : Span<std::string, HOTSOH_TYPE_STRING> {
    static std::string name() {
        return "string";
    }
};

template <> struct Type<std::string_view> : Span<std::string, HOTSOH_TYPE_STRING> {
    static std::string name() {
        return "string";
    }
    static void put(uint64_t *w, std::string_view v) {
        w[0] = reinterpret_cast<uint64_t>(v.data());
        w[1] = v.size();
    }
    static hotsoh_value value(std::string_view v) {
        hotsoh_value out{};
        out.type = HOTSOH_TYPE_STRING;
        out.data = v.data();
        out.length = v.size();
        return out;
    }
    // Of a callback's argument: valid until the callback returns.
    static std::string_view from(const hotsoh_value &v) {
        return {static_cast<const char *>(v.data), v.length};
    }
};

template <class T> struct Type<std::vector<T>> : Span<std::vector<T>, 32 + Type<T>::code()> {
    static_assert(is_number<T> && !std::is_same_v<T, bool>, "hotso: a slice is of numbers");
    static std::string name() {
        return std::is_same_v<T, uint8_t> ? "[]byte" : "[]" + Type<T>::name();
    }
};

template <> struct Type<Lent>;

template <> struct Type<void> {
    class Result {
      public:
        uint64_t *room() {
            return nullptr;
        }
        void take() {}
    };
    static void from(const hotsoh_value &) {}
};

template <class T> using Plain = std::remove_cv_t<std::remove_reference_t<T>>;

template <class S> struct Signature;
template <class R, class... A> struct Signature<R(A...)> {
    // As Go writes it: "func(string, int32) string".
    static std::string text() {
        std::string out = "func(";
        [[maybe_unused]] const char *comma = "";
        ((out += comma + Type<Plain<A>>::name(), comma = ", "), ...);
        out += ")";
        if constexpr (!std::is_void_v<R>)
            out += " " + Type<Plain<R>>::name();
        return out;
    }
};

// What an argument of a call by name is taken for: texts in all their forms are std::string_view.
template <class T>
using Argument = std::conditional_t<std::is_convertible_v<const T &, std::string_view>, std::string_view, T>;

} // namespace detail

// How one call is to be made.
struct CallOptions {
    std::optional<Duration> timeout;     // Hung when it is over; such a call runs on another thread
    std::optional<std::string_view> key; // which calls go to a canary
};

namespace detail {

inline hotsoh_call_options options(const CallOptions &o) {
    std::string_view key = o.key.value_or(std::string_view());
    return {sizeof(hotsoh_call_options), nanoseconds(o.timeout), o.key ? key.data() : nullptr, key.size()};
}

// Calls by hotsoh_call or hotsoh_call_name, of which f has all but what comes here.
template <class R, class F> R call(F f, const hotsoh_value *args, uint32_t count, const CallOptions &how) {
    hotsoh_error *error = nullptr;
    hotsoh_value result{};
    hotsoh_call_options o = options(how);
    hotsoh_status status = f(args, count, &result, how.timeout || how.key ? &o : nullptr, &error);
    check(status, error);
    std::unique_ptr<void, void (*)(void *)> data(const_cast<void *>(result.data), hotsoh_free);
    return Type<R>::from(result);
}

} // namespace detail

/* FUNCTIONS */

template <class S> class Function;

// A function of a library or slot, looked up once. Calls by several threads at the same time are fine.
template <class R, class... A> class Function<R(A...)> {
  public:
    // See Target::function.
    Function(hotsoh_target target, const char *name)
        : handle_(detail::handle(hotsoh_prepare, target, name, detail::Signature<R(A...)>::text().c_str())) {}

    R operator()(const detail::Plain<A> &...args) const {
        std::array<uint64_t, words + 1> w;
        [[maybe_unused]] uint64_t *at = w.data();
        ((detail::Type<detail::Plain<A>>::put(at, args), at += detail::Type<detail::Plain<A>>::words), ...);
        typename detail::Type<R>::Result result;
        hotsoh_error *error = nullptr;
        hotsoh_status status = hotsoh_invoke(handle_.get(), w.data(), words, result.room(), &error);
        detail::check(status, error);
        return result.take();
    }

    // The same with a limit or key.
    R with(const CallOptions &how, const detail::Plain<A> &...args) const {
        std::array<hotsoh_value, sizeof...(A) + 1> values{detail::Type<detail::Plain<A>>::value(args)...};
        auto f = [h = handle_.get()](auto... rest) { return hotsoh_call(h, rest...); };
        return detail::call<R>(f, values.data(), sizeof...(A), how);
    }

  private:
    static constexpr uint32_t words = (0 + ... + detail::Type<detail::Plain<A>>::words);
    detail::Handle handle_;
};

/* CALLBACKS */

namespace detail {

// The functions that libraries may call, by number: a call that comes after its function was withdrawn finds
// none, and gets an error.
class Callbacks {
  public:
    using Entry = std::function<hotsoh_status(const hotsoh_value *, uint32_t, hotsoh_value *)>;

    static Callbacks &all() {
        static auto *callbacks = new Callbacks; // never ended: libraries may call while the process exits
        return *callbacks;
    }
    uintptr_t add(Entry f) {
        std::unique_lock lock(mutex_);
        entries_[++last_] = std::make_shared<Entry>(std::move(f));
        return last_;
    }
    void remove(uintptr_t number) {
        std::unique_lock lock(mutex_);
        entries_.erase(number);
    }
    std::shared_ptr<Entry> find(uintptr_t number) {
        std::shared_lock lock(mutex_);
        auto found = entries_.find(number);
        return found == entries_.end() ? nullptr : found->second;
    }

  private:
    std::shared_mutex mutex_;
    std::map<uintptr_t, std::shared_ptr<Entry>> entries_;
    uintptr_t last_ = 0;
};

// Puts data where a callback's result goes: its own buffer, or memory that libhotso frees.
inline void give(hotsoh_value *out, const void *data, size_t length, size_t size) {
    void *room = length <= out->capacity ? out->buffer : hotsoh_alloc(size ? size : 1);
    if (!room) {
        out->length = 0;
        return;
    }
    if (size)
        std::memcpy(room, data, size);
    out->data = room;
    out->length = length;
}

inline hotsoh_status enter(void *user, const hotsoh_value *args, uint32_t count,
                           hotsoh_value *result) noexcept {
    try {
        auto f = Callbacks::all().find(reinterpret_cast<uintptr_t>(user));
        if (!f)
            throw std::runtime_error("the function was withdrawn");
        return (*f)(args, count, result);
    } catch (const std::exception &e) {
        give(result, e.what(), std::strlen(e.what()), std::strlen(e.what()));
    } catch (...) {
        give(result, "unknown exception", 17, 17);
    }
    return 1;
}

template <class S> struct Entry;
template <class R, class... A> struct Entry<R(A...)> {
    template <class F, size_t... I> static Callbacks::Entry of(F f, std::index_sequence<I...>) {
        return [f = std::move(f)](const hotsoh_value *args, uint32_t,
                                  hotsoh_value *result) mutable -> hotsoh_status {
            (void)args;
            if constexpr (std::is_void_v<R>) {
                f(Type<Plain<A>>::from(args[I])...);
            } else {
                R value = f(Type<Plain<A>>::from(args[I])...);
                hotsoh_value v = Type<R>::value(value);
                result->integer = v.integer;
                result->number = v.number;
                if (v.type >= HOTSOH_TYPE_STRING)
                    give(result, v.data, v.length, size(value));
            }
            return 0;
        };
    }
    template <class T> static size_t size(const T &v) {
        if constexpr (std::is_trivially_copyable_v<T>)
            return sizeof v;
        else
            return v.size() * sizeof *v.data();
    }
};

// A number of a function, until it ends.
class Registered {
  public:
    template <class S, class F> static Registered of(F f) {
        return Registered(Callbacks::all().add(make(static_cast<S *>(nullptr), std::move(f))));
    }
    Registered(Registered &&other) noexcept : number_(std::exchange(other.number_, 0)) {}
    Registered &operator=(Registered &&other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Registered() {
        if (number_)
            Callbacks::all().remove(number_);
    }
    void *user() const {
        return reinterpret_cast<void *>(number_);
    }

  private:
    explicit Registered(uintptr_t number) : number_(number) {}
    template <class R, class... A, class F> static Callbacks::Entry make(R (*)(A...), F f) {
        return Entry<R(A...)>::of(std::move(f), std::index_sequence_for<A...>());
    }
    uintptr_t number_;
};

} // namespace detail

// A function lent to libraries, for a parameter that is a function. It may run on any thread, several times
// at once; an exception is an error for who called it. When it ends it is withdrawn: libraries that call it
// get an error.
//
//     auto visit = hotso::Lent::of<bool(std::string_view)>([](std::string_view name) { return true; });
//     walk("/srv", visit);
class Lent {
  public:
    template <class S, class F> static Lent of(F f) {
        return Lent(detail::Registered::of<S>(std::move(f)), detail::Signature<S>::text());
    }
    hotsoh_lent handle() const noexcept {
        return handle_.get();
    }
    uint64_t word() const noexcept {
        return word_;
    }

  private:
    Lent(detail::Registered f, const std::string &signature)
        : f_(std::move(f)), handle_(detail::handle(hotsoh_lend, signature.c_str(), detail::enter, f_.user())),
          word_(detail::handle(hotsoh_lent_word, handle_.get())) {}
    detail::Registered f_;
    detail::Handle handle_;
    uint64_t word_;
};

template <> struct detail::Type<Lent> {
    static constexpr int words = 1;
    static std::string name() {
        return "uint64";
    }
    static void put(uint64_t *w, const Lent &v) {
        w[0] = v.word();
    }
    static hotsoh_value value(const Lent &v) {
        hotsoh_value out{};
        out.type = HOTSOH_TYPE_LENT;
        out.integer = static_cast<int64_t>(v.handle());
        return out;
    }
};

/* SETTINGS */

// Settings of hotso.h by name. Any number of libraries and slots may be made with one object.
class Settings {
  public:
    Settings() : shared_(std::make_shared<Shared>()) {}

    Settings &set(const char *name, const std::string &value) & {
        detail::run(hotsoh_settings_set, handle(), name, value.c_str());
        return *this;
    }
    Settings &set(const char *name, const char *value) & {
        return set(name, std::string(value));
    }
    Settings &set(const char *name, bool value) & {
        return set(name, std::string(value ? "true" : "false"));
    }
    Settings &set(const char *name, Duration value) & {
        return set(name, std::to_string(value.count()) + "ns");
    }
    template <class T> std::enable_if_t<detail::is_number<T>, Settings &> set(const char *name, T value) & {
        return set(name, std::to_string(value));
    }
    template <class T> Settings &&set(const char *name, T value) && {
        set(name, value);
        return std::move(*this);
    }

    // Provides a function to libraries under a name: provide<double(std::string_view)>("Price", price). It
    // may run on any thread, several times at once; an exception is an error for who called it.
    template <class S, class F> Settings &provide(const char *name, F f) & {
        auto registered = detail::Registered::of<S>(std::move(f));
        detail::run(hotsoh_settings_provide, handle(), name, detail::Signature<S>::text().c_str(),
                    detail::enter, registered.user());
        shared_->functions.push_back(std::move(registered));
        return *this;
    }
    template <class S, class F> Settings &&provide(const char *name, F f) && {
        provide<S>(name, std::move(f));
        return std::move(*this);
    }

    hotsoh_settings handle() const noexcept {
        return shared_->handle.get();
    }

  private:
    struct Shared {
        std::vector<detail::Registered> functions;
        detail::Handle handle{detail::handle(hotsoh_settings_new)};
    };
    std::shared_ptr<Shared> shared_; // also by what was made with them: libraries call the functions
};

/* STREAMS */

// A result that is read piece by piece, by one thread at a time; std::istream in(&stream) reads it, too.
// While it is open its version stays loaded. An error of the library's is thrown by read, and sets badbit of
// an istream.
class Stream : public std::streambuf {
  public:
    explicit Stream(hotsoh_stream handle) : handle_(handle) {}

    // Reads the next bytes, and blocks until there are some. 0 at the end.
    size_t read(void *buffer, size_t capacity) {
        hotsoh_error *error = nullptr;
        size_t length = 0;
        hotsoh_status status = hotsoh_stream_read(handle_.get(), buffer, capacity, &length, &error);
        if (status == HOTSOH_END)
            return 0;
        detail::check(status, error);
        return length;
    }

  protected:
    int_type underflow() override {
        if (gptr() == egptr())
            setg(buffer_, buffer_, buffer_ + read(buffer_, sizeof buffer_));
        return gptr() == egptr() ? traits_type::eof() : traits_type::to_int_type(*gptr());
    }

  private:
    detail::Handle handle_;
    char buffer_[4096];
};

/* LIBRARIES AND SLOTS */

// A place where calls go.
class Target {
  public:
    Target(Target &&other) noexcept
        : settings_(std::move(other.settings_)), handle_(std::exchange(other.handle_, 0)) {}
    Target &operator=(Target &&other) noexcept {
        std::swap(handle_, other.handle_);
        std::swap(settings_, other.settings_);
        return *this;
    }
    // Closes it; what close throws is lost.
    ~Target() {
        if (!handle_)
            return;
        hotsoh_close(handle_, 0, nullptr, nullptr);
        hotsoh_release(handle_, nullptr);
    }

    // Prepares a function: function<int32_t(int32_t, int32_t)>("Add"). Refused if it has another signature. A
    // slot will refuse a version that lacks it or has another one.
    template <class S> Function<S> function(const char *name) const {
        return Function<S>(handle_, name);
    }

    // Calls a function by its name: call<int32_t>("Add", 1, 2). Numbers may be of any type that holds the
    // value.
    template <class R = void, class... A> R call(const char *name, const A &...args) const {
        return call_with<R>(CallOptions(), name, args...);
    }

    // The same with a limit or key.
    template <class R = void, class... A>
    R call_with(const CallOptions &how, const char *name, const A &...args) const {
        std::array<hotsoh_value, sizeof...(A) + 1> values{detail::Type<detail::Argument<A>>::value(args)...};
        auto f = [this, name](auto... rest) { return hotsoh_call_name(handle_, name, rest...); };
        return detail::call<R>(f, values.data(), sizeof...(A), how);
    }

    // Calls a function whose result is a stream.
    template <class... A> Stream open_stream(const char *name, const A &...args) const {
        return open_stream_with(CallOptions(), name, args...);
    }

    // The same with a key, or a limit for all of it.
    template <class... A>
    Stream open_stream_with(const CallOptions &how, const char *name, const A &...args) const {
        std::array<hotsoh_value, sizeof...(A) + 1> values{detail::Type<detail::Argument<A>>::value(args)...};
        hotsoh_call_options o = detail::options(how);
        return Stream(
            detail::handle(hotsoh_stream_open, handle_, name, values.data(), uint32_t(sizeof...(A)), &o));
    }

    // The library that serves (JSON: host.Description).
    std::string describe() const {
        return detail::text(hotsoh_describe, handle_);
    }

    // Runs the health hooks of the library that serves. Throws Unhealthy.
    void health() const {
        detail::run(hotsoh_health, handle_);
    }

    // Refuses new calls, waits for those inside, stops and unloads. Returns the report (JSON: host.Report),
    // or "" if there was no version. Throws Busy if calls stay inside for too long; what is left is then let
    // go when the last one returns. Closing twice returns the same.
    std::string close(std::optional<Duration> timeout = {}) {
        return detail::text(hotsoh_close, handle_, detail::nanoseconds(timeout));
    }

    hotsoh_target handle() const noexcept {
        return handle_;
    }

  protected:
    Target(hotsoh_target handle, Settings settings) : settings_(std::move(settings)), handle_(handle) {}

  private:
    std::optional<Settings> settings_;
    hotsoh_target handle_;
};

// One version, read, verified, loaded and started.
class Library : public Target {
  public:
    explicit Library(const std::string &path, Settings settings = {}, std::optional<Duration> timeout = {})
        : Target(detail::handle(hotsoh_library_open, path.c_str(), settings.handle(),
                                detail::nanoseconds(timeout)),
                 settings) {}
};

// Describes the library at path, and runs none of its code (JSON: host.Description). Throws as Library does.
inline std::string inspect(const std::string &path, const Settings &settings = {}) {
    return detail::text(hotsoh_inspect, path.c_str(), settings.handle());
}

// A directory that is being watched, until it ends or its slot is closed.
class Watch {
  public:
    explicit Watch(hotsoh_watch handle) : handle_(handle) {}

  private:
    detail::Handle handle_;
};

// What happened to a slot: JSON, see EVENTS in hotso.h. dropped is how many were lost before it.
struct Event {
    std::string json;
    uint64_t dropped = 0;
};

// A name whose version can be replaced while it is called.
class Slot : public Target {
  public:
    explicit Slot(const char *name, Settings settings = {})
        : Target(detail::handle(hotsoh_slot_new, name, settings.handle()), settings) {}

    // Replaces the version by the library at path (JSON: host.Swap). If that fails, the old one goes on
    // serving. Returns when the old one was unloaded. With Busy and Left the swap may hold all the same: then
    // the error's result says so.
    std::string swap(const std::string &path, std::optional<Duration> timeout = {}) {
        return detail::text(hotsoh_slot_swap, handle(), path.c_str(), detail::nanoseconds(timeout));
    }

    // Goes back to the version before.
    std::string rollback(std::optional<Duration> timeout = {}) {
        return detail::text(hotsoh_slot_rollback, handle(), detail::nanoseconds(timeout));
    }

    // Has the library at path serve percent of the calls, beside the current version. terms are JSON, see
    // hotsoh_slot_canary.
    std::string canary(const std::string &path, double percent, const std::string &terms = "{}",
                       std::optional<Duration> timeout = {}) {
        return detail::text(hotsoh_slot_canary, handle(), path.c_str(), percent, terms.c_str(),
                            detail::nanoseconds(timeout));
    }

    // Changes how many of the calls go to the canary. keys is a JSON array of strings.
    void set_share(double percent, const std::optional<std::string> &keys = {}) {
        detail::run(hotsoh_slot_set_share, handle(), percent, keys ? keys->c_str() : nullptr);
    }

    // Makes the canary the current version.
    std::string promote(std::optional<Duration> timeout = {}) {
        return detail::text(hotsoh_slot_promote, handle(), detail::nanoseconds(timeout));
    }

    // Ends the canary (JSON: host.Report).
    std::string abort(std::optional<Duration> timeout = {}) {
        return detail::text(hotsoh_slot_abort, handle(), detail::nanoseconds(timeout));
    }

    // What the slot has seen, oldest first (JSON: array of host.VersionInfo).
    std::string versions() const {
        return detail::text(hotsoh_slot_versions, handle());
    }

    // Forgets all crashes: versions in a crash loop may be loaded again.
    void forgive() {
        detail::run(hotsoh_slot_forgive, handle());
    }

    // Swaps to the newest version in a directory (lib<name>.v<version>.so), and again when a newer one comes.
    Watch watch(const std::string &dir) {
        return Watch(detail::handle(hotsoh_watch_start, handle(), dir.c_str()));
    }

    // The next event; waits for one, without end if no timeout is given. None if none came, or will come.
    std::optional<Event> event(std::optional<Duration> timeout = {}) {
        hotsoh_error *error = nullptr;
        char *item = nullptr;
        Event out;
        int64_t wait = timeout ? timeout->count() : -1;
        hotsoh_status status = hotsoh_event_next(handle(), wait, &item, &out.dropped, &error);
        if (!error && (status == HOTSOH_TIMEOUT || status == HOTSOH_END))
            return {};
        detail::check(status, error);
        out.json = detail::take(item);
        return out;
    }

    // A descriptor for poll(2), readable while there is an event. Don't read or close it.
    int event_fd() const {
        hotsoh_error *error = nullptr;
        int32_t fd = -1;
        hotsoh_status status = hotsoh_event_fd(handle(), &fd, &error);
        detail::check(status, error);
        return fd;
    }
};

// Takes back the signals that libraries need, and says which of them others have taken since the last time
// (JSON: see hotso.h). Call it when something has installed handlers after the first swap.
inline std::string signals() {
    return detail::text(hotsoh_signals);
}

// The version of libhotso.
inline std::string version() {
    return hotsoh_version();
}

} // namespace hotso

#endif
