#include <stdint.h>

int faults_start(void);
int64_t faults_work(int64_t n);
