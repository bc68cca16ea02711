import io.github.hotso.HotsoException;
import io.github.hotso.Settings;
import io.github.hotso.Slot;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * Serves the greeter to eight threads, and swaps it under their calls.
 *
 * <pre>java --enable-native-access=ALL-UNNAMED -cp java/build java/examples/Greeter.java LIBRARY LIBRARY...</pre>
 */
final class Greeter {
    private static final int SWAPS = 20;

    public static void main(String[] paths) throws InterruptedException {
        if (paths.length < 2) {
            System.err.println("usage: Greeter LIBRARY LIBRARY...");
            System.exit(2);
        }
        var over = new AtomicBoolean();
        var calls = new LongAdder();
        var failed = new LongAdder();
        try (var slot = new Slot("greeter", new Settings().set("allow_downgrade", true))) {
            slot.swap(Path.of(paths[0]));
            var greet = slot.function(String.class, "GreetName", "func(string) (string, error)");
            System.out.println(greet.call("Ada"));
            var threads = new Thread[8];
            for (int i = 0; i < threads.length; i++) {
                threads[i] = Thread.ofPlatform().start(() -> {
                    while (!over.get()) {
                        try {
                            greet.call("Ada");
                            calls.increment();
                        } catch (HotsoException e) {
                            failed.increment();
                        }
                    }
                });
            }
            long took = 0;
            for (int i = 1; i <= SWAPS; i++) {
                long begin = System.nanoTime();
                slot.swap(Path.of(paths[i % paths.length]));
                took += System.nanoTime() - begin;
                Thread.sleep(20);
            }
            over.set(true);
            for (Thread t : threads) {
                t.join();
            }
            System.out.printf("%d calls, %d failed, %d swaps of %.1f ms%n", calls.sum(), failed.sum(), SWAPS,
                    took / 1e6 / SWAPS);
        }
        System.exit(failed.sum() == 0 ? 0 : 1);
    }
}
