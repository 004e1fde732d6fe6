// Asks the door for the first numbers of the page, with nothing but the installed headers and libraries.
#include <cstdio>
#include <string>

#include "data/embedded.h"
#include "request/door.h"
#include "tensor/thread_pool.h"

int main() {
    quantlens::ThreadPool pool{1};
    quantlens::request::Session session{pool, [] { return 0.0; }};
    const auto response = session.answer_text(R"({"op": "methods"})", {});
    std::printf("quantlens %s: %s\n", std::string{quantlens::data::kVersion}.c_str(), response.body.dump().c_str());
    return response.body.contains("error") ? 1 : 0;
}
