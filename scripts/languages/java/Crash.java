import io.github.hotso.HotsoException;
import io.github.hotso.Settings;
import io.github.hotso.Slot;
import java.nio.file.Path;

/** What c/crash.c does, from Java, whose own errors are looked at after each crash. */
public final class Crash {
    private static final String[] KINDS = {
        "goroutine", "nil", "wild", "throw", "unlock", "overflow", "memory", "exit", "log",
    };

    private static int deep(int n) {
        return deep(n + 1) + 1;
    }

    private static boolean intact() {
        try {
            deep(0);
            return false;
        } catch (StackOverflowError e) {
            // as it should be
        }
        try {
            String none = null;
            return none.isEmpty();
        } catch (NullPointerException e) {
            return true;
        }
    }

    public static void main(String[] args) throws Exception {
        int n = Integer.parseInt(args[1]);
        int contained = 0;
        try (var slot = new Slot("crash", new Settings().set("crash_limit", 1_000_000))) {
            slot.swap(Path.of(args[0]));
            var add = slot.function(Integer.class, "Add", "func(int32, int32) int32");
            for (int i = 0; i < n; i++) {
                String kind = KINDS[i % KINDS.length];
                try {
                    slot.call("hotso_drill", kind);
                    System.out.println(kind + ": no crash");
                    continue;
                } catch (HotsoException.Crashed e) {
                    // as it should be
                }
                while (true) {
                    try {
                        contained += add.call(40, 2) == 42 && intact() ? 1 : 0;
                        break;
                    } catch (HotsoException.Crashed e) {
                        Thread.sleep(1); // it is being loaded again
                    }
                }
            }
        }
        System.out.println(n + " crashes, " + contained + " contained");
        System.exit(contained == n ? 0 : 1);
    }
}
