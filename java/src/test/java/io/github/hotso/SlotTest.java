package io.github.hotso;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** Swaps, canaries, events and directories. */
final class SlotTest {
    private static final Path V1 = Main.library("GREETER_V1");
    private static final Path V2 = Main.library("GREETER_V2");

    private static Slot greeter() {
        return new Slot("greeter", new Settings().set("allow_downgrade", true));
    }

    @SuppressWarnings("unchecked")
    static void swapAndRollback() {
        try (var slot = greeter()) {
            Main.throwing(HotsoException.Empty.class, "empty", () -> slot.call("Greet"));
            slot.swap(V1);
            var greet = slot.function(String.class, "GreetName", "func(string) (string, error)");
            String first = greet.call("Ada");
            Map<String, Object> swap = slot.swap(V2);
            assert ((Map<String, Object>) swap.get("old")).get("state").equals("unloaded") : swap;
            assert !greet.call("Ada").equals(first);
            slot.rollback(null);
            assert greet.call("Ada").equals(first);
            Main.throwing(HotsoException.Refused.class, "name", () -> slot.swap(Main.library("ECHO_V1")));
            assert greet.call("Ada").equals(first);
            assert slot.describe().get("version").equals("1");
            assert slot.versions().size() >= 2;
            slot.health();
        }
    }

    static void canaries() {
        try (var slot = greeter()) {
            slot.swap(V1);
            Object old = slot.call("Greet");
            slot.canary(V2, 0, Promotion.keys("Ada"), null);
            Main.throwing(HotsoException.CanaryFailed.class, "canary", () -> slot.canary(V2, 1, null, null));
            assert slot.call("Greet").equals(old);
            assert !slot.callWith(CallOptions.key("Ada"), "Greet").equals(old);
            slot.setShare(100, null);
            assert !slot.call("Greet").equals(old);
            slot.abort(null);
            assert slot.call("Greet").equals(old);
            slot.canary(V2, 1, null, null);
            slot.promote(null);
            assert !slot.call("Greet").equals(old);
            Main.throwing(HotsoException.CanaryFailed.class, "no_canary", () -> slot.promote(null));
        }
    }

    static void swapsUnderCallsLoseNone() throws InterruptedException {
        try (var slot = greeter()) {
            slot.swap(V1);
            var greet = slot.function(String.class, "GreetName", "func(string) (string, error)");
            var over = new AtomicBoolean();
            var calls = new AtomicLong();
            var failed = new ArrayList<Throwable>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                threads.add(Thread.ofPlatform().start(() -> {
                    while (!over.get()) {
                        try {
                            assert greet.call("Ada").startsWith("Hello, Ada!");
                            calls.incrementAndGet();
                        } catch (Throwable e) {
                            synchronized (failed) {
                                failed.add(e);
                            }
                        }
                    }
                }));
            }
            for (int i = 0; i < 10; i++) {
                slot.swap(i % 2 == 0 ? V2 : V1);
            }
            over.set(true);
            for (Thread t : threads) {
                t.join();
            }
            assert failed.isEmpty() : failed;
            assert calls.get() > 0;
        }
    }

    static void eventsUntilTheSlotIsClosed() throws Exception {
        var slot = new Slot("callback", new Settings().set("log_level", "info"));
        assert slot.event(Duration.ofMillis(10)).isEmpty();
        var all = CompletableFuture.supplyAsync(() -> {
            var seen = new ArrayList<String>();
            for (Map<String, Object> e : slot.events()) {
                seen.add(String.valueOf(e.get("kind").equals("log") ? e.get("message") : e.get("state")));
            }
            return seen;
        });
        slot.swap(Main.library("CALLBACK_V1"));
        slot.call("Log");
        slot.close();
        var seen = all.get();
        assert seen.getFirst().equals("found") && seen.getLast().equals("unloaded") : seen;
        assert seen.contains("serving") && seen.contains("hello") : seen;
    }

    static void aDirectoryIsWatched() throws Exception {
        Path dir = Files.createTempDirectory("hotso-");
        Files.copy(V1, dir.resolve(V1.getFileName()));
        try (var slot = new Slot("greeter"); var watch = slot.watch(dir)) {
            var seen = new ArrayList<Object>();
            for (Map<String, Object> e : slot.events()) {
                if (!e.get("kind").equals("watch")) {
                    continue;
                }
                seen.add(e.get("version"));
                if (seen.size() == 2) {
                    break;
                }
                Files.copy(V2, dir.resolve(V2.getFileName()));
            }
            assert seen.equals(List.of("1", "2")) : seen;
            assert slot.describe().get("version").equals("2");
        }
    }
}
