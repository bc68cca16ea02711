package io.github.hotso;

import java.time.Duration;
import java.util.List;

/**
 * Which calls are all a canary's, and when it becomes the current version by itself. Each may be null.
 *
 * @param keys whose calls all go to it
 * @param calls so many of them
 * @param after for so long
 * @param errors the share of calls that may fail: 0 to 1
 */
public record Promotion(List<String> keys, Long calls, Duration after, Double errors) {
    /** Never by itself, and the calls with one of the keys. */
    public static Promotion keys(String... keys) {
        return new Promotion(List.of(keys), null, null, null);
    }

    String json() {
        var out = new StringBuilder("{");
        add(out, "keys", keys == null ? null : Json.write(keys));
        add(out, "calls", calls);
        add(out, "after", after == null ? null : after.toNanos());
        add(out, "errors", errors);
        return out.append('}').toString();
    }

    private static void add(StringBuilder out, String name, Object value) {
        if (value != null) {
            out.append(out.length() > 1 ? "," : "").append('"').append(name).append("\":").append(value);
        }
    }
}
