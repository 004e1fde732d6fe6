// Quantizes the first numbers of the page with nothing but the installed headers and libraries.
#include <cmath>
#include <cstdio>
#include <string>

#include "data/embedded.h"
#include "request/door.h"
#include "tensor/thread_pool.h"

int main() {
    quantlens::ThreadPool pool{1};
    quantlens::request::Session session{pool, [] { return 0.0; }};
    const auto response = session.answer_text(
        R"({"op": "quantize", "method": "rtn", "bits": 4, "scheme": "symmetric", "granularity": "tensor",
            "values": [0.15, -0.32, 0.87, -1.23, 2.45]})",
        {});
    std::printf("quantlens %s: %s\n", std::string{quantlens::data::kVersion}.c_str(), response.body.dump().c_str());
    const double error = response.body.value("weight_mse", -1.0);
    return std::abs(error - 0.01624) < 5e-6 ? 0 : 1;
}
