// What hotso gen --lang cpp writes.

#include "test.hpp"

#include <atomic>

#include "../../testdata/libs/echo/client/echo.hpp"

TEST(a_generated_client_calls) {
    hotso::Library library(::library("ECHO_V1"));
    echo::Client client(library);
    CHECK(client.text("Ada") == "Ada");
    CHECK(client.int8(-128) == -128);
    client.nothing();
    CHECK(client.float64s({1, 2.5}) == std::vector<double>({1, 2.5}));
    echo::Line line = client.turn({{1, 2}, {3, 4}, true});
    CHECK(line.From.X == 3 && line.To.Y == 2 && line.Dashed);
    try {
        client.divide(1, 0);
        CHECK(false);
    } catch (const hotso::CallFailed &) {
    }
}

TEST(a_generated_client_lends_functions) {
    hotso::Library library(::library("ECHO_V1"));
    echo::Client client(library);
    std::atomic<int> sum = 0;
    client.parallel(8, [&](int32_t i) { sum += i; });
    CHECK(sum == 28);
    std::string text = client.forms([] { return "Ada"; },
                                    [](echo::Point p, std::vector<double> xs) {
                                        return echo::Line{p, {xs[0] + xs[1], 0}, true};
                                    },
                                    [](double c, std::vector<uint8_t> data, bool ok) {
                                        return std::vector<double>{c, double(data.size()), double(ok)};
                                    },
                                    [] {});
    CHECK(text == "Ada {{1 2} {7 0} true} [1.5 2 1]");
}
