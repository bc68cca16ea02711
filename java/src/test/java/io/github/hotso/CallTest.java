package io.github.hotso;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/** Typed calls of every kind, prepared and by name. */
final class CallTest {
    record Scalars(byte a, long b, short c, float d, boolean e, short f, long g, int h, double i, int j, long k) {}

    record Point(double x, double y) {}

    record Line(Point from, Point to, boolean dashed) {}

    private static final Library ECHO = new Library(Main.library("ECHO_V1"));

    private static void comesBack(String name, Object... values) {
        try (Function<Object> f = ECHO.function(Object.class, name, null)) {
            for (Object value : values) {
                assert Objects.deepEquals(f.call(value), value) : name + " of " + value;
                if (!name.startsWith("Uint64")) { // a negative long is no uint64 without a signature
                    assert Objects.deepEquals(ECHO.call(name, value), value) : name + " by name of " + value;
                }
            }
        }
    }

    static void numbersComeBack() {
        comesBack("Bool", true, false);
        comesBack("Int8", Byte.MIN_VALUE, Byte.MAX_VALUE);
        comesBack("Int16", Short.MIN_VALUE, Short.MAX_VALUE);
        comesBack("Int32", Integer.MIN_VALUE, Integer.MAX_VALUE);
        comesBack("Int64", Long.MIN_VALUE, Long.MAX_VALUE);
        comesBack("Uint8", (short) 0, (short) 255);
        comesBack("Uint16", 0, 65535);
        comesBack("Uint32", 0L, (1L << 32) - 1);
        comesBack("Uint64", 0L, -1L);
        comesBack("Float32", -1.5f, Float.POSITIVE_INFINITY, Float.NaN);
        comesBack("Float64", 0.1, Double.NEGATIVE_INFINITY, Double.NaN);
    }

    static void textsAndBytesComeBack() {
        for (int n : new int[] {0, 1, 511, 512, 513, 1 << 20}) {
            comesBack("Text", "x".repeat(n), "ä\0€😀".repeat(n / 8));
            byte[] bytes = new byte[n];
            Arrays.fill(bytes, (byte) -7);
            comesBack("Bytes", (Object) bytes);
        }
    }

    private static void sliceComesBack(String name, Object... values) {
        try (Function<Object> f = ECHO.function(Object.class, name, null)) {
            for (Object value : values) {
                assert Objects.deepEquals(f.call(value), value) : name;
            }
        }
    }

    static void slicesComeBack() {
        sliceComesBack("Int8s", new byte[] {-1, 2}, new byte[0], new byte[1000]);
        sliceComesBack("Int16s", new short[] {-1, 2}, new short[0], new short[1000]);
        sliceComesBack("Int32s", new int[] {-1, 2}, new int[0], new int[1000]);
        sliceComesBack("Int64s", new long[] {-1, 2}, new long[0], new long[100_000]);
        sliceComesBack("Uint16s", new short[] {-1, 2});
        sliceComesBack("Uint32s", new int[] {-1, 2});
        sliceComesBack("Uint64s", new long[] {-1, 2});
        sliceComesBack("Float32s", new float[] {0.5f, Float.NaN});
        sliceComesBack("Float64s", new double[] {0.1, Double.NaN}, new double[3000]);
        assert Arrays.equals((int[]) ECHO.call("Int32s", new int[] {3, 4}), new int[] {3, 4});
    }

    static void structsComeBack() {
        var value = new Scalars((byte) -1, 1L << 62, (short) 3, 0.5f, true, (short) -6, -8, 8, 9.5, -10, 11);
        try (var f = ECHO.function(Scalars.class, "Struct", null);
                var maps = ECHO.function(Map.class, "Struct", null)) {
            assert f.call(value).equals(value);
            Map<?, ?> map = maps.call(value);
            assert map.get("K").equals(11L) && map.get("C").equals((short) 3) : map;
            assert maps.call(map).equals(map);
        }
        try (var turn = ECHO.function(Line.class, "Turn", null)) {
            var line = new Line(new Point(1, 2), new Point(3, 4), true);
            assert turn.call(line).equals(new Line(line.to, line.from, true));
            Main.throwing(HotsoException.BadArgument.class, "is no struct", () -> turn.call(new Point(1, 2)));
        }
    }

    static void argumentsOfEveryClass() {
        Object[] args = {(byte) -1, 1.5f, 2, "q", 2.25, true, 1L << 40, new byte[] {(byte) 0xab}};
        try (var many = ECHO.function(String.class, "Many", null)) {
            assert many.call(args).equals("-1 1.5 2 \"q\" 2.25 true 1099511627776 ab") : many.call(args);
            assert ECHO.call("Many", args).equals(many.call(args));
        }
    }

    static void largeResultsRunOnce() {
        try (var calls = ECHO.function(Long.class, "Calls", "func() int64");
                var big = ECHO.function(byte[].class, "Big", "func(uint64, uint8) []byte");
                var nothing = ECHO.function(Void.class, "Nothing", "func()")) {
            long before = calls.call();
            assert big.call(100_000, 5).length == 100_000;
            assert nothing.call() == null;
            assert calls.call() == before + 2;
        }
    }

    static void badArguments() {
        Object[][] cases = {
            {"Int8", 128}, {"Int8", 1.5}, {"Int8", "1"}, {"Uint8", -1}, {"Bool", 1}, {"Float64", true}, {"Text", 1},
            {"Bytes", "text"}, {"Int32s", new long[1]}, {"Struct", null},
        };
        for (Object[] c : cases) {
            try (var f = ECHO.function(Object.class, (String) c[0], null)) {
                Main.throwing(HotsoException.BadArgument.class, " is no ", () -> f.call(c[1]));
            }
        }
        try (var f = ECHO.function(Byte.class, "Int8", null); var g = ECHO.function(String.class, "Int8", null)) {
            Main.throwing(HotsoException.BadArgument.class, "takes 1 arguments", f::call);
            Main.throwing(HotsoException.BadArgument.class, "the result of Int8", () -> g.call(1));
        }
        Main.throwing(HotsoException.BadArgument.class, "argument", () -> ECHO.call("Int8", 1000));
        Main.throwing(HotsoException.BadArgument.class, "null", () -> ECHO.call("Text", (Object) null));
        Main.throwing(HotsoException.BadArgument.class, "List", () -> ECHO.call("Text", List.of()));
    }

    static void manyThreadsDoNotMix() throws Exception {
        try (var later = ECHO.function(String.class, "Later", null); var pool = Executors.newFixedThreadPool(8)) {
            var answers = IntStream.range(0, 200).mapToObj(i -> pool.submit(() -> later.call("text " + i))).toList();
            for (int i = 0; i < answers.size(); i++) {
                assert answers.get(i).get().equals("text " + i);
            }
        }
    }
}
