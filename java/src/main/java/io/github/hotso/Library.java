package io.github.hotso;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** One version, read, verified, loaded and started. */
public final class Library extends Target {
    public Library(Path path) {
        this(path, null, null);
    }

    /** settings and timeout may be null. */
    public Library(Path path, Settings settings, Duration timeout) {
        super(open(path, settings, timeout), settings);
    }

    private static long open(Path path, Settings settings, Duration timeout) {
        try (Out out = new Out()) {
            return out.word((int) Native.LIBRARY_OPEN.invokeExact(out.utf8(path.toString()), Settings.handle(settings),
                    CallOptions.nanoseconds(timeout), out.first, out.error));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** Describes the library at path, and runs none of its code (host.Description). settings may be null. */
    public static Map<String, Object> inspect(Path path, Settings settings) {
        try (Out out = new Out()) {
            return out.object((int) Native.INSPECT.invokeExact(out.utf8(path.toString()), Settings.handle(settings),
                    out.first, out.error));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /**
     * Takes back the signals that libraries need, and says which of them others have taken since the last time: maps with
     * signal, handler and object, the name of the file that has theirs. Call it when something has installed handlers for faults
     * after the first swap: until then, or until the next swap, a nil dereference in a library may end the process.
     */
    @SuppressWarnings("unchecked")
    public static List<Map<String, Object>> signals() {
        try (Out out = new Out()) {
            return (List<Map<String, Object>>) out.json((int) Native.SIGNALS.invokeExact(out.first, out.error));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** The version of libhotso. */
    public static String libhotsoVersion() {
        return Native.version();
    }
}
