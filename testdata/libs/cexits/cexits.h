/* Ends the process in a way; -1 if there is none of that name. */
int end(const char *way, int beside);
int end_of_child(const char *way);
int passes(void);
void call(void *f);
