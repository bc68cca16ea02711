#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

int64_t sorting_work(int64_t n);

#ifdef __cplusplus
}
#endif
