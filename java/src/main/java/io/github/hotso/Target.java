package io.github.hotso;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.Map;

/** A place where calls go: a slot or a library. Every method may be called from any thread. */
public abstract sealed class Target implements AutoCloseable permits Slot, Library {
    private final Handle handle;
    private final Settings settings; // kept with what was made with them

    Target(long handle, Settings settings) {
        this.handle = new Handle(this, handle);
        this.settings = settings;
    }

    long handle() {
        return handle.get();
    }

    /**
     * Prepares a function. signature is what it must have, as Go writes it ("func(int32, int32) int32"); null takes
     * what it has now. A slot will refuse a version that lacks it or has another one.
     */
    public <R> Function<R> function(Class<R> result, String name, String signature) {
        return new Function<>(handle(), result, name, signature);
    }

    /** Calls a function by its name. Structs, and slices of unsigned numbers and int8, need a prepared function. */
    public Object call(String name, Object... args) {
        return callWith(CallOptions.NONE, name, args);
    }

    /** The same with a limit or key. */
    public Object callWith(CallOptions how, String name, Object... args) {
        Scratch scratch = Scratch.own();
        long mark = scratch.mark();
        try (Out out = new Out()) {
            MemorySegment values = Values.put(scratch, args);
            MemorySegment result = Values.put(scratch, new Object[0]);
            out.check((int) Native.CALL_NAME.invokeExact(handle(), out.utf8(name), values, args.length, result,
                    how.put(scratch), out.error));
            return Values.take(result);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        } finally {
            scratch.release(mark);
            Reference.reachabilityFence(this);
        }
    }

    /** Calls a function whose result is a stream. */
    public Stream openStream(String name, Object... args) {
        return openStreamWith(CallOptions.NONE, name, args);
    }

    /** The same with a key, or a limit for all of it. */
    public Stream openStreamWith(CallOptions how, String name, Object... args) {
        Scratch scratch = Scratch.own();
        long mark = scratch.mark();
        try (Out out = new Out()) {
            MemorySegment values = Values.put(scratch, args);
            return new Stream(out.word((int) Native.STREAM_OPEN.invokeExact(handle(), out.utf8(name), values,
                    args.length, how.put(scratch), out.first, out.error)));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        } finally {
            scratch.release(mark);
        }
    }

    /** The library that serves (host.Description). */
    public Map<String, Object> describe() {
        try (Out out = new Out()) {
            return out.object((int) Native.DESCRIBE.invokeExact(handle(), out.first, out.error));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** Runs the health hooks of the library that serves. Throws Unhealthy. */
    public void health() {
        try (Out out = new Out()) {
            out.check((int) Native.HEALTH.invokeExact(handle(), out.error));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /**
     * Refuses new calls, waits for those inside, at most for timeout if it is not null, stops and unloads. Returns the
     * report (host.Report), or null if there was no version. Throws Busy if calls stay inside for too long; what is
     * left is then let go when the last one returns. Closing twice returns the same.
     */
    public Map<String, Object> close(Duration timeout) {
        try (Out out = new Out()) {
            return out.object((int) Native.CLOSE.invokeExact(handle(), CallOptions.nanoseconds(timeout), out.first,
                    out.error));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        } finally {
            Reference.reachabilityFence(settings);
        }
    }

    @Override
    public void close() {
        close(null);
    }
}
