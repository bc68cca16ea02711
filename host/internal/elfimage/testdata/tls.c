/* A C library with thread-local variables of both models. */
__thread int dynamic_var = 3;
static __thread long dynamic_static;

int answer = 42;

int dynamic(void) {
    return dynamic_var++ + (int)dynamic_static++;
}

#ifdef INITIAL
__thread int initial_var __attribute__((tls_model("initial-exec"))) = 5;
static __thread int initial_static __attribute__((tls_model("initial-exec")));
extern __thread int foreign_var __attribute__((tls_model("initial-exec"), weak));

int initial(void) {
    return initial_var++ + initial_static++ + (&foreign_var ? 1 : 0);
}
#endif
