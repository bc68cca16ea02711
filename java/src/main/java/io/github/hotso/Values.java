package io.github.hotso;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/** Values as hotsoh_call_name and callbacks take and give them: hotsoh_value, which says its type. */
final class Values {
    private Values() {}

    static final long SIZE = 56;

    // The members of hotsoh_value.
    private static final long TYPE = 0;
    private static final long INTEGER = 8;
    private static final long NUMBER = 16;
    private static final long DATA = 24;
    private static final long LENGTH = 32;
    private static final long BUFFER = 40;
    private static final long CAPACITY = 48;

    private static final Type[] NAMED = {
        slice("uint8"), slice("int16"), slice("int32"), slice("int64"), slice("float32"), slice("float64"),
    };
    private static final Class<?>[] ARRAYS = {
        byte[].class, short[].class, int[].class, long[].class, float[].class, double[].class,
    };
    private static final String[] NUMBERS = {
        "", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
    };

    private static Type slice(String element) {
        return NumberType.named(element).slice();
    }

    /** An array of hotsoh_value. */
    static MemorySegment put(Scratch scratch, Object[] values) {
        MemorySegment out = scratch.allocate(Math.max(1, values.length) * SIZE);
        out.fill((byte) 0);
        for (int i = 0; i < values.length; i++) {
            put(scratch, out.asSlice(i * SIZE, SIZE), values[i]);
        }
        return out;
    }

    private static void put(Scratch scratch, MemorySegment out, Object value) {
        switch (value) {
            case Boolean b -> putInteger(out, 1, b ? 1 : 0);
            case Byte n -> putInteger(out, 5, n);
            case Short n -> putInteger(out, 5, n);
            case Integer n -> putInteger(out, 5, n);
            case Long n -> putInteger(out, 5, n);
            case Float n -> putNumber(out, n);
            case Double n -> putNumber(out, n);
            case Lent lent -> putInteger(out, Type.LENT, lent.handle());
            case String s -> putSpan(scratch, out, Type.TEXT, s);
            case null -> throw HotsoException.badArgument("null can't be passed to a library");
            default -> {
                for (int i = 0; i < ARRAYS.length; i++) {
                    if (ARRAYS[i].isInstance(value)) {
                        putSpan(scratch, out, NAMED[i], value);
                        return;
                    }
                }
                throw HotsoException.badArgument(value.getClass().getName()
                        + " can't be passed to a library without a prepared function");
            }
        }
    }

    private static void putInteger(MemorySegment out, int code, long value) {
        out.set(JAVA_INT, TYPE, code);
        out.set(JAVA_LONG, INTEGER, value);
    }

    private static void putNumber(MemorySegment out, double value) {
        out.set(JAVA_INT, TYPE, 11);
        out.set(JAVA_DOUBLE, NUMBER, value);
    }

    private static void putSpan(Scratch scratch, MemorySegment out, Type type, Object value) {
        out.set(JAVA_INT, TYPE, type.code);
        type.put(scratch, out, DATA, value); // data and length lie beside each other, as the words do
    }

    /** The Java value of a hotsoh_value. type is that of a struct; null makes bytes of it. */
    static Object get(MemorySegment value, Type type) {
        int code = value.get(JAVA_INT, TYPE);
        if (code == 0) {
            return null;
        }
        if (code < 10) {
            return NumberType.named(NUMBERS[code]).load(value, INTEGER, Object.class);
        }
        if (code < Type.STRING) {
            double number = value.get(JAVA_DOUBLE, NUMBER);
            return code == 10 ? (Object) (float) number : (Object) number;
        }
        Type.Span span = code == Type.STRING ? Type.TEXT
                : (Type.Span) slice(code == Type.STRUCT ? "uint8" : NUMBERS[code - Type.SLICE]);
        MemorySegment data = Native.data(value.get(JAVA_LONG, DATA), value.get(JAVA_LONG, LENGTH) * span.element);
        return type instanceof StructType s ? s.load(data, 0, Object.class) : span.from(data);
    }

    /** The Java value of a result. Frees what libhotso gave. */
    static Object take(MemorySegment value) {
        try {
            return get(value, null);
        } finally {
            Native.free(MemorySegment.ofAddress(value.get(JAVA_LONG, DATA)));
        }
    }

    /** Writes the result of a callback. */
    static void give(MemorySegment out, Type type, Object value) {
        Scratch scratch = Scratch.own();
        long mark = scratch.mark();
        try {
            MemorySegment words = scratch.allocate(16);
            words.fill((byte) 0);
            type.put(scratch, words, 0, value);
            if (type instanceof NumberType t) {
                if (t.real()) {
                    out.set(JAVA_DOUBLE, NUMBER, ((Number) t.load(words, 0, Object.class)).doubleValue());
                } else if (t.code == 1) {
                    out.set(JAVA_LONG, INTEGER, words.get(JAVA_LONG, 0));
                } else {
                    out.set(JAVA_LONG, INTEGER, ((Number) t.load(words, 0, Object.class)).longValue());
                }
            } else if (type instanceof StructType s) {
                giveData(out, Native.data(words.get(JAVA_LONG, 0), s.size), s.size);
            } else {
                long length = words.get(JAVA_LONG, 8);
                giveData(out, Native.data(words.get(JAVA_LONG, 0), length * ((Type.Span) type).element), length);
            }
        } finally {
            scratch.release(mark);
        }
    }

    /** Puts data where a result goes: its own buffer, or memory that libhotso frees. */
    static void giveData(MemorySegment out, MemorySegment data, long length) {
        boolean fits = length <= out.get(JAVA_LONG, CAPACITY);
        MemorySegment room = fits ? Native.data(out.get(JAVA_LONG, BUFFER), data.byteSize())
                : Native.alloc(Math.max(1, data.byteSize()));
        MemorySegment.copy(data, 0, room, 0, data.byteSize());
        giveOwned(out, room, length);
    }

    /** Gives what lies where a result may be: in its buffer, or in memory of hotsoh_alloc. */
    static void giveOwned(MemorySegment out, MemorySegment room, long length) {
        out.set(JAVA_LONG, DATA, room.address());
        out.set(JAVA_LONG, LENGTH, length);
    }
}
