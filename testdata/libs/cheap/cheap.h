/* Allocates in every way, frees some of it, and leaves the given number of bytes and more. */
long cheap_leave(long bytes);

/* Allocates and frees on n threads until all have done it for the given number of times. */
long cheap_busy(long threads, long times);
