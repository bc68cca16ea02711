package io.github.hotso;

import static java.lang.invoke.MethodType.methodType;

import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** Functions as method handles. */
final class HandleTest {
    private static final Library ECHO = new Library(Main.library("ECHO_V1"));

    /** A handle, once there is a place for it: those of handles that were collected come back. */
    private static MethodHandle handle(Target target, String name) throws InterruptedException {
        for (int tries = 1; ; tries++) {
            try (var f = target.function(Object.class, name, null)) {
                return f.handle(); // which outlives f
            } catch (HotsoException.LoadFailed e) {
                if (tries == 1000) {
                    throw e;
                }
                System.gc();
                Thread.sleep(10);
            }
        }
    }

    private static void comesBack(String name, Class<?> type, Object... values) throws Throwable {
        MethodHandle f = handle(ECHO, name);
        assert f.type().equals(methodType(type, type)) : name + " is " + f.type();
        for (Object value : values) {
            Object back = f.invoke(value);
            assert back.equals(value) : name + " of " + value + " is " + back;
        }
    }

    static void numbersComeBack() throws Throwable {
        comesBack("Bool", boolean.class, true, false);
        comesBack("Int8", byte.class, Byte.MIN_VALUE, Byte.MAX_VALUE);
        comesBack("Int16", short.class, Short.MIN_VALUE, Short.MAX_VALUE);
        comesBack("Int32", int.class, Integer.MIN_VALUE, Integer.MAX_VALUE);
        comesBack("Int64", long.class, Long.MIN_VALUE, Long.MAX_VALUE);
        comesBack("Uint8", short.class, (short) 0, (short) 255);
        comesBack("Uint16", int.class, 0, 65535);
        comesBack("Uint32", long.class, 0L, (1L << 32) - 1);
        comesBack("Uint64", long.class, 0L, -1L);
        comesBack("Float32", float.class, -1.5f, Float.POSITIVE_INFINITY, Float.NaN);
        comesBack("Float64", double.class, 0.1, Double.NEGATIVE_INFINITY, Double.NaN);
    }

    static void argumentsOfBothClasses() throws Throwable {
        double weight = (double) handle(ECHO, "Weigh").invokeExact(1.0, (byte) 2, 3f, 4L);
        assert weight == 4321 : weight;
        double floats = (double) handle(ECHO, "Floats").invokeExact(1.0, 2f, 3.0, 4.0, 5f, 6.0, 7.0, 8.0);
        assert floats == 12345678 : floats;
    }

    static void noArgumentsAndNoResult() throws Throwable {
        MethodHandle calls = handle(ECHO, "Calls");
        long before = (long) calls.invokeExact();
        handle(ECHO, "Nothing").invokeExact();
        assert (long) calls.invokeExact() == before + 1;
    }

    static void whatHasNoHandle() {
        for (String name : new String[] {"Text", "Struct", "Bytes", "Many", "Digits"}) {
            Main.throwing(HotsoException.Unsupported.class, "unsupported", () -> handle(ECHO, name));
        }
    }

    static void unsignedArgumentsOutOfRange() {
        Main.throwing(HotsoException.BadArgument.class, "256 is no uint8",
                () -> handle(ECHO, "Uint8").invoke((short) 256));
        Main.throwing(HotsoException.BadArgument.class, "-1 is no uint16", () -> handle(ECHO, "Uint16").invoke(-1));
        Main.throwing(HotsoException.BadArgument.class, "4294967296 is no uint32",
                () -> handle(ECHO, "Uint32").invoke(1L << 32));
    }

    static void errorsOfFunctions() throws Throwable {
        MethodHandle divide = handle(ECHO, "Divide");
        MethodHandle check = handle(ECHO, "Check");
        for (int i = 0; i < 3; i++) {
            Main.throwing(HotsoException.CallFailed.class, "division by zero", () -> divide.invoke(1.0, 0.0));
            assert (double) divide.invokeExact(1.0, 2.0) == 0.5;
            Main.throwing(HotsoException.CallFailed.class, "not ok", () -> check.invoke(false));
            check.invoke(true);
        }
    }

    static void errorsOfVirtualThreads() throws Throwable {
        MethodHandle divide = handle(ECHO, "Divide");
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = IntStream.range(0, 400).mapToObj(i -> pool.submit(() -> quotient(divide, i))).toList();
            for (int i = 0; i < 400; i++) {
                Future<String> answer = answers.get(i);
                String want = i % 2 == 0 ? "zero" : String.valueOf(i / 2.0);
                assert answer.get().equals(want) : i + ": " + answer.get();
            }
        }
    }

    /** i / 2, or for even i the error of a division by zero. */
    private static String quotient(MethodHandle divide, int i) {
        try {
            return String.valueOf((double) divide.invokeExact((double) i, i % 2 == 0 ? 0.0 : 2.0));
        } catch (HotsoException.CallFailed e) {
            return "zero";
        } catch (Throwable e) {
            return e.toString();
        }
    }

    static void moreHandlesThanThereArePlaces() throws Throwable {
        for (int i = 0; i < 1100; i++) {
            assert (byte) handle(ECHO, "Int8").invokeExact((byte) i) == (byte) i;
        }
    }

    static void aCrashInsideOfACall() throws Throwable {
        try (var crash = new Library(Main.library("CRASH_V1"))) {
            MethodHandle add = handle(crash, "Add");
            assert (int) add.invokeExact(1, 2) == 3;
            long getpid = Linker.nativeLinker().defaultLookup().find("getpid").orElseThrow().address();
            MethodHandle callback = handle(crash, "CallbackThenCrash");
            Main.throwing(HotsoException.Crashed.class, "crashed", () -> callback.invoke(getpid));
            Main.throwing(HotsoException.Crashed.class, "crashed", () -> add.invoke(1, 2));
        }
    }

    static void swapsAndACrashBetweenCalls() throws Throwable {
        MethodHandle add;
        try (var slot = new Slot("greeter")) {
            slot.swap(Main.library("GREETER_V1"));
            add = handle(slot, "Add");
            assert add.type().equals(MethodType.fromMethodDescriptorString("(II)I", null)) : add.type();
            assert (int) add.invokeExact(1, 2) == 3;
            slot.swap(Main.library("GREETER_V2"));
            assert (int) add.invokeExact(-1, Integer.MIN_VALUE + 1) == Integer.MIN_VALUE;
            assert slot.describe().get("version").equals("2");
            Main.throwing(HotsoException.Crashed.class, "crashed", () -> slot.call("hotso_drill", "panic"));
        }
        try (var greeter = new Library(Main.library("GREETER_V1"))) {
            MethodHandle own = handle(greeter, "Add");
            Main.throwing(HotsoException.Crashed.class, "crashed", () -> greeter.call("hotso_drill", "panic"));
            Main.throwing(HotsoException.Crashed.class, "crashed", () -> own.invoke(1, 2));
        }
        Main.throwing(HotsoException.Closed.class, "closed", () -> add.invoke(1, 2));
    }
}
