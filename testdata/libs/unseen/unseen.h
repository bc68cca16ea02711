/* Starts a thread that the unload shim is not told of; it ends when the file is there. */
int unseen_start(const char *kind, const char *file);

/* Starts a thread in the ordinary way, which counts how often its waits are interrupted. */
int counting_start(void);
long counting_interrupted(void);
