#include "cli/sweep.h"

#include <algorithm>
#include <memory>

#include "cli/method_list.h"
#include "cli/model_input.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "io/output.h"

namespace quantlens::cli {
namespace {

/// The settings of each row: the model as it is, then every method with each width that it can have, at its own
/// defaults.
std::vector<Json> rows() {
    std::vector<Json> all{Json::object()};
    for (const auto& method : method_list()) {
        const auto bits = std::ranges::find(method.fields, "bits", &FieldInfo::key);
        if (bits == method.fields.end()) {
            all.push_back({{"method", method.id}});
            continue;
        }
        for (const int width : {2, 3, 4, 8})
            if (width >= bits->minimum && width <= bits->maximum)
                all.push_back({{"method", method.id}, {"bits", width}});
    }
    return all;
}

}  // namespace

Action sweep(CLI::App& app) {
    struct State {
        ModelFlags model;
        std::string text, out;
    };
    auto state = std::make_shared<State>();
    app.add_option("-t,--text", state->text, "The text to predict, read as bytes (the project's evaluation.txt)")
        ->type_name("FILE");
    state->model.add(app);
    app.add_option("-o,--out", state->out, "The results, one row a method and width")
        ->required()
        ->type_name("FILE.json");
    return [state](const Common& common) -> Status {
        io::Output output;
        if (const auto status = output.can_write(state->out); !status) return status;
        std::vector<request::Array> arrays;
        if (const auto status = state->model.read(arrays); !status) return status;
        auto text = read_bytes("text", state->text.empty() ? beside_reference_model("evaluation.txt") : state->text);
        if (!text) return std::unexpected(text.error());
        arrays.push_back(*std::move(text));

        Door door(common);
        ProgressBar bar("sweep");
        const auto settings = rows();
        Json results = Json::array();
        for (std::size_t i = 0; i < settings.size(); ++i) {
            Json request = settings[i];
            request["op"] = "eval";
            request["seed"] = common.seed;
            auto response = door.send(
                request, arrays, [&](double share) { return bar.show((double(i) + share) / double(settings.size())); });
            if (!response && response.error().code == ErrorCode::kCancelled) return std::unexpected(response.error());
            Json row = settings[i];
            if (response) {
                row.update(response->body);
                for (const auto* key : {"done", "progress"}) row.erase(key);
            } else {
                row["error"] = response.error().message;  // a format whose blocks do not fit this model's rows, for one
            }
            results.push_back(std::move(row));
        }
        const Json body{{"text_bytes", std::get<std::vector<std::uint8_t>>(arrays.back().values).size()},
                        {"rows", results}};
        if (const auto status = output.add(state->out, body.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
            !status)
            return status;
        if (const auto status = output.commit(); !status) return status;
        print_report({{"out", state->out}, {"rows", results.size()}}, common);
        return {};
    };
}

}  // namespace quantlens::cli
