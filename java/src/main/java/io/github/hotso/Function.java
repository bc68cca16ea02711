package io.github.hotso;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.util.List;

/**
 * A function of a library or slot, looked up once. Any thread may call it. It is released when it is closed or
 * collected.
 *
 * @param <R> its result: Void if there is none, a record for a struct
 */
public final class Function<R> implements AutoCloseable {
    private final long target;
    private final Handle handle;
    private final String name;
    private final Signature signature;
    private final Class<R> wanted;
    private final int words;

    Function(long target, Class<R> wanted, String name, String expected) {
        try (Out out = new Out()) {
            long prepared = out.word((int) Native.PREPARE.invokeExact(target, out.utf8(name), out.utf8(expected),
                    out.first, out.error));
            this.handle = new Handle(this, prepared);
            out.check((int) Native.SIGNATURE.invokeExact(prepared, out.first, out.error));
            this.signature = Signature.parse(out.takeText());
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
        this.target = target;
        this.name = name;
        this.wanted = wanted;
        this.words = signature.parameters().stream().mapToInt(Type::words).sum();
    }

    /** Calls it. BadArgument, before the library sees anything, if an argument is not of its parameter's type. */
    public R call(Object... args) {
        List<Type> parameters = signature.parameters();
        if (args.length != parameters.size()) {
            throw HotsoException.badArgument(name + " takes " + parameters.size() + " arguments, not " + args.length);
        }
        Scratch scratch = Scratch.own();
        long mark = scratch.mark();
        try {
            MemorySegment in = scratch.allocate(8L * words);
            long at = 0;
            for (int i = 0; i < args.length; i++) {
                Type type = parameters.get(i);
                type.put(scratch, in, at, args[i]);
                at += 8L * type.words();
            }
            MemorySegment out = scratch.allocate(16);
            MemorySegment error = scratch.allocate(8);
            error.set(JAVA_LONG, 0, 0);
            Type result = signature.result();
            MemorySegment room = result == null ? MemorySegment.NULL : scratch.allocate(result.room());
            if (result != null) {
                result.prepare(out, room);
            }
            Out.check((int) Native.INVOKE.invokeExact(handle.get(), in, words, out, error), error);
            return result == null ? null : as(result.take(out, room, wanted));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        } finally {
            scratch.release(mark);
            Reference.reachabilityFence(this);
        }
    }

    private R as(Object value) {
        if (!wanted.isInstance(value)) {
            throw HotsoException.badArgument("the result of " + name + " is " + value.getClass().getSimpleName());
        }
        return wanted.cast(value);
    }

    /**
     * The function as a method handle, for calls that cost little more than the library's own function does. For numbers
     * and boolean only, at most six and, of float and double, eight more, and on amd64; else it throws Unsupported.
     *
     * <p>Its type is that of the signature: {@code (int,double)long} for "func(int32, float64) int64", where uint8, uint16
     * and uint32 are short, int and long, as everywhere, and uint64 is a long of the same bits. Keep it in a static final
     * field, and call it by invokeExact. A call throws what {@link #call} does, and any thread may make it.
     *
     * <p>The handle holds the function by itself, until it is collected: closing this object does not end it. Libhotso has
     * 1024 places for such handles; without a free one LoadFailed is thrown.
     */
    public MethodHandle handle() {
        return Pointer.to(target, name, signature);
    }

    /** Its signature, as Go writes it. */
    public String signature() {
        return signature.text();
    }

    @Override
    public void close() {
        handle.release();
    }
}
