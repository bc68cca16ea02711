/* two.c: two Go libraries in one process, and which of them can interrupt a loop without calls. Prints how
 * long a collection beside such a loop takes, in milliseconds. */
#include "host.h"

#define LOOP INT64_C(2000) /* milliseconds */

static double collection(void *of) {
    double fastest = 1e9;
    library = of;
    for (int i = 0; i < 5; i++) {
        double ms = (double)FUNCTION(CollectBesideLoop)(LOOP) / 1e6;
        if (ms < fastest)
            fastest = ms;
    }
    return fastest;
}

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    load(argv[1]);
    void *older = library;
    start();
    double alone = collection(older);
    load(argv[2]);
    void *newer = library;
    start();
    double now = collection(older), of_newer = collection(newer);
    fprintf(stderr, "the first alone: %.1f ms; beside the second: %.1f ms; the second: %.1f ms\n", alone, now,
            of_newer);
    library = older;
    check("the first serves", serves());
    library = newer;
    check("the second serves", serves());
    check("the first alone interrupts the loop", alone < LOOP / 2);
    check("the second interrupts the loop", of_newer < LOOP / 2);
    printf("end\n");
}
