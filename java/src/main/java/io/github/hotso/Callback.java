package io.github.hotso;

/**
 * A function for libraries. It may be called on any thread, several at a time. What it throws is an error for who
 * called it.
 */
@FunctionalInterface
public interface Callback {
    /** args are of the types of its signature, and so is what it returns; null if it has no result. */
    Object call(Object... args) throws Exception;
}
