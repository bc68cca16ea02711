package io.github.hotso;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A struct in its C layout. In Java it is a record with the fields in their order, or a map of them by name.
 */
final class StructType extends Type.Fixed {
    record Field(String name, Type.Fixed type, long at) {}

    private final List<Field> fields;

    private StructType(String name, List<Field> fields, long size, long align) {
        super(name, STRUCT, size, align);
        this.fields = fields;
    }

    static StructType of(Map<String, Type.Fixed> members) {
        long size = 0;
        long align = 1;
        var fields = new ArrayList<Field>();
        for (var m : members.entrySet()) {
            Type.Fixed t = m.getValue();
            long at = up(size, t.align);
            fields.add(new Field(m.getKey(), t, at));
            size = at + t.size;
            align = Math.max(align, t.align);
        }
        String name = fields.stream().map(f -> f.name + " " + f.type.name)
                .collect(Collectors.joining("; ", "struct{", "}"));
        return new StructType(name, fields, up(size, align), align);
    }

    private static long up(long n, long align) {
        return (n + align - 1) / align * align;
    }

    @Override
    void put(Scratch scratch, MemorySegment words, long at, Object value) {
        MemorySegment room = scratch.allocate(size);
        room.fill((byte) 0);
        store(room, 0, value);
        words.set(JAVA_LONG, at, room.address());
    }

    @Override
    void store(MemorySegment memory, long at, Object value) {
        if (value instanceof Record r) {
            RecordComponent[] components = r.getClass().getRecordComponents();
            if (components.length != fields.size()) {
                throw refuse(value);
            }
            for (int i = 0; i < components.length; i++) {
                fields.get(i).type.store(memory, at + fields.get(i).at, read(components[i], r));
            }
        } else if (value instanceof Map<?, ?> m) {
            for (Field f : fields) {
                f.type.store(memory, at + f.at, m.get(f.name));
            }
        } else {
            throw refuse(value);
        }
    }

    private static Object read(RecordComponent component, Record r) {
        try {
            var accessor = component.getAccessor();
            accessor.setAccessible(true);
            return accessor.invoke(r);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("hotso: " + r.getClass() + " can't be read", e);
        }
    }

    @Override
    Object load(MemorySegment memory, long at, Class<?> wanted) {
        return wanted.isRecord() ? loadRecord(memory, at, wanted) : loadMap(memory, at);
    }

    private Map<String, Object> loadMap(MemorySegment memory, long at) {
        var out = new LinkedHashMap<String, Object>();
        for (Field f : fields) {
            out.put(f.name, f.type.load(memory, at + f.at, Map.class));
        }
        return out;
    }

    private Object loadRecord(MemorySegment memory, long at, Class<?> wanted) {
        Class<?>[] types = Arrays.stream(wanted.getRecordComponents()).map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        if (types.length != fields.size()) {
            throw HotsoException.badArgument(wanted + " has not the fields of " + name);
        }
        Object[] values = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            Field f = fields.get(i);
            values[i] = f.type.load(memory, at + f.at, types[i]);
        }
        try {
            var constructor = wanted.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            throw HotsoException.badArgument(wanted + " can't be made of " + name + ": " + e.getMessage());
        }
    }

    @Override
    long room() {
        return size;
    }

    @Override
    Object take(MemorySegment words, MemorySegment room, Class<?> wanted) {
        return load(room, 0, wanted);
    }
}
