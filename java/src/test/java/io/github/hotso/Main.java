package io.github.hotso;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Runs all tests: the static methods of these classes. Needs java -ea. */
final class Main {
    private static final List<Class<?>> TESTS = new ArrayList<>(List.of(
            CallTest.class, ErrorTest.class, CallbackTest.class, SlotTest.class, ClientTest.class));

    static {
        if (System.getProperty("os.arch").equals("amd64")) { // no other processor has method handles
            TESTS.add(HandleTest.class);
        }
    }

    public static void main(String[] args) throws IllegalAccessException {
        if (!Main.class.desiredAssertionStatus()) {
            throw new IllegalStateException("without -ea no test can fail");
        }
        int passed = 0;
        int failed = 0;
        for (Class<?> c : TESTS) {
            for (var test : c.getDeclaredMethods()) {
                if (!Modifier.isStatic(test.getModifiers()) || Modifier.isPrivate(test.getModifiers())
                        || test.isSynthetic()) {
                    continue;
                }
                Throwable cause = run(test);
                if (cause == null) {
                    passed++;
                    System.out.println("ok      " + test.getName());
                } else {
                    failed++;
                    System.out.println("FAILED  " + test.getName());
                    cause.printStackTrace(System.out);
                }
            }
        }
        System.out.println(passed + " passed, " + failed + " failed");
        System.exit(failed == 0 ? 0 : 1);
    }

    /** Runs one test, and returns what it threw. */
    private static Throwable run(Method test) throws IllegalAccessException {
        try {
            test.invoke(null);
            return null;
        } catch (InvocationTargetException e) {
            return e.getCause();
        }
    }

    /** A library that the tests are given: see host/internal/languagetest. */
    static Path library(String name) {
        return Path.of(Objects.requireNonNull(System.getenv(name), name + " must say where a test library is"));
    }

    interface Action {
        void run() throws Throwable;
    }

    /** Checks that an action throws that class, whose status name or message has the part. */
    static void throwing(Class<? extends Exception> wanted, String part, Action action) {
        try {
            action.run();
        } catch (Throwable e) {
            String all = (e instanceof HotsoException h ? h.statusName() + ": " : "") + e.getMessage();
            if (wanted.isInstance(e) && all.contains(part)) {
                return;
            }
            throw new AssertionError("not " + wanted.getSimpleName() + " with " + part, e);
        }
        throw new AssertionError("not thrown: " + wanted.getSimpleName());
    }
}
