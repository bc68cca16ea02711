package io.github.hotso;

/** A directory that is being watched, until it or its slot is closed. */
public final class Watch implements AutoCloseable {
    private final Handle handle;

    Watch(long handle) {
        this.handle = new Handle(this, handle);
    }

    /** Ends it; a swap that is under way goes on. */
    @Override
    public void close() {
        handle.release();
    }
}
