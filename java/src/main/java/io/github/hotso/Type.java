package io.github.hotso;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** A type that crosses the border: how it lies in memory, and as what in Java. */
abstract class Type {
    // Numbers of HOTSOH_TYPE_*.
    static final int STRING = 12;
    static final int STRUCT = 13;
    static final int LENT = 14;
    static final int SLICE = 32;

    final String name;
    final int code;

    Type(String name, int code) {
        this.name = name;
        this.code = code;
    }

    /** How many words it takes as an argument of hotsoh_invoke. */
    int words() {
        return 1;
    }

    /** Writes the words of an argument. */
    abstract void put(Scratch scratch, MemorySegment words, long at, Object value);

    /** How many bytes of room a result gets. */
    abstract long room();

    /** Writes the two words that say where a result goes, or nothing for a number. */
    void prepare(MemorySegment words, MemorySegment room) {
        words.set(JAVA_LONG, 0, room.address());
    }

    /** The result of a call. */
    abstract Object take(MemorySegment words, MemorySegment room, Class<?> wanted);

    final HotsoException refuse(Object value) {
        String what = value == null ? "null" : value instanceof Number || value instanceof Boolean
                ? value.toString() : value.getClass().getSimpleName();
        return HotsoException.badArgument(what + " is no " + name);
    }

    /** What has a fixed size, and so may be a field: numbers and structs. */
    abstract static class Fixed extends Type {
        final long size;
        final long align;

        Fixed(String name, int code, long size, long align) {
            super(name, code);
            this.size = size;
            this.align = align;
        }

        abstract void store(MemorySegment memory, long at, Object value);

        /** wanted is a record for a struct, or anything else for a map. */
        abstract Object load(MemorySegment memory, long at, Class<?> wanted);
    }

    /** A text or a slice: address and length. */
    abstract static class Span extends Type {
        static final int ROOM = 512;

        final long element; // bytes

        Span(String name, int code, long element) {
            super(name, code);
            this.element = element;
        }

        /** The Java array that has the bytes of a value. */
        abstract Object array(Object value);

        abstract MemorySegment memory(Object array);

        abstract Object from(MemorySegment memory);

        @Override
        int words() {
            return 2;
        }

        @Override
        void put(Scratch scratch, MemorySegment words, long at, Object value) {
            MemorySegment from = memory(array(value));
            MemorySegment copy = scratch.allocate(from.byteSize());
            MemorySegment.copy(from, 0, copy, 0, from.byteSize());
            words.set(JAVA_LONG, at, copy.address());
            words.set(JAVA_LONG, at + 8, from.byteSize() / element);
        }

        @Override
        long room() {
            return ROOM;
        }

        @Override
        void prepare(MemorySegment words, MemorySegment room) {
            super.prepare(words, room);
            words.set(JAVA_LONG, 8, ROOM / element);
        }

        @Override
        Object take(MemorySegment words, MemorySegment room, Class<?> wanted) {
            long address = words.get(JAVA_LONG, 0);
            long size = words.get(JAVA_LONG, 8) * element;
            if (address == room.address()) {
                return from(room.asSlice(0, size));
            }
            MemorySegment given = Native.data(address, size);
            Object out = from(given);
            Native.free(given);
            return out;
        }
    }

    static final Span TEXT = new Span("string", STRING, 1) {
        @Override
        Object array(Object value) {
            if (value instanceof String s) {
                return s.getBytes(StandardCharsets.UTF_8);
            }
            throw refuse(value);
        }

        @Override
        MemorySegment memory(Object array) {
            return MemorySegment.ofArray((byte[]) array);
        }

        @Override
        Object from(MemorySegment memory) {
            return new String(memory.toArray(JAVA_BYTE), StandardCharsets.UTF_8);
        }
    };
}
