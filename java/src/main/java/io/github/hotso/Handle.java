package io.github.hotso;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;

/** A handle of libhotso's, which is released once: when its owner says so, or is collected. */
final class Handle {
    private static final Cleaner CLEANER = Cleaner.create();

    private final AtomicLong value;
    private final Cleaner.Cleanable cleanable;

    Handle(Object owner, long handle) {
        AtomicLong held = new AtomicLong(handle); // not this: what the cleaner has must not lead to the owner
        value = held;
        cleanable = CLEANER.register(owner, () -> release(held));
    }

    /** 0 once it is released, which libhotso answers with HOTSOH_BAD_HANDLE. */
    long get() {
        return value.get();
    }

    void release() {
        cleanable.clean();
    }

    private static void release(AtomicLong held) {
        try {
            int status = (int) Native.RELEASE.invokeExact(held.getAndSet(0), MemorySegment.NULL);
            assert status >= 0; // it is of a slot that was not closed, which stays, or of one that is gone
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }
}
