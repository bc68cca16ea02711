package io.github.hotso;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A stream of a library, which one thread at a time reads. While it is open its version stays loaded. An error of the
 * library's is a HotsoException. BufferedInputStream makes reads of small pieces cheap.
 */
public final class Stream extends InputStream {
    private final Handle handle;

    Stream(long handle) {
        this.handle = new Handle(this, handle);
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0) {
            return 0;
        }
        try (Out out = new Out()) {
            long capacity = Math.min(length, 64 << 10);
            MemorySegment room = out.arena.allocate(capacity);
            if (!out.check((int) Native.STREAM_READ.invokeExact(handle.get(), room, capacity, out.first, out.error))) {
                return -1;
            }
            int got = (int) out.first.get(JAVA_LONG, 0);
            MemorySegment.copy(room, JAVA_BYTE, 0, bytes, offset, got);
            return got;
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    @Override
    public void close() {
        handle.release();
    }
}
