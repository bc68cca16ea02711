package io.github.hotso;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * A name whose version can be replaced while it is called. Timeouts may be null. What a swap returns are the members of
 * Go's host.Swap, what a version is, those of host.VersionInfo.
 */
public final class Slot extends Target {
    public Slot(String name) {
        this(name, null);
    }

    /** settings may be null. */
    public Slot(String name, Settings settings) {
        super(make(name, settings), settings);
    }

    private static long make(String name, Settings settings) {
        try (Out out = new Out()) {
            return out.word((int) Native.SLOT_NEW.invokeExact(out.utf8(name), Settings.handle(settings), out.first,
                    out.error));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    public Map<String, Object> swap(Path path) {
        return swap(path, null);
    }

    /**
     * Replaces the version by the library at path. If that fails, the old one goes on serving. Returns when the old one
     * was unloaded. Busy and Left may come although the swap holds: then the details' "result" says so.
     */
    public Map<String, Object> swap(Path path, Duration timeout) {
        try (Out out = new Out()) {
            return out.object((int) Native.SLOT_SWAP.invokeExact(handle(), out.utf8(path.toString()),
                    CallOptions.nanoseconds(timeout), out.first, out.error));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** Goes back to the version before. */
    public Map<String, Object> rollback(Duration timeout) {
        try (Out out = new Out()) {
            return out.object((int) Native.SLOT_ROLLBACK.invokeExact(handle(), CallOptions.nanoseconds(timeout),
                    out.first, out.error));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** Has the library at path serve percent of the calls, beside the current version. terms may be null. */
    public Map<String, Object> canary(Path path, double percent, Promotion terms, Duration timeout) {
        try (Out out = new Out()) {
            return out.object((int) Native.SLOT_CANARY.invokeExact(handle(), out.utf8(path.toString()), percent,
                    out.utf8(terms == null ? null : terms.json()), CallOptions.nanoseconds(timeout), out.first,
                    out.error));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** Changes how many of the calls go to the canary. keys may be null. */
    public void setShare(double percent, List<String> keys) {
        try (Out out = new Out()) {
            out.check((int) Native.SLOT_SET_SHARE.invokeExact(handle(), percent,
                    out.utf8(keys == null ? null : Json.write(keys)), out.error));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** Makes the canary the current version. */
    public Map<String, Object> promote(Duration timeout) {
        try (Out out = new Out()) {
            return out.object((int) Native.SLOT_PROMOTE.invokeExact(handle(), CallOptions.nanoseconds(timeout),
                    out.first, out.error));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** Ends the canary. Returns its report. */
    public Map<String, Object> abort(Duration timeout) {
        try (Out out = new Out()) {
            return out.object((int) Native.SLOT_ABORT.invokeExact(handle(), CallOptions.nanoseconds(timeout),
                    out.first, out.error));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** What the slot has seen, oldest first. */
    @SuppressWarnings("unchecked")
    public List<Map<String, Object>> versions() {
        try (Out out = new Out()) {
            var found = (List<Map<String, Object>>) out.json((int) Native.SLOT_VERSIONS.invokeExact(handle(),
                    out.first, out.error));
            return found == null ? List.of() : found;
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** Forgets all crashes: versions in a crash loop may be loaded again. */
    public void forgive() {
        try (Out out = new Out()) {
            out.check((int) Native.SLOT_FORGIVE.invokeExact(handle(), out.error));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** Swaps to the newest version in directory (lib&lt;name&gt;.v&lt;version&gt;.so), and again when a newer comes. */
    public Watch watch(Path directory) {
        try (Out out = new Out()) {
            return new Watch(out.word((int) Native.WATCH_START.invokeExact(handle(), out.utf8(directory.toString()),
                    out.first, out.error)));
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /**
     * The next event, log record or attempt of a watch, which "kind" tells apart. Waits for one, without end if timeout
     * is null. Empty if none came, or will come. "dropped" is there, if the queue was full.
     */
    public Optional<Map<String, Object>> event(Duration timeout) {
        try (Out out = new Out()) {
            long wait = timeout == null ? -1 : timeout.toNanos();
            if (!out.check((int) Native.EVENT_NEXT.invokeExact(handle(), wait, out.first, out.second, out.error))) {
                return Optional.empty();
            }
            Map<String, Object> item = Json.readObject(out.takeText());
            long dropped = out.second.get(JAVA_LONG, 0);
            if (dropped != 0) {
                item.put("dropped", dropped);
            }
            return Optional.of(item);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    /** Events as they come, until the slot is closed. The iterator blocks. */
    public Iterable<Map<String, Object>> events() {
        return () -> new Iterator<>() {
            private Map<String, Object> ahead;

            @Override
            public boolean hasNext() {
                if (ahead == null) {
                    ahead = event(null).orElse(null);
                }
                return ahead != null;
            }

            @Override
            public Map<String, Object> next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                var item = ahead;
                ahead = null;
                return item;
            }
        };
    }
}
