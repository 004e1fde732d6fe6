#include <memory>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/layer_source.h"
#include "cli/method_flags.h"
#include "cli/report.h"
#include "cli/tensors.h"
#include "io/output.h"

namespace quantlens::cli {
namespace {

Action quantize(CLI::App& app) {
    struct State {
        LayerSource source;
        MethodFlags method;
        FieldFlags own;
        std::string out;
    };
    auto state = std::make_shared<State>();
    const auto fields = operation_fields("quantize");
    state->source.add(app, fields);
    state->method.add(app, true, fields);
    std::vector<std::string_view> set_elsewhere{"method", "return"};
    for (const auto& field : fields)
        if (LayerSource::is_key(field.key)) set_elsewhere.push_back(field.key);
    state->own.add(app, fields, set_elsewhere);
    app.add_option("-o,--out", state->out, "Folder for the arrays and result.json")->type_name("DIR");
    return [state](const Common& common) -> Status {
        Json request{{"op", "quantize"}};
        std::vector<request::Array> arrays;
        if (const auto status = state->method.fill(request); !status) return status;
        if (const auto status = state->own.fill(request); !status) return status;
        if (const auto status = state->source.fill(request, arrays); !status) return status;
        request["seed"] = common.seed;
        if (!state->out.empty())
            request["return"] =
                "dequantized,codes,scales,zero_points,column_groups,column_scales,outlier_columns,output";
        return answer_and_keep(request, std::move(arrays), state->out, common);
    };
}

Action kv(CLI::App& app) {
    struct State {
        std::string keys, values, queries, out;
        FieldFlags own;
    };
    auto state = std::make_shared<State>();
    app.add_option("--keys", state->keys, "Keys, ... x tokens x head_dim")->required()->type_name("TENSOR");
    app.add_option("--values", state->values, "Values, of the keys' shape")->required()->type_name("TENSOR");
    app.add_option("--queries", state->queries, "Queries, the same but for the number of tokens and heads")
        ->required()
        ->type_name("TENSOR");
    constexpr std::string_view kHidden[] = {"return"};
    state->own.add(app, operation_fields("kv"), kHidden);
    app.add_option("-o,--out", state->out, "Folder for keys.npy, values.npy, attention.npy and result.json")
        ->type_name("DIR");
    return [state](const Common& common) -> Status {
        Json request{{"op", "kv"}};
        if (const auto status = state->own.fill(request); !status) return status;
        std::vector<request::Array> arrays;
        for (const auto& [name, argument] :
             {std::pair{"keys", &state->keys}, {"values", &state->values}, {"queries", &state->queries}}) {
            auto array = read_array(name, *argument);
            if (!array) return std::unexpected(array.error());
            arrays.push_back(*std::move(array));
        }
        if (!state->out.empty()) request["return"] = "all";
        return answer_and_keep(request, std::move(arrays), state->out, common);
    };
}

Action hadamard(CLI::App& app) {
    struct State {
        std::string in, out;
    };
    auto state = std::make_shared<State>();
    app.add_option("-i,--in", state->in, "Rows to rotate")->required()->type_name("TENSOR");
    app.add_option("-o,--out", state->out, "Rotated rows, float32")->required()->type_name("FILE.npy");
    app.footer("A row's length must be 2^k, or 12, 20, 28, 36 or 40 times 2^k.");
    return [state](const Common& common) -> Status {
        io::Output output;
        if (const auto status = output.can_write(state->out); !status) return status;
        std::vector<request::Array> arrays;
        auto input = read_array("input", state->in);
        if (!input) return std::unexpected(input.error());
        arrays.push_back(*std::move(input));
        const auto response = send({{"op", "hadamard"}}, std::move(arrays), common);
        if (!response) return std::unexpected(response.error());
        const auto npy = npy_of(response->arrays.at(0));
        if (!npy) return std::unexpected(npy.error());
        if (const auto status = output.add(state->out, *npy); !status) return status;
        return print_and_commit(response->body, output, common);
    };
}

}  // namespace

std::vector<Command> layer_commands() {
    return {{"quantize", "Quantize", "Quantize a linear layer and measure what it costs", quantize, true},
            {"kv", "Quantize", "Quantize a KV cache and compare what attention computes", kv},
            {"hadamard", "Quantize", "Rotate rows by the normalised Hadamard matrix", hadamard}};
}

}  // namespace quantlens::cli
