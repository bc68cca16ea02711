// A Java host of the greeter, through the C API of include/greeter.h and the
// Foreign Function and Memory API of Java 22.
//
//     java --enable-native-access=ALL-UNNAMED libgreeter/examples/java/Greet.java build/libgreeter.v2.so
//
// Exit code: 0 all went well, 1 a call failed, 2 wrong arguments, 3 the file is
// not a library that this program can use.

import static java.lang.foreign.ValueLayout.*;

import java.lang.foreign.*;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;

/** A loaded greeter. Its methods may be called from any thread. */
final class Greet {
    static final int FAILED = 1, USAGE = 2, NOT_USABLE = 3;
    static final int ABI_VERSION = 1, OK = 0, TOO_SMALL = 1;
    static final byte[] MAGIC = {'h', 'o', 't', 's', 'o', 0, 0, 1};
    static final long TIMEOUT = 10_000_000_000L; // nanoseconds

    /** hotso_description: char magic[8]; uint32_t abi, flags; char name[64], version[64]. The library owns it. */
    static final long ABI = 8, NAME = 16, VERSION = 80, DESCRIPTION = 144;

    /** The file is not a hotso library of this ABI. */
    static final class NotUsable extends RuntimeException {
        NotUsable(String message) { super(message); }
    }

    /** A function of the library failed; the message is its message. */
    static final class GreeterError extends RuntimeException {
        GreeterError(String message) { super(message); }
    }

    final String name, version;
    final int abi;

    private final SymbolLookup library;
    private final MethodHandle start, stop, take, takeStatus, free, greet, add, greetName;
    private final MemorySegment pending;

    Greet(String path) {
        try {
            // The global arena is never closed: only a hotso host can take a Go library out again.
            library = SymbolLookup.libraryLookup(Path.of(path), Arena.global());
            start = function("hotso_start", JAVA_INT, JAVA_LONG);
            stop = function("hotso_stop", JAVA_INT, JAVA_LONG);
            take = function("hotso_take", JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS);
            takeStatus = function("hotso_take_status", JAVA_INT);
            free = function("hotso_free", null, ADDRESS);
            greet = function("Greet", ADDRESS.withTargetLayout(MemoryLayout.sequenceLayout(Long.MAX_VALUE, JAVA_BYTE)));
            add = function("Add", JAVA_INT, JAVA_INT, JAVA_INT);
            greetName = function("GreetName", JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS);
            pending = library.find("hotso_pending").orElseThrow().reinterpret(JAVA_INT.byteSize());
        } catch (IllegalArgumentException | NoSuchElementException e) {
            throw new NotUsable(path + ": " + e.getMessage());
        }
        var d = ((MemorySegment) call(function("hotso_describe", ADDRESS))).reinterpret(DESCRIPTION);
        abi = d.get(JAVA_INT, ABI);
        if (!Arrays.equals(d.asSlice(0, MAGIC.length).toArray(JAVA_BYTE), MAGIC) || abi != ABI_VERSION)
            throw new NotUsable(path + ": not a hotso library of ABI " + ABI_VERSION);
        name = d.getString(NAME);
        version = d.getString(VERSION);
    }

    void start() { check((int) call(start, TIMEOUT)); }

    void stop() { check((int) call(stop, TIMEOUT)); }

    String greet() {
        var pointer = (MemorySegment) call(greet);
        checkPending();
        try {
            return pointer.getString(0);
        } finally {
            call(free, pointer);
        }
    }

    int add(int a, int b) {
        int sum = (int) call(add, a, b);
        checkPending();
        return sum;
    }

    record Greeting(String text, boolean taken) {}

    /** A greeting; taken: it was longer than the buffer and had to be taken. */
    Greeting greet(String name) {
        try (var arena = Arena.ofConfined()) {
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            var in = arena.allocateFrom(JAVA_BYTE, bytes);
            var out = arena.allocate(32);
            var length = arena.allocate(JAVA_LONG);
            int status = (int) call(greetName, in, (long) bytes.length, out, out.byteSize(), length);
            if ((status & 0xff) == TOO_SMALL)
                return new Greeting(take(status, length.get(JAVA_LONG, 0)), true);
            check(status);
            return new Greeting(text(out, length.get(JAVA_LONG, 0)), false);
        }
    }

    private void check(int status) {
        if (status != OK)
            throw new GreeterError(take(status, 256));
    }

    /** After a function that has no status to return: did it panic? */
    private void checkPending() {
        if (pending.get(JAVA_INT, 0) != 0)
            check((int) call(takeStatus));
    }

    /** The bytes kept for a status; size is how many are expected, more are taken too. */
    private String take(int status, long size) {
        try (var arena = Arena.ofConfined()) {
            var length = arena.allocateFrom(JAVA_LONG, size);
            for (;;) {
                var out = arena.allocate(length.get(JAVA_LONG, 0));
                int kind = (int) call(take, status, out, out.byteSize(), length) & 0xff;
                if (kind != TOO_SMALL)
                    return text(out, length.get(JAVA_LONG, 0));
            }
        }
    }

    private static String text(MemorySegment bytes, long length) {
        return new String(bytes.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
    }

    private MethodHandle function(String name, MemoryLayout result, MemoryLayout... parameters) {
        var type = result == null ? FunctionDescriptor.ofVoid(parameters) : FunctionDescriptor.of(result, parameters);
        var address = library.find(name).orElseThrow(() -> new NoSuchElementException("no symbol " + name));
        return Linker.nativeLinker().downcallHandle(address, type);
    }

    /** Calls a function of C, which throws nothing. */
    private static Object call(MethodHandle function, Object... args) {
        try {
            return function.invokeWithArguments(args);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    public static void main(String[] args) {
        System.exit(run(args));
    }

    static int run(String[] args) {
        if (args.length != 1) {
            System.err.println("usage: greet LIBRARY");
            return USAGE;
        }
        try {
            var greeter = new Greet(args[0]);
            var who = greeter.name.isEmpty() ? "not sealed" : greeter.name + " " + greeter.version;
            System.out.println("library: " + who + ", ABI " + greeter.abi);
            greeter.start();
            System.out.println("Greet: " + greeter.greet());
            System.out.println("Add: 40 + 2 = " + greeter.add(40, 2));
            for (var name : List.of("Ada", "Augusta Ada King, Countess of Lovelace", "")) {
                try {
                    var greeting = greeter.greet(name);
                    int bytes = greeting.text().getBytes(StandardCharsets.UTF_8).length;
                    System.out.println("GreetName: " + greeting.text()
                            + (greeting.taken() ? " (" + bytes + " bytes, taken)" : ""));
                } catch (GreeterError e) {
                    System.out.println("GreetName: error: " + e.getMessage());
                }
            }
            greeter.stop();
            System.out.println("stopped");
            return 0;
        } catch (NotUsable e) {
            System.err.println(e.getMessage());
            return NOT_USABLE;
        } catch (GreeterError e) {
            System.err.println(e.getMessage());
            return FAILED;
        }
    }
}
