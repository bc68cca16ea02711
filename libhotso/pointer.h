/* How many functions hotsoh_pointer hands out at a time, and how many bytes each has. Also for the assembler.
 */
#define HOTSO_POINTERS 1024
#define HOTSO_POINTER_SIZE 16
