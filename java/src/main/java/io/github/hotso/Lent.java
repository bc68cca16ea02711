package io.github.hotso;

/**
 * A function lent to libraries, for a parameter that is a function. Close it when the calls that it is for have
 * returned: libraries that call it get an error from then on.
 *
 * <pre>{@code
 * try (var visit = new Lent("func(string) bool", args -> true)) {
 *     walk.call("/srv", visit);
 * }
 * }</pre>
 */
public final class Lent implements AutoCloseable {
    private final long number;
    private final Handle handle;
    private final long word;

    public Lent(String signature, Callback function) {
        number = Callbacks.add(signature, function);
        try (Out out = new Out()) {
            handle = new Handle(this, out.word((int) Native.LEND.invokeExact(out.utf8(signature), Callbacks.ENTRY,
                    number, out.first, out.error)));
            word = out.word((int) Native.LENT_WORD.invokeExact(handle.get(), out.first, out.error));
        } catch (Throwable e) {
            Callbacks.remove(number);
            throw Native.unexpected(e);
        }
    }

    long handle() {
        return handle.get();
    }

    long word() {
        return word;
    }

    @Override
    public void close() {
        Callbacks.remove(number);
        handle.release();
    }
}
