package io.github.hotso;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The functions that libraries may call, by number. One C function does for all, and is never freed: so a call that
 * comes after its function was withdrawn finds none, and gets an error.
 */
final class Callbacks {
    private Callbacks() {}

    private record Entry(Signature signature, Callback function) {}

    private static final Map<Long, Entry> ENTRIES = new ConcurrentHashMap<>();
    private static final AtomicLong LAST = new AtomicLong();

    /** The hotsoh_callback of all; its user is the number. */
    static final MemorySegment ENTRY = entry();

    private static MemorySegment entry() {
        try {
            var enter = MethodHandles.lookup().findStatic(Callbacks.class, "enter", MethodType.methodType(int.class,
                    long.class, MemorySegment.class, int.class, MemorySegment.class));
            return Native.upcall(enter, FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, JAVA_INT, ADDRESS));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    static long add(String signature, Callback function) {
        long number = LAST.incrementAndGet();
        ENTRIES.put(number, new Entry(Signature.parse(signature), function));
        return number;
    }

    static void remove(long number) {
        ENTRIES.remove(number);
    }

    private static int enter(long user, MemorySegment args, int count, MemorySegment result) {
        MemorySegment out = result.reinterpret(Values.SIZE);
        try {
            Entry entry = ENTRIES.get(user);
            if (entry == null) {
                throw new IllegalStateException("the function was withdrawn");
            }
            MemorySegment in = args.reinterpret(count * Values.SIZE);
            Object[] values = new Object[count];
            for (int i = 0; i < count; i++) {
                values[i] = Values.get(in.asSlice(i * Values.SIZE, Values.SIZE), entry.signature.parameters().get(i));
            }
            Object value = entry.function.call(values);
            if (entry.signature.result() != null) {
                Values.give(out, entry.signature.result(), value);
            }
            return 0;
        } catch (Throwable e) { // what passes through C ends the process
            byte[] message = Native.bytes(e.getMessage() == null ? e.toString() : e.getMessage());
            MemorySegment text = Native.alloc(Math.max(1, message.length));
            MemorySegment.copy(MemorySegment.ofArray(message), 0, text, 0, message.length);
            Values.giveOwned(out, text, message.length);
            return 1;
        }
    }
}
