#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "request/door.h"

namespace quantlens::request {

/// Asks the door and keeps the newest answer, whose arrays `values` reads.
class Asking : public testing::Test {
protected:
    Json ask(std::string_view text, std::vector<Array> arrays = {}) {
        response_ = session_.answer_text(text, std::move(arrays));
        EXPECT_FALSE(response_.body.contains("error")) << response_.body.dump();
        return response_.body;
    }
    std::string error(std::string_view text, std::vector<Array> arrays = {}) {
        const Json body = session_.answer_text(text, std::move(arrays)).body;
        return body.contains("error") ? body["error"]["message"].get<std::string>() : "";
    }
    template <class T = float>
    std::vector<T> values(std::string_view name) const {
        for (const auto& a : response_.arrays)
            if (a.name == name) return std::get<std::vector<T>>(a.values);
        ADD_FAILURE() << "no array " << name;
        return {};
    }

    ThreadPool pool_{2};
    Session session_{pool_, [] { return 0.0; }};
    Response response_;
};

}  // namespace quantlens::request
