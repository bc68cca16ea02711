package io.github.hotso;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Errors, crashes and hung calls. */
final class ErrorTest {
    static void errorsOfFunctions() {
        try (var echo = new Library(Main.library("ECHO_V1")); var divide = echo.function(Double.class, "Divide", null)) {
            assert divide.call(1, 2) == 0.5;
            Main.throwing(HotsoException.CallFailed.class, "division by zero", () -> divide.call(1, 0));
            Main.throwing(HotsoException.CallFailed.class, "division by zero", () -> echo.call("Divide", 1, 0));
            Main.throwing(HotsoException.Panicked.class, "at the disco", () -> echo.call("Panics", "at the disco"));
            assert divide.call(1, 2) == 0.5;
        }
    }

    static void filesAreRefused() throws Exception {
        Path text = Files.createTempDirectory("hotso-").resolve("libtext.v1.so");
        Files.writeString(text, "no library");
        Main.throwing(HotsoException.Refused.class, "not_elf", () -> new Library(text));
        Main.throwing(HotsoException.Refused.class, "not_elf", () -> Library.inspect(text, null));
        Main.throwing(HotsoException.NotFound.class, "not_found", () -> new Library(Path.of("/none.so")));
        assert Library.inspect(Main.library("GREETER_V2"), null).get("version").equals("2");
    }

    static void wrongSignaturesAndNames() {
        try (var greeter = new Library(Main.library("GREETER_V1"))) {
            Main.throwing(HotsoException.Refused.class, "signature",
                    () -> greeter.function(String.class, "Add", "func(string) string"));
            Main.throwing(HotsoException.Refused.class, "function", () -> greeter.function(String.class, "Sub", null));
            Main.throwing(HotsoException.class, "function", () -> greeter.call("Sub"));
        }
        Main.throwing(HotsoException.BadArgument.class, "nonsense", () -> new Settings().set("nonsense", 1));
        Main.throwing(HotsoException.BadArgument.class, "drain_timeout",
                () -> new Settings().set("drain_timeout", "soon"));
    }

    static void closedAndReleased() throws Exception {
        var greeter = new Library(Main.library("GREETER_V1"));
        var add = greeter.function(Integer.class, "Add", null);
        var released = greeter.function(Integer.class, "Add", null);
        released.close();
        released.close();
        Main.throwing(HotsoException.Closed.class, "bad_handle", () -> released.call(1, 2));
        var other = CompletableFuture.supplyAsync(() -> greeter.close(null));
        Map<String, Object> report = greeter.close(null);
        assert report.equals(other.get()) && report.get("state").equals("unloaded") : report;
        Main.throwing(HotsoException.Closed.class, "closed", () -> add.call(1, 2));
        Main.throwing(HotsoException.Closed.class, "closed", () -> greeter.call("Add", 1, 2));
        Main.throwing(HotsoException.Closed.class, "closed", () -> greeter.openStream("Add", 1, 2));
    }

    static void aCallHangs() {
        try (var slow = new Library(Main.library("SLOW_V1"))) {
            var soon = CallOptions.timeout(Duration.ofMillis(20));
            Main.throwing(HotsoException.Hung.class, "hung", () -> slow.callWith(soon, "Sleep", 200));
            assert slow.callWith(CallOptions.timeout(Duration.ofMinutes(1)), "Sleep", 1).equals(1L);
        }
    }

    static void aCrashIsContainedPanic() {
        crash("panic");
    }

    static void aCrashIsContainedGoroutine() {
        crash("goroutine");
    }

    static void aCrashIsContainedNil() {
        crash("nil");
    }

    static void aCrashIsContainedThrow() {
        crash("throw");
    }

    static void aCrashIsContainedExit() {
        crash("exit");
    }

    @SuppressWarnings("null")
    private static void crash(String kind) {
        try (var greeter = new Library(Main.library("GREETER_V1"))) {
            Main.throwing(HotsoException.Crashed.class, "crashed", () -> greeter.call("hotso_drill", kind));
            Main.throwing(HotsoException.Crashed.class, "crashed", () -> greeter.call("Add", 1, 2));
            String none = null;
            Main.throwing(NullPointerException.class, "", () -> none.length()); // the JVM's own SIGSEGV
            overflow();
        }
    }

    static void aSlotServesOnAfterACrash() {
        try (var slot = new Slot("greeter")) {
            slot.swap(Main.library("GREETER_V1"));
            var add = slot.function(Integer.class, "Add", null);
            Main.throwing(HotsoException.Crashed.class, "crashed", () -> slot.call("hotso_drill", "panic"));
            slot.swap(Main.library("GREETER_V2"));
            assert add.call(1, 2) == 3;
        }
    }

    private static void overflow() {
        try {
            deeper(1);
        } catch (StackOverflowError e) {
            return;
        }
        throw new AssertionError("no StackOverflowError");
    }

    private static int deeper(int n) {
        return n == 0 ? 0 : deeper(n + 1) + 1;
    }

    static void nobodyHasTakenASignal() {
        try (var library = new Library(Main.library("ECHO_V1"))) {
            Library.signals();
            assert Library.signals().isEmpty();
        }
    }
}
