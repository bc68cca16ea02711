#include <stdint.h>

void teams_forever(void);
int64_t teams_work(int64_t n);
