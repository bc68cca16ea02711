/* Each returns 0, or the line where it does not find what C code expects. */
int ask(void);
int ask_more(void);
int block(void);
int fault(void);
int fault_again(void);
int fault_beside(void);
int handle_abort(void);
int replace_fault_handler(void);
