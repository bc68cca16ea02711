package io.github.hotso;

import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The numbers. What is unsigned in Go is the next larger signed type in Java, except uint64, which is a long of the same
 * bits, and slices, which are arrays of the same bits.
 */
final class NumberType extends Type.Fixed {
    private static final Map<String, NumberType> ALL = Stream.of(
                    new NumberType("bool", 1, 1), new NumberType("int8", 2, 1), new NumberType("int16", 3, 2),
                    new NumberType("int32", 4, 4), new NumberType("int64", 5, 8), new NumberType("uint8", 6, 1),
                    new NumberType("uint16", 7, 2), new NumberType("uint32", 8, 4), new NumberType("uint64", 9, 8),
                    new NumberType("float32", 10, 4), new NumberType("float64", 11, 8))
            .collect(Collectors.toMap(t -> t.name, Function.identity()));

    private NumberType(String name, int code, long size) {
        super(name, code, size, size);
    }

    /** null if there is none of that name. */
    static NumberType named(String name) {
        return ALL.get(name.equals("byte") ? "uint8" : name);
    }

    boolean real() {
        return code >= 10;
    }

    /** As what C takes it; of an unsigned type the same bits. */
    ValueLayout layout() {
        return switch (code) {
            case 1 -> JAVA_BOOLEAN;
            case 2, 6 -> JAVA_BYTE;
            case 3, 7 -> JAVA_SHORT;
            case 4, 8 -> JAVA_INT;
            case 5, 9 -> JAVA_LONG;
            case 10 -> JAVA_FLOAT;
            default -> JAVA_DOUBLE;
        };
    }

    @Override
    void put(Scratch scratch, MemorySegment words, long at, Object value) {
        store(words, at, value instanceof Lent lent ? (Object) lent.word() : value);
    }

    @Override
    void store(MemorySegment memory, long at, Object value) {
        switch (code) {
            case 1 -> {
                if (!(value instanceof Boolean b)) {
                    throw refuse(value);
                }
                memory.set(JAVA_BYTE, at, (byte) (b ? 1 : 0));
            }
            case 2 -> memory.set(JAVA_BYTE, at, (byte) integer(value, Byte.MIN_VALUE, Byte.MAX_VALUE));
            case 3 -> memory.set(JAVA_SHORT_UNALIGNED, at, (short) integer(value, Short.MIN_VALUE, Short.MAX_VALUE));
            case 4 -> memory.set(JAVA_INT_UNALIGNED, at, (int) integer(value, Integer.MIN_VALUE, Integer.MAX_VALUE));
            case 5, 9 -> memory.set(JAVA_LONG_UNALIGNED, at, integer(value, Long.MIN_VALUE, Long.MAX_VALUE));
            case 6 -> memory.set(JAVA_BYTE, at, (byte) integer(value, 0, 0xff));
            case 7 -> memory.set(JAVA_SHORT_UNALIGNED, at, (short) integer(value, 0, 0xffff));
            case 8 -> memory.set(JAVA_INT_UNALIGNED, at, (int) integer(value, 0, 0xffffffffL));
            case 10 -> memory.set(JAVA_FLOAT_UNALIGNED, at, (float) number(value));
            default -> memory.set(JAVA_DOUBLE_UNALIGNED, at, number(value));
        }
    }

    long integer(Object value, long min, long max) {
        if (value instanceof Integer || value instanceof Long || value instanceof Short || value instanceof Byte) {
            long v = ((Number) value).longValue();
            if (v >= min && v <= max) {
                return v;
            }
        }
        throw refuse(value);
    }

    private double number(Object value) {
        if (value instanceof Number n) {
            return n.doubleValue();
        }
        throw refuse(value);
    }

    @Override
    Object load(MemorySegment memory, long at, Class<?> wanted) {
        return switch (code) {
            case 1 -> memory.get(JAVA_BYTE, at) != 0;
            case 2 -> memory.get(JAVA_BYTE, at);
            case 3 -> memory.get(JAVA_SHORT_UNALIGNED, at);
            case 4 -> memory.get(JAVA_INT_UNALIGNED, at);
            case 5, 9 -> memory.get(JAVA_LONG_UNALIGNED, at);
            case 6 -> (short) Byte.toUnsignedInt(memory.get(JAVA_BYTE, at));
            case 7 -> Short.toUnsignedInt(memory.get(JAVA_SHORT_UNALIGNED, at));
            case 8 -> Integer.toUnsignedLong(memory.get(JAVA_INT_UNALIGNED, at));
            case 10 -> memory.get(JAVA_FLOAT_UNALIGNED, at);
            default -> memory.get(JAVA_DOUBLE_UNALIGNED, at);
        };
    }

    @Override
    long room() {
        return 0;
    }

    @Override
    void prepare(MemorySegment words, MemorySegment room) {}

    @Override
    Object take(MemorySegment words, MemorySegment room, Class<?> wanted) {
        return load(words, 0, wanted);
    }

    /** The slice of such numbers. */
    Type slice() {
        return switch (code) {
            case 2, 6 -> new Slice(byte[].class, a -> MemorySegment.ofArray((byte[]) a), m -> m.toArray(JAVA_BYTE));
            case 3, 7 -> new Slice(short[].class, a -> MemorySegment.ofArray((short[]) a), m -> m.toArray(JAVA_SHORT));
            case 4, 8 -> new Slice(int[].class, a -> MemorySegment.ofArray((int[]) a), m -> m.toArray(JAVA_INT));
            case 5, 9 -> new Slice(long[].class, a -> MemorySegment.ofArray((long[]) a), m -> m.toArray(JAVA_LONG));
            case 10 -> new Slice(float[].class, a -> MemorySegment.ofArray((float[]) a), m -> m.toArray(JAVA_FLOAT));
            default ->
                new Slice(double[].class, a -> MemorySegment.ofArray((double[]) a), m -> m.toArray(JAVA_DOUBLE));
        };
    }

    private final class Slice extends Type.Span {
        private final Class<?> array;
        private final Function<Object, MemorySegment> memory;
        private final Function<MemorySegment, Object> from;

        Slice(Class<?> array, Function<Object, MemorySegment> memory, Function<MemorySegment, Object> from) {
            super("[]" + NumberType.this.name, SLICE + NumberType.this.code, NumberType.this.size);
            this.array = array;
            this.memory = memory;
            this.from = from;
        }

        @Override
        Object array(Object value) {
            if (!array.isInstance(value)) {
                throw refuse(value);
            }
            return value;
        }

        @Override
        MemorySegment memory(Object value) {
            return memory.apply(value);
        }

        @Override
        Object from(MemorySegment segment) {
            return from.apply(segment);
        }
    }
}
