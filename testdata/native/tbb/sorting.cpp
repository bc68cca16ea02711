#include "sorting.h"
#include <algorithm>
#include <execution>
#include <numeric>
#include <vector>

int64_t sorting_work(int64_t n) {
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) {
        std::vector<int64_t> v(20000);
        std::iota(v.rbegin(), v.rend(), 0);
        std::sort(std::execution::par, v.begin(), v.end());
        sum += std::reduce(std::execution::par, v.begin(), v.end());
    }
    return sum;
}
