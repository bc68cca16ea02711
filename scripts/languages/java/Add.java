// Measures Add of the greeter as c/add.c does, with the Foreign Function & Memory API and with the package hotso.

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.hotso.Slot;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Locale;

final class Add {
    private static final int TURNS = 100;
    private static final int CALLS = 10_000;

    private static String path;

    /** What the compiler inlines must be static and final. */
    private static final class Handles {
        static final MethodHandle PLAIN = plain();
        static final MethodHandle PREPARED = prepared();
    }

    public static void main(String[] args) throws Throwable {
        path = args[0];
        for (int round = Integer.parseInt(args[1]); round > 0; round--) {
            double[] fastest = {Double.MAX_VALUE, Double.MAX_VALUE};
            for (int turn = 0; turn < TURNS; turn++) {
                long begin = System.nanoTime();
                int sum = callPlain();
                long between = System.nanoTime();
                int same = callPrepared();
                long end = System.nanoTime();
                if (sum != same) {
                    throw new IllegalStateException("other results");
                }
                fastest[0] = Math.min(fastest[0], between - begin);
                fastest[1] = Math.min(fastest[1], end - between);
            }
            System.out.printf(Locale.ROOT, "%.2f %.2f%n", fastest[0] / CALLS, fastest[1] / CALLS);
        }
    }

    private static int callPlain() throws Throwable {
        int sum = 0;
        for (int i = 0; i < CALLS; i++) {
            sum += (int) Handles.PLAIN.invokeExact(i, 1);
        }
        return sum;
    }

    private static int callPrepared() throws Throwable {
        int sum = 0;
        for (int i = 0; i < CALLS; i++) {
            sum += (int) Handles.PREPARED.invokeExact(i, 1);
        }
        return sum;
    }

    private static MethodHandle plain() {
        SymbolLookup library = SymbolLookup.libraryLookup(path, Arena.global());
        Linker linker = Linker.nativeLinker();
        MethodHandle start = linker.downcallHandle(library.find("hotso_start").orElseThrow(),
                FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
        try {
            if ((int) start.invokeExact(0L) != 0) {
                throw new IllegalStateException("hotso_start failed");
            }
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
        return linker.downcallHandle(library.find("Add").orElseThrow(),
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    }

    private static MethodHandle prepared() {
        Slot slot = new Slot("greeter"); // for as long as the process
        slot.swap(Path.of(path));
        return slot.function(Integer.class, "Add", "func(int32, int32) int32").handle();
    }
}
