// Runs all tests; the exit status says whether they passed.
#include "test.hpp"

int main() {
    int bad = 0;
    for (const Test &test : tests()) {
        int before = failures();
        try {
            test.run();
        } catch (const std::exception &e) {
            failed(test.name, 0, e.what());
        }
        bool ok = failures() == before;
        bad += !ok;
        std::cout << (ok ? "ok      " : "FAILED  ") << test.name << std::endl;
    }
    std::cout << tests().size() - bad << " passed, " << bad << " failed\n";
    return bad ? 1 : 0;
}
