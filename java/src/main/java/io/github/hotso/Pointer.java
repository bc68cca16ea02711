package io.github.hotso;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.invoke.MethodType.methodType;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.Reference;

/** A function that was prepared for a method handle, and is released when that is collected: hotsoh_pointer. */
final class Pointer {
    private static final MemorySegment PENDING = pending();
    private static final MethodHandle CHECK = own("check", methodType(void.class, Pointer.class));

    private final Handle handle;
    private final MemorySegment address;

    private Pointer(long target, String name, String signature) {
        try (Out out = new Out()) {
            handle = new Handle(this, out.word((int) Native.PREPARE.invokeExact(target, out.utf8(name),
                    out.utf8(signature), out.first, out.error)));
            try {
                out.check((int) Native.POINTER.invokeExact(handle.get(), out.first, out.error));
            } catch (Throwable e) {
                handle.release();
                throw e;
            }
            address = out.first.get(ADDRESS, 0);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    static MethodHandle to(long target, String name, Signature signature) {
        Pointer pointer = new Pointer(target, name, signature.text());
        // Links what a failed call needs: a virtual thread that waited for that could go on on another carrier, and
        // the error is of the one on which the call was made.
        raise();
        MemoryLayout[] parameters = signature.parameters().stream().map(Pointer::layout).toArray(MemoryLayout[]::new);
        Type result = signature.result();
        MethodHandle call = Native.downcall(pointer.address, result == null ? FunctionDescriptor.ofVoid(parameters)
                : FunctionDescriptor.of(layout(result), parameters));
        call = MethodHandles.filterReturnValue(call, pointer.checked(call.type().returnType()));
        for (int i = 0; i < parameters.length; i++) {
            call = MethodHandles.filterArguments(call, i, toC(signature.parameters().get(i)));
        }
        return result == null ? call : MethodHandles.filterReturnValue(call, fromC(result));
    }

    private static MemoryLayout layout(Type type) {
        return ((NumberType) type).layout(); // else there would be no pointer
    }

    /** What a result goes through: it throws if the call has failed. */
    private MethodHandle checked(Class<?> result) {
        MethodHandle check = MethodHandles.insertArguments(CHECK, 0, this);
        return result == void.class ? check : MethodHandles.foldArguments(MethodHandles.identity(result), check);
    }

    private static void check(Pointer pointer) {
        if (PENDING.get(JAVA_INT, 0) != 0) {
            raise();
        }
        Reference.reachabilityFence(pointer);
    }

    /** Throws the error that this thread has waiting, if there is one. */
    private static void raise() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment error = arena.allocate(ADDRESS);
            Out.check((int) Native.TAKE_ERROR.invokeExact(error), error);
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }

    private static MethodHandle toC(Type type) {
        return switch (type.name) {
            case "uint8" -> own("uint8", methodType(byte.class, short.class));
            case "uint16" -> own("uint16", methodType(short.class, int.class));
            case "uint32" -> own("uint32", methodType(int.class, long.class));
            default -> null; // which leaves an argument as it is
        };
    }

    private static byte uint8(short value) {
        return (byte) unsigned(value, 0xff, "uint8");
    }

    private static short uint16(int value) {
        return (short) unsigned(value, 0xffff, "uint16");
    }

    private static int uint32(long value) {
        return (int) unsigned(value, 0xffffffffL, "uint32");
    }

    private static long unsigned(long value, long max, String type) {
        if (value < 0 || value > max) {
            throw HotsoException.badArgument(value + " is no " + type);
        }
        return value;
    }

    private static MethodHandle fromC(Type type) {
        return switch (type.name) {
            case "uint8" -> own("widened", methodType(short.class, byte.class));
            case "uint16" -> own("widened", methodType(int.class, short.class));
            case "uint32" -> own("widened", methodType(long.class, int.class));
            default -> MethodHandles.identity(((NumberType) type).layout().carrier());
        };
    }

    private static short widened(byte value) {
        return (short) Byte.toUnsignedInt(value);
    }

    private static int widened(short value) {
        return Short.toUnsignedInt(value);
    }

    private static long widened(int value) {
        return Integer.toUnsignedLong(value);
    }

    private static MethodHandle own(String name, MethodType type) {
        try {
            return MethodHandles.lookup().findStatic(Pointer.class, name, type);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static MemorySegment pending() {
        try {
            return ((MemorySegment) Native.PENDING.invokeExact()).reinterpret(JAVA_INT.byteSize());
        } catch (Throwable e) {
            throw Native.unexpected(e);
        }
    }
}
