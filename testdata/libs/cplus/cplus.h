#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

int32_t add_registered(int32_t n);
int32_t add_counted(int32_t n);
int32_t format(int32_t n);
int32_t throw_and_catch(int32_t n);
int32_t add_local(int32_t fd, int32_t n);
int32_t run_threads(int32_t n);
int32_t start_threads(int32_t n);
void terminate_it(void);

#ifdef __cplusplus
}
#endif
