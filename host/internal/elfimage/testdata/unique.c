/* What GCC makes of a static of a C++ template: a symbol that is unique in the process. */
int own = 1, shared_too = 2;

__asm__(".type own, %gnu_unique_object");
__asm__(".type shared_too, %gnu_unique_object");

int *get_own(void) {
    return &own;
}
int *get_shared(void) {
    return &shared_too;
}
