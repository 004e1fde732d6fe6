#include <memory>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/layer_source.h"
#include "cli/method_flags.h"
#include "cli/report.h"
#include "cli/tensors.h"

// What the page's explanations show, on the command line: every flag is a key of the request.

namespace quantlens::cli {
namespace {

void add_out(CLI::App& app, std::string& folder) {
    app.add_option("-o,--out", folder, "Folder for the arrays and result.json")->type_name("DIR");
}

Action answered(CLI::App& app, const char* operation) {
    struct State {
        FieldFlags fields;
        std::string out;
    };
    auto state = std::make_shared<State>();
    state->fields.add(app, operation_fields(operation));
    add_out(app, state->out);
    return [state, operation](const Common& common) -> Status {
        Json request{{"op", operation}, {"seed", common.seed}};
        if (const auto status = state->fields.fill(request); !status) return status;
        return answer_and_keep(request, {}, state->out, common);
    };
}

/// The same for an operation over a layer, which may come from a file.
Action answered_for_layer(CLI::App& app, const char* operation) {
    struct State {
        LayerSource source;
        FieldFlags own;
        std::string out;
    };
    auto state = std::make_shared<State>();
    const auto fields = operation_fields(operation);
    state->source.add(app, fields);
    std::vector<std::string_view> set_elsewhere;
    for (const auto& field : fields)
        if (LayerSource::is_key(field.key)) set_elsewhere.push_back(field.key);
    state->own.add(app, fields, set_elsewhere);
    add_out(app, state->out);
    return [state, operation](const Common& common) -> Status {
        Json request{{"op", operation}, {"seed", common.seed}};
        std::vector<request::Array> arrays;
        if (const auto status = state->own.fill(request); !status) return status;
        if (const auto status = state->source.fill(request, arrays); !status) return status;
        return answer_and_keep(request, std::move(arrays), state->out, common);
    };
}

/// products takes the settings of its method as well.
Action products(CLI::App& app) {
    struct State {
        FieldFlags fields;
        MethodFlags method;
    };
    auto state = std::make_shared<State>();
    constexpr std::string_view kMethod[] = {"method"};
    const auto fields = operation_fields("products");
    state->method.add(app, true, fields);
    state->fields.add(app, fields, kMethod);
    return [state](const Common& common) -> Status {
        Json request{{"op", "products"}, {"seed", common.seed}};
        if (const auto status = state->method.fill(request); !status) return status;
        if (const auto status = state->fields.fill(request); !status) return status;
        const auto response = send(request, {}, common);
        if (!response) return std::unexpected(response.error());
        return print_report(response->body, common);
    };
}

Action affine(CLI::App& app) { return answered(app, "affine"); }
Action statistics(CLI::App& app) { return answered_for_layer(app, "statistics"); }
Action representable(CLI::App& app) { return answered(app, "representable"); }
Action cache_sketch(CLI::App& app) { return answered(app, "cache-sketch"); }
Action gptq_trace(CLI::App& app) { return answered_for_layer(app, "gptq-trace"); }
Action best_rounding(CLI::App& app) { return answered_for_layer(app, "best-rounding"); }
Action rotated(CLI::App& app) { return answered_for_layer(app, "rotated"); }
Action compare(CLI::App& app) { return answered_for_layer(app, "compare"); }
Action measure(CLI::App& app) { return answered(app, "measure"); }

}  // namespace

std::vector<Command> explain_commands() {
    return {
        {"affine", "Explain", "Round a row of numbers, step by step", affine, true},
        {"products", "Explain", "Each product of a small layer, before and after quantization", products, true},
        {"statistics", "Explain", "Range, spread, outliers and histogram of a layer", statistics, true},
        {"representable", "Explain", "The numbers that a format can write", representable},
        {"cache-sketch", "Explain", "KV cache of a model given by its layers and width alone", cache_sketch},
        {"gptq-trace", "Explain", "GPTQ one column at a time, beside round-to-nearest", gptq_trace, true},
        {"best-rounding", "Explain", "Round-to-nearest, GPTQ and the best rounding of short rows", best_rounding, true},
        {"rotated", "Explain", "A layer and its inputs before and after a Hadamard rotation", rotated, true},
        {"compare", "Explain", "Every method and format on one layer, and which nothing else beats", compare, true},
        {"measure", "Explain", "How fast a kernel runs on this machine, and what share of its limit that is", measure}};
}

}  // namespace quantlens::cli
