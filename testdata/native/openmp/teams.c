#include "teams.h"
#include <omp.h>

static int64_t nested(void) {
    int64_t sum = 0;
#pragma omp parallel for num_threads(2) reduction(+ : sum)
    for (int i = 0; i < 3; i++) {
#pragma omp parallel for num_threads(2) reduction(+ : sum)
        for (int j = 0; j < 1000; j++)
            sum += j;
    }
    return sum;
}

int64_t teams_work(int64_t n) {
    int64_t sum = 0;
    omp_set_max_active_levels(2);
    for (int64_t i = 0; i < n; i++)
        sum += nested();
    return sum;
}

void teams_forever(void) {
    for (;;)
        teams_work(1000);
}
