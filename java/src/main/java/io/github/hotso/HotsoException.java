package io.github.hotso;

import java.util.Map;

/**
 * Base of all errors of hotso. Its message says what, where, why, and what to do. Each status of hotso.h that a program
 * may want to handle has a class.
 */
public class HotsoException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;
    private final transient Map<String, Object> details;

    HotsoException(int status, String message, Map<String, Object> details) {
        super(message);
        this.status = status;
        this.details = details;
    }

    /** One of HOTSOH_* of hotso.h. */
    public int status() {
        return status;
    }

    /** Its name there, in lower case: "crash_loop". */
    public String statusName() {
        return Native.statusName(status);
    }

    /**
     * What else is known, as hotsoh_error.json documents it: file, library, version, step, function, message, crash, ...
     * "result" is what a swap returned that holds all the same, with Busy and Left.
     */
    public Map<String, Object> details() {
        return details;
    }

    /** There is no such file, or it can't be read. */
    public static class NotFound extends HotsoException {
        private static final long serialVersionUID = 1;

        NotFound(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** The file was judged before any of its code ran, and is not loaded; the status says why. */
    public static class Refused extends HotsoException {
        private static final long serialVersionUID = 1;

        Refused(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** The library can't be loaded or started now. */
    public static class LoadFailed extends HotsoException {
        private static final long serialVersionUID = 1;

        LoadFailed(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** A health hook says so. */
    public static class Unhealthy extends HotsoException {
        private static final long serialVersionUID = 1;

        Unhealthy(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** Something else has to end first; or calls are still inside, and the version stays until they return. */
    public static class Busy extends HotsoException {
        private static final long serialVersionUID = 1;

        Busy(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** The library has ended, and something of it is left in the process; the report says what. */
    public static class Left extends HotsoException {
        private static final long serialVersionUID = 1;

        Left(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** The library, slot, function or stream was closed. */
    public static class Closed extends HotsoException {
        private static final long serialVersionUID = 1;

        Closed(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** The slot has no version yet. */
    public static class Empty extends HotsoException {
        private static final long serialVersionUID = 1;

        Empty(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** This platform or library can't do that. */
    public static class Unsupported extends HotsoException {
        private static final long serialVersionUID = 1;

        Unsupported(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** The function returned an error; details have its message. */
    public static class CallFailed extends HotsoException {
        private static final long serialVersionUID = 1;

        CallFailed(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** The function panicked; the library lives on. */
    public static class Panicked extends CallFailed {
        private static final long serialVersionUID = 1;

        Panicked(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** An argument is not acceptable. */
    public static class BadArgument extends HotsoException {
        private static final long serialVersionUID = 1;

        BadArgument(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** The call did not return in time, and may still be inside. */
    public static class Hung extends HotsoException {
        private static final long serialVersionUID = 1;

        Hung(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** As many calls are inside as may be; this one was not begun. */
    public static class TooManyCalls extends HotsoException {
        private static final long serialVersionUID = 1;

        TooManyCalls(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** The library's runtime has ended, and with it this call. The process goes on. */
    public static class Crashed extends HotsoException {
        private static final long serialVersionUID = 1;

        Crashed(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** The version crashed too often, and is not loaded again until Slot.forgive. */
    public static class CrashLoop extends Crashed {
        private static final long serialVersionUID = 1;

        CrashLoop(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** The state could not be handed over; the old version goes on with it. */
    public static class StateFailed extends HotsoException {
        private static final long serialVersionUID = 1;

        StateFailed(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** One version took over from another for too long; the call was not begun. */
    public static class Paused extends HotsoException {
        private static final long serialVersionUID = 1;

        Paused(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** There is a canary where none may be, or none where one is wanted. */
    public static class CanaryFailed extends HotsoException {
        private static final long serialVersionUID = 1;

        CanaryFailed(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** The time that was given is over. */
    public static class TimedOut extends HotsoException {
        private static final long serialVersionUID = 1;

        TimedOut(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** This process was forked after libhotso was loaded. */
    public static class Forked extends HotsoException {
        private static final long serialVersionUID = 1;

        Forked(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    /** Another copy of libhotso is in this process. */
    public static class SecondCopy extends HotsoException {
        private static final long serialVersionUID = 1;

        SecondCopy(int status, String message, Map<String, Object> details) {
            super(status, message, details);
        }
    }

    static HotsoException badArgument(String message) {
        return new BadArgument(32, "hotso: " + message, Map.of());
    }

    static HotsoException of(int status, String message, Map<String, Object> d) {
        return switch (status) {
            case 1 -> new NotFound(status, message, d);
            case 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 -> new Refused(status, message, d);
            case 20, 21, 23, 37 -> new LoadFailed(status, message, d);
            case 22 -> new Unhealthy(status, message, d);
            case 24 -> new Busy(status, message, d);
            case 25 -> new Left(status, message, d);
            case 26, 100 -> new Closed(status, message, d);
            case 27 -> new Empty(status, message, d);
            case 28 -> new Unsupported(status, message, d);
            case 30 -> new CallFailed(status, message, d);
            case 31 -> new Panicked(status, message, d);
            case 32 -> new BadArgument(status, message, d);
            case 33 -> new Hung(status, message, d);
            case 34 -> new TooManyCalls(status, message, d);
            case 35 -> new Crashed(status, message, d);
            case 36 -> new CrashLoop(status, message, d);
            case 40 -> new StateFailed(status, message, d);
            case 42 -> new Paused(status, message, d);
            case 43, 45, 46 -> new CanaryFailed(status, message, d);
            case 101 -> new TimedOut(status, message, d);
            case 103 -> new Forked(status, message, d);
            case 104 -> new SecondCopy(status, message, d);
            default -> new HotsoException(status, message, d);
        };
    }
}
