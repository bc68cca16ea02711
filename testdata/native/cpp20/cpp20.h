#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

void cpp20_start(void);
int64_t cpp20_work(int64_t n);

#ifdef __cplusplus
}
#endif
