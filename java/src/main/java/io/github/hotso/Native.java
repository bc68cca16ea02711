package io.github.hotso;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The C API of libhotso (include/hotso.h). The other classes make Java of it. */
final class Native {
    private Native() {}

    private static final int ABI_VERSION = 1;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBRARY = open();

    // Those that return a status; the last parameter, a hotsoh_error **, is added by status().
    static final MethodHandle RELEASE = status("release", JAVA_LONG);
    static final MethodHandle SETTINGS_NEW = status("settings_new", ADDRESS);
    static final MethodHandle SETTINGS_SET = status("settings_set", JAVA_LONG, ADDRESS, ADDRESS);
    static final MethodHandle SETTINGS_PROVIDE =
            status("settings_provide", JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
    static final MethodHandle SIGNALS = status("signals", ADDRESS);
    static final MethodHandle INSPECT = status("inspect", ADDRESS, JAVA_LONG, ADDRESS);
    static final MethodHandle LIBRARY_OPEN = status("library_open", ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS);
    static final MethodHandle SLOT_NEW = status("slot_new", ADDRESS, JAVA_LONG, ADDRESS);
    static final MethodHandle SLOT_SWAP = status("slot_swap", JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS);
    static final MethodHandle SLOT_ROLLBACK = status("slot_rollback", JAVA_LONG, JAVA_LONG, ADDRESS);
    static final MethodHandle SLOT_CANARY =
            status("slot_canary", JAVA_LONG, ADDRESS, JAVA_DOUBLE, ADDRESS, JAVA_LONG, ADDRESS);
    static final MethodHandle SLOT_SET_SHARE = status("slot_set_share", JAVA_LONG, JAVA_DOUBLE, ADDRESS);
    static final MethodHandle SLOT_PROMOTE = status("slot_promote", JAVA_LONG, JAVA_LONG, ADDRESS);
    static final MethodHandle SLOT_ABORT = status("slot_abort", JAVA_LONG, JAVA_LONG, ADDRESS);
    static final MethodHandle SLOT_VERSIONS = status("slot_versions", JAVA_LONG, ADDRESS);
    static final MethodHandle SLOT_FORGIVE = status("slot_forgive", JAVA_LONG);
    static final MethodHandle DESCRIBE = status("describe", JAVA_LONG, ADDRESS);
    static final MethodHandle HEALTH = status("health", JAVA_LONG);
    static final MethodHandle CLOSE = status("close", JAVA_LONG, JAVA_LONG, ADDRESS);
    static final MethodHandle WATCH_START = status("watch_start", JAVA_LONG, ADDRESS, ADDRESS);
    static final MethodHandle EVENT_NEXT = status("event_next", JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS);
    static final MethodHandle CALL_NAME =
            status("call_name", JAVA_LONG, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);
    static final MethodHandle PREPARE = status("prepare", JAVA_LONG, ADDRESS, ADDRESS, ADDRESS);
    static final MethodHandle SIGNATURE = status("signature", JAVA_LONG, ADDRESS);
    static final MethodHandle INVOKE = status("invoke", JAVA_LONG, ADDRESS, JAVA_INT, ADDRESS);
    static final MethodHandle POINTER = status("pointer", JAVA_LONG, ADDRESS);
    static final MethodHandle TAKE_ERROR = status("take_error");
    static final MethodHandle LEND = status("lend", ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
    static final MethodHandle LENT_WORD = status("lent_word", JAVA_LONG, ADDRESS);
    static final MethodHandle STREAM_OPEN =
            status("stream_open", JAVA_LONG, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);
    static final MethodHandle STREAM_READ = status("stream_read", JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS);

    static final MethodHandle PENDING = function("pending", FunctionDescriptor.of(ADDRESS));
    static final MethodHandle VERSION = function("version", FunctionDescriptor.of(ADDRESS));
    static final MethodHandle STATUS_NAME = function("status_name", FunctionDescriptor.of(ADDRESS, JAVA_INT));
    static final MethodHandle FREE = function("free", FunctionDescriptor.ofVoid(ADDRESS));
    static final MethodHandle ALLOC = function("alloc", FunctionDescriptor.of(ADDRESS, JAVA_LONG));

    private static SymbolLookup open() {
        String path = find();
        SymbolLookup library;
        try {
            library = SymbolLookup.libraryLookup(path, Arena.global());
        } catch (IllegalArgumentException e) {
            throw new UnsatisfiedLinkError("hotso: " + path + " can't be opened: " + e.getMessage()
                    + "; build it with make libhotso and say in HOTSO_LIBRARY where it is");
        }
        int abi;
        try {
            abi = (int) LINKER.downcallHandle(library.find("hotsoh_abi_version").orElseThrow(),
                    FunctionDescriptor.of(JAVA_INT)).invokeExact();
        } catch (Throwable e) {
            throw new LinkageError("hotso: " + path + " is no libhotso", e);
        }
        if (abi < ABI_VERSION) {
            throw new LinkageError("hotso: " + path + " is too old: ABI " + abi + ", not " + ABI_VERSION);
        }
        return library;
    }

    /** $HOTSO_LIBRARY; the file beside the jar; or the one that the system's linker finds. */
    private static String find() {
        String given = System.getenv("HOTSO_LIBRARY");
        if (given != null && !given.isEmpty()) {
            return given;
        }
        try {
            var source = Native.class.getProtectionDomain().getCodeSource();
            if (source != null) {
                Path near = Path.of(source.getLocation().toURI()).resolveSibling("libhotso.so");
                if (Files.exists(near)) {
                    return near.toString();
                }
            }
        } catch (URISyntaxException | IllegalArgumentException e) {
            // Not from a file: then there is nothing beside it.
        }
        return "libhotso.so.1";
    }

    private static MethodHandle status(String name, MemoryLayout... parameters) {
        return function(name, FunctionDescriptor.of(JAVA_INT, parameters).appendArgumentLayouts(ADDRESS));
    }

    private static MethodHandle function(String name, FunctionDescriptor type) {
        MemorySegment symbol = LIBRARY.find("hotsoh_" + name)
                .orElseThrow(() -> new LinkageError("hotso: libhotso has no hotsoh_" + name));
        return downcall(symbol, type);
    }

    static MethodHandle downcall(MemorySegment symbol, FunctionDescriptor type) {
        return LINKER.downcallHandle(symbol, type);
    }

    static MemorySegment upcall(MethodHandle target, FunctionDescriptor type) {
        return LINKER.upcallStub(target, type, Arena.global());
    }

    static void free(MemorySegment memory) {
        try {
            FREE.invokeExact(memory);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static MemorySegment alloc(long size) {
        try {
            return ((MemorySegment) ALLOC.invokeExact(size)).reinterpret(size);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static String statusName(int status) {
        try {
            return text((MemorySegment) STATUS_NAME.invokeExact(status));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static String version() {
        try {
            return text((MemorySegment) VERSION.invokeExact());
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The text at a const char *. */
    static String text(MemorySegment at) {
        return at.reinterpret(Long.MAX_VALUE).getString(0);
    }

    /** The bytes that a data and length of hotso.h name. */
    static MemorySegment data(long address, long size) {
        return MemorySegment.ofAddress(address).reinterpret(size);
    }

    static MemorySegment utf8(Arena arena, String text) {
        return text == null ? MemorySegment.NULL : arena.allocateFrom(text);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] bytes(MemorySegment memory) {
        return memory.toArray(JAVA_BYTE);
    }

    /** What a method handle threw that calls C, which throws nothing. */
    static RuntimeException unexpected(Throwable e) {
        if (e instanceof RuntimeException r) {
            return r;
        }
        if (e instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(e);
    }
}
