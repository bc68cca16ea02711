/* Ends the process in a way; -1 if there is none of that name. */
enum where { HERE, BESIDE, AFTER_GO };
int end(const char *way, enum where where);
int end_of_child(const char *way);
int passes(void);
void call(void *f);

/* Writes more than there is room for, by a function of that name. */
void overflow(const char *name);

/* Calls such functions as they should be; 0 if all is well. */
int fortified_pass(void);

/* Uses the heap in all ways that are right. */
void heap_use(int rounds);
unsigned blocks_known(void); /* cabi/blocks.c */
