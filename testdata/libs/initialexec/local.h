#include <stdint.h>
int64_t count_local(void);
