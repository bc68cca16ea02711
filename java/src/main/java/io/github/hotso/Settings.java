package io.github.hotso;

import java.time.Duration;

/**
 * How a library or slot is to behave: settings of hotso.h by name. Any number of libraries and slots may be made with
 * one object; what is set later does not change them.
 */
public final class Settings {
    private final Handle handle;

    public Settings() {
        try (Out out = new Out()) {
            handle = new Handle(this, out.word((int) Native.SETTINGS_NEW.invokeExact(out.first, out.error)));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** Sets a switch, number, text or Duration. */
    public Settings set(String name, Object value) {
        String text = value instanceof Duration d ? d.toNanos() + "ns" : String.valueOf(value);
        try (Out out = new Out()) {
            out.check((int) Native.SETTINGS_SET.invokeExact(handle.get(), out.utf8(name), out.utf8(text), out.error));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
        return this;
    }

    /** Provides a function that libraries call by name (cabi.Host1). It is kept as long as the process lives. */
    public Settings provide(String name, String signature, Callback function) {
        long number = Callbacks.add(signature, function);
        try (Out out = new Out()) {
            out.check((int) Native.SETTINGS_PROVIDE.invokeExact(handle.get(), out.utf8(name), out.utf8(signature),
                    Callbacks.ENTRY, number, out.error));
        } catch (Throwable e) {
            Callbacks.remove(number);
            throw Native.unexpected(e);
        }
        return this;
    }

    static long handle(Settings settings) {
        return settings == null ? 0 : settings.handle.get();
    }
}
