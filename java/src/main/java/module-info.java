/** Hot code: Go libraries that are swapped, unloaded and survived inside a running JVM. */
module io.github.hotso {
    exports io.github.hotso;
}
