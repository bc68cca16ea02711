package io.github.hotso;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory of one thread's calls, used like a stack: a call in a callback takes what is behind that of the call around it.
 */
final class Scratch {
    private static final ThreadLocal<Scratch> OWN = ThreadLocal.withInitial(Scratch::new);
    private static final long SIZE = 16 << 10;

    final MemorySegment memory = Arena.ofAuto().allocate(SIZE, 8);
    private final List<Arena> larger = new ArrayList<>();
    private long top;

    static Scratch own() {
        return OWN.get();
    }

    /** Where a call begins: what is allocated afterwards is freed by release with it. */
    long mark() {
        return top | (long) larger.size() << 32;
    }

    void release(long mark) {
        top = mark & 0xffffffffL;
        while (larger.size() > mark >>> 32) {
            larger.removeLast().close();
        }
    }

    /** Memory that is not cleared, at an address divisible by 8. */
    MemorySegment allocate(long size) {
        long room = (size + 7) & ~7L;
        if (room > SIZE - top) {
            Arena arena = Arena.ofConfined();
            larger.add(arena);
            return arena.allocate(Math.max(1, size), 8);
        }
        MemorySegment out = memory.asSlice(top, size);
        top += room;
        return out;
    }
}
