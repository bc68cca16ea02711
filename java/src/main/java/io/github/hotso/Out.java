package io.github.hotso;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the last parameters of a function fill, the error among them, and the memory of its other arguments. */
final class Out implements AutoCloseable {
    private static final int TIMEOUT = 101;
    private static final int END = 102;

    final Arena arena = Arena.ofConfined();
    final MemorySegment first = arena.allocate(24, 8);
    final MemorySegment second = first.asSlice(8, 8);
    final MemorySegment error = first.asSlice(16, 8);

    MemorySegment utf8(String text) {
        return Native.utf8(arena, text);
    }

    /** The handle or number that the function gave. */
    long word(int status) {
        check(status);
        return first.get(JAVA_LONG, 0);
    }

    /** Whether there is something: false at a timeout or the end. */
    boolean check(int status) {
        return check(status, error);
    }

    /** Throws the error of a status, and frees what hotso.h gave. */
    static boolean check(int status, MemorySegment error) {
        if (status == 0) {
            return true;
        }
        MemorySegment given = error.get(ADDRESS, 0);
        if (given.address() == 0) {
            if (status == TIMEOUT || status == END) {
                return false;
            }
            throw HotsoException.of(status, "hotso: " + Native.statusName(status), new LinkedHashMap<>());
        }
        MemorySegment e = given.reinterpret(24); // status, code, text, json
        String message = Native.text(e.get(ADDRESS, 8));
        Map<String, Object> details = Json.readObject(Native.text(e.get(ADDRESS, 16)));
        int found = e.get(JAVA_INT, 0);
        Native.free(given);
        error.set(JAVA_LONG, 0, 0);
        throw HotsoException.of(found, message, details);
    }

    /** The text that the function gave, or null. Frees it. */
    String takeText() {
        MemorySegment text = first.get(ADDRESS, 0);
        if (text.address() == 0) {
            return null;
        }
        String found = Native.text(text);
        Native.free(text);
        return found;
    }

    /** The answer in JSON of a function with that status, or null. It goes along with the error, if there are both. */
    Object json(int status) {
        String text = takeText();
        Object answer = text == null ? null : Json.read(text);
        try {
            check(status);
        } catch (HotsoException e) {
            if (answer != null) {
                e.details().put("result", answer);
            }
            throw e;
        }
        return answer;
    }

    @SuppressWarnings("unchecked")
    Map<String, Object> object(int status) {
        return (Map<String, Object>) json(status);
    }

    @Override
    public void close() {
        arena.close();
    }
}
