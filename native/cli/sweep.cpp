#include "cli/sweep.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "cli/model_input.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/sweep_rows.h"
#include "io/output.h"

namespace quantlens::cli {
namespace {

struct State {
    ModelFlags model;
    std::string text, out, only;
};

/// What a row keeps of the response to its request: not the time, so that the same sweep is the same file.
constexpr const char* kFigures[] = {
    "bits_per_weight",        "quantized_bits_per_weight",   "bytes",         "tokens",
    "bits_per_byte",          "bits_per_byte_ci95",          "perplexity",    "perplexity_ci95",
    "bits_per_byte_increase", "bits_per_byte_increase_ci95", "kl_divergence", "kl_divergence_ci95",
    "top1_agreement",         "top1_agreement_ci95"};

Result<std::vector<Json>> wanted_rows(const std::string& only) {
    auto rows = sweep_rows();
    if (only.empty()) return rows;
    if (only != "none")
        if (const auto known = find_method(only, "--only"); !known) return std::unexpected(known.error());
    std::erase_if(rows, [&](const Json& row) { return row.value("method", "none") != only; });
    return rows;
}

/// A short table for people; the file has everything.
Json table_of(const Json& results) {
    Json table = Json::array();
    for (const auto& row : results) {
        if (!row.contains("bits_per_byte")) continue;
        const auto& interval = row["bits_per_byte_increase_ci95"];
        table.push_back({{"settings", row_text(row["settings"])},
                         {"bits_per_weight", row["quantized_bits_per_weight"]},
                         {"bits_per_byte", row["bits_per_byte"]},
                         {"increase", row["bits_per_byte_increase"]},
                         {"from", interval[0]},
                         {"to", interval[1]},
                         {"kl_divergence", row["kl_divergence"]},
                         {"top1_agreement", row["top1_agreement"]}});
    }
    return table;
}

/// One row a line: short enough to read, and a change of one row is a change of one line.
std::string file_text(const Json& body) {
    const auto dumped = [](const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); };
    std::string text = "{";
    for (const auto& [key, value] : body.items()) {
        if (key == "rows") continue;
        text.append("\"").append(key).append("\":").append(dumped(value)).append(",\n ");
    }
    text += "\"rows\":[\n";
    const auto& rows = body["rows"];
    for (std::size_t i = 0; i < rows.size(); ++i) text.append(i > 0 ? ",\n" : "").append(dumped(rows[i]));
    return text + "\n]}\n";
}

Status run(const State& state, const Common& common) {
    io::Output output;
    if (const auto status = output.can_write(state.out); !status) return status;
    const auto settings = wanted_rows(state.only);
    if (!settings) return std::unexpected(settings.error());
    std::vector<request::Array> arrays;
    if (const auto status = state.model.read(arrays); !status) return status;
    auto text = read_bytes("text", state.text.empty() ? project_text("evaluation.txt") : state.text);
    if (!text) return std::unexpected(text.error());
    const auto text_bytes = text->shape.at(0);
    arrays.push_back(*std::move(text));

    Door door(common);
    const auto schema = door.send({{"op", "schema"}});
    if (!schema) return std::unexpected(schema.error());
    ProgressBar bar("sweep");
    Json results = Json::array();
    std::optional<Error> first_error;
    std::size_t measured = 0;
    for (const auto& row : *settings) {
        Json request = row;
        request["op"] = "eval";
        request["seed"] = common.seed;
        const auto response = door.send(request, arrays, [&](double share) {
            return bar.show((double(results.size()) + share) / double(settings->size()), row_text(row));
        });
        Json result{{"settings", row}};
        if (response) {
            for (const auto* key : kFigures) result[key] = response->body.at(key);
            ++measured;
        } else {
            // A format whose blocks do not fit this model's rows has no figure; anything else ends the sweep.
            const auto code = response.error().code;
            if (code != ErrorCode::kBadShape && code != ErrorCode::kUnsupported)
                return std::unexpected(response.error());
            result["error"] = response.error().message;
            if (!first_error) first_error = response.error();
        }
        results.push_back(std::move(result));
    }
    // What no row gets past is wrong with the text or the model.
    if (measured == 0 && first_error) return std::unexpected(*std::move(first_error));
    const Json body{{"version", schema->body["version"]},
                    {"instruction_set", schema->body["instruction_set"]},
                    {"seed", common.seed},
                    {"text_bytes", text_bytes},
                    {"rows", results}};
    if (const auto status = output.add(state.out, file_text(body)); !status) return status;
    return print_and_commit(common.json ? body : Json{{"out", state.out}, {"rows", table_of(results)}}, output, common);
}

}  // namespace

Action sweep(CLI::App& app) {
    auto state = std::make_shared<State>();
    app.add_option("-t,--text", state->text, "The text to predict, read as bytes (the project's evaluation.txt)")
        ->type_name("FILE");
    state->model.add(app);
    app.add_option("--only", state->only, "Only the rows of this method or format; none: those without one")
        ->type_name("NAME");
    app.add_option("-o,--out", state->out, "The results, a row for each way to quantize the model")
        ->required()
        ->type_name("FILE.json");
    return [state](const Common& common) { return run(*state, common); };
}

}  // namespace quantlens::cli
