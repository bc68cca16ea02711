package io.github.hotso;

import echo.Echo;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/** What hotso gen --lang java writes. */
final class ClientTest {
    static void aGeneratedClientCalls() {
        try (var library = new Library(Main.library("ECHO_V1"))) {
            var client = new Echo(library);
            assert client.text("Ada").equals("Ada");
            assert client.int8((byte) -128) == -128;
            client.nothing();
            assert Arrays.equals(client.float64s(new double[] {1, 2.5}), new double[] {1, 2.5});
            assert Arrays.equals(client.bytes(new byte[] {0, 1}), new byte[] {0, 1});
            var line = client.turn(new Echo.Line(new Echo.Point(1, 2), new Echo.Point(3, 4), true));
            assert line.equals(new Echo.Line(new Echo.Point(3, 4), new Echo.Point(1, 2), true));
            Main.throwing(HotsoException.CallFailed.class, "zero", () -> client.divide(1, 0));
        }
    }

    static void aGeneratedClientLendsFunctions() {
        try (var library = new Library(Main.library("ECHO_V1"))) {
            var client = new Echo(library);
            var sum = new AtomicInteger();
            client.parallel(8, sum::addAndGet);
            assert sum.get() == 28;
            String text = client.forms(
                    () -> "Ada",
                    (p, xs) -> new Echo.Line(new Echo.Point((double) p.get("X"), (double) p.get("Y")),
                            new Echo.Point(xs[0] + xs[1], 0), true),
                    (c, data, ok) -> new double[] {c, data.length, ok ? 1 : 0},
                    () -> {});
            assert text.equals("Ada {{1 2} {7 0} true} [1.5 2 1]") : text;
        }
    }
}
