package io.github.hotso;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.time.Duration;

/**
 * How one call is to be made.
 *
 * @param timeout after which it is Hung, or null; a call with a limit runs on another thread
 * @param key which calls go to a canary, or null
 */
public record CallOptions(Duration timeout, String key) {
    static final CallOptions NONE = new CallOptions(null, null);

    public static CallOptions timeout(Duration timeout) {
        return new CallOptions(timeout, null);
    }

    public static CallOptions key(String key) {
        return new CallOptions(null, key);
    }

    /** A hotsoh_call_options, or NULL. */
    MemorySegment put(Scratch scratch) {
        if (timeout == null && key == null) {
            return MemorySegment.NULL;
        }
        MemorySegment out = scratch.allocate(32);
        out.fill((byte) 0);
        out.set(JAVA_LONG, 0, 32);
        out.set(JAVA_LONG, 8, nanoseconds(timeout));
        if (key != null) {
            Type.TEXT.put(scratch, out, 16, key);
        }
        return out;
    }

    /** A timeout_ns of hotso.h, where null is no limit. */
    static long nanoseconds(Duration timeout) {
        return timeout == null ? 0 : Math.max(1, timeout.toNanos());
    }
}
