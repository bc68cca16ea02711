package io.github.hotso;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;

/** Functions that libraries call, and streams. */
final class CallbackTest {
    private static final String POINT = "struct{X float64; Y float64; Tag uint8}";

    // Not in an initializer of this class: libraries call while they are loaded, on threads that would wait for it.
    private static Library open() {
        return new Library(Main.library("CALLBACK_V1"), new Settings()
            .provide("Greet", "func(string, int32) (string, error)", args -> {
                if ((int) args[1] < 0) {
                    throw new IOException("no greeting today");
                }
                return args[0] + "!".repeat((int) args[1]);
            })
            .provide("Void", "func() error", args -> null)
            .provide("Mixed", "func([]float64, " + POINT + ", bool) " + POINT, args -> {
                double sum = 0;
                for (double x : (double[]) args[0]) {
                    sum += x;
                }
                var p = (Map<?, ?>) args[1];
                return Map.of("X", sum, "Y", (double) p.get("X") + (double) p.get("Y"), "Tag",
                        (boolean) args[2] ? p.get("Tag") : 0);
            })
            .provide("Big", "func(int64) []byte", args -> {
                byte[] out = new byte[(int) (long) args[0]];
                Arrays.fill(out, (byte) 'b');
                return out;
            })
            .provide("Early", "func(string) error", args -> null), null);
    }

    static void functionsAreProvided() {
        try (var library = open()) {
            assert library.call("Greet", "Ada", 2).equals("Ada!!");
            assert library.call("GreetElsewhere", 1).equals("elsewhere!"); // on another thread
            library.call("Void");
            assert library.call("Mixed").equals(6.5 + 9 + 6);
            for (long n : new long[] {0, 10, 100_000}) {
                assert library.call("Big", n).equals(n);
            }
        }
    }

    static void errorsOfCallbacks() {
        try (var library = open()) {
            Main.throwing(HotsoException.CallFailed.class, "no greeting today", () -> library.call("Greet", "Ada", -1));
            Main.throwing(HotsoException.CallFailed.class, "no greeting today", () -> library.call("GreetElsewhere", -1));
            Main.throwing(HotsoException.CallFailed.class, "", () -> library.call("Wrong"));
        }
    }

    static void functionsAreLent() {
        String signature = "func(int32) (int64, error)";
        try (var echo = new Library(Main.library("ECHO_V1")); var each = echo.function(Long.class, "Each", null)) {
            var twice = new Lent(signature, args -> 2L * (int) args[0]);
            assert each.call(5, twice) == 20;
            assert echo.call("Each", 5, twice).equals(20L);
            try (var fails = new Lent(signature, args -> {
                        throw new IllegalStateException("not today");
                    });
                    var wrong = new Lent(signature, args -> "text")) {
                Main.throwing(HotsoException.CallFailed.class, "not today", () -> each.call(1, fails));
                Main.throwing(HotsoException.CallFailed.class, "is no int64", () -> each.call(1, wrong));
            }
            twice.close();
            Main.throwing(HotsoException.class, "", () -> each.call(1, twice));

            int[] depth = {0};
            Lent[] visit = new Lent[1];
            visit[0] = new Lent(signature, args -> depth[0]++ < 3 ? each.call(2, visit[0]) : (Long) (1L + (int) args[0]));
            assert each.call(2, visit[0]) == 9; // 1 + 2, and 2 more on each of three levels
            visit[0].close();
        }
    }

    static void streams() throws IOException {
        try (var library = open()) {
            try (var stream = library.openStream("Bytes", 200_000, "")) {
                byte[] got = stream.readAllBytes();
                assert got.length == 200_000;
                for (int i = 0; i < got.length; i++) {
                    assert got[i] == (byte) i;
                }
            }
            try (var stream = library.openStream("Bytes", 10, "error")) {
                Main.throwing(HotsoException.CallFailed.class, "broke off as told", stream::readAllBytes);
            }
            Main.throwing(HotsoException.CallFailed.class, "refused as told",
                    () -> library.openStream("Bytes", 10, "refuse"));
            var left = library.openStream("Pieces", 1000, 10);
            assert left.read() == 'p';
            left.close();
            Main.throwing(HotsoException.Closed.class, "", left::read);
        }
    }
}
