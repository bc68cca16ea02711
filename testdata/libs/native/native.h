#include <stdint.h>

int32_t start_read(int32_t fd);
int32_t start_workers(int32_t n);
int64_t count_local(void);
int32_t keep_file(const char *path);
void call_host(void *fn);
