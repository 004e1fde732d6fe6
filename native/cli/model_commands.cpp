#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/method_flags.h"
#include "cli/model_input.h"
#include "cli/report.h"
#include "cli/sweep.h"
#include "cli/tensors.h"
#include "cli/train.h"
#include "io/output.h"

namespace quantlens::cli {
namespace {

constexpr std::string_view kSetHere[] = {"method", "step_limit"};

/// What eval and generate have in common: a model, and how it is quantized.
struct QuantizedModelFlags {
    ModelFlags model;
    MethodFlags method;
    FieldFlags own;

    void add(CLI::App& app, std::string_view operation) {
        model.add(app);
        const auto fields = operation_fields(operation);
        method.add(app, false, fields);
        own.add(app, fields, kSetHere);
    }
    Status fill(Json& request, std::vector<request::Array>& arrays) const {
        if (const auto status = method.fill(request); !status) return status;
        if (const auto status = own.fill(request); !status) return status;
        return model.read(arrays);
    }
};

Action eval(CLI::App& app) {
    struct State : QuantizedModelFlags {
        std::string text;
    };
    auto state = std::make_shared<State>();
    app.add_option("-t,--text", state->text, "The text to predict, read as bytes")->required()->type_name("FILE");
    state->add(app, "eval");
    return [state](const Common& common) -> Status {
        Json request{{"op", "eval"}, {"seed", common.seed}};
        std::vector<request::Array> arrays;
        if (const auto status = state->fill(request, arrays); !status) return status;
        auto text = read_bytes("text", state->text);
        if (!text) return std::unexpected(text.error());
        arrays.push_back(*std::move(text));
        auto response = send(request, std::move(arrays), common);
        if (!response) return std::unexpected(response.error());
        for (const auto* key : {"done", "progress"})
            response->body.erase(key);  // for callers that ask for a part of the work
        return print_report(response->body, common);
    };
}

Action generate(CLI::App& app) {
    auto state = std::make_shared<QuantizedModelFlags>();
    state->add(app, "generate");
    return [state](const Common& common) -> Status {
        if (!state->own.typed("prompt")) return usage_error("--prompt is required: what the text begins with");
        Json request{{"op", "generate"}, {"seed", common.seed}};
        std::vector<request::Array> arrays;
        if (const auto status = state->fill(request, arrays); !status) return status;
        auto response = send(request, std::move(arrays), common);
        if (!response) return std::unexpected(response.error());
        const auto& bytes = std::get<std::vector<std::uint8_t>>(response->arrays.at(0).values);
        const std::string text(bytes.begin(), bytes.end());
        if (common.json) {
            response->body.erase("done");
            response->body["text"] = text;  // bytes that are no UTF-8 are replaced when it is printed
            return print_report(response->body, common);
        }
        return print_text(*state->own.text("prompt") + text + "\n");
    };
}

Action convert(CLI::App& app) {
    struct State {
        FieldFlags own;
        std::string in, out;
    };
    auto state = std::make_shared<State>();
    app.add_option("IN", state->in,
                   "A Llama-style safetensors file; one that is not ours needs its config.json beside it")
        ->required();
    state->own.add(app, operation_fields("convert"));
    app.get_option("--to")->required()->description("safetensors or gguf");  // without the door's default
    app.add_option("-o,--out", state->out, "The file to write")->required()->type_name("FILE");
    return [state](const Common& common) -> Status {
        io::Output output;
        if (const auto status = output.can_write(state->out); !status) return status;
        Json request{{"op", "convert"}};
        if (const auto status = state->own.fill(request); !status) return status;
        std::vector<request::Array> arrays;
        if (const auto status = read_model(state->in, arrays); !status) return status;
        Door door(common);
        const auto response = door.send(request, std::move(arrays));
        if (!response) return std::unexpected(response.error());
        if (const auto status =
                output.add(state->out, std::get<std::vector<std::uint8_t>>(response->arrays.at(0).values));
            !status)
            return status;
        if (request.value("to", "") == "safetensors") {
            // What Hugging Face's loader wants beside it; somebody else's config.json is left alone.
            const auto beside = std::filesystem::path(state->out).replace_filename("config.json").string();
            const auto described = door.send({{"op", "model"}});
            if (!described) return std::unexpected(described.error());
            if (!std::filesystem::exists(beside))
                if (const auto status = output.add(beside, described->body["config"].dump(2) + "\n"); !status)
                    return status;
        }
        return print_and_commit(response->body, output, common);
    };
}

}  // namespace

std::vector<Command> model_commands() {
    return {{"eval", "Language model", "Measure how well a model predicts a text, quantized or not", eval, true},
            {"generate", "Language model", "Let a model write, quantized or not", generate, true},
            {"train", "Language model", "Train a model: from scratch, QAT, scales, LoRA or QLoRA", train, true},
            {"sweep", "Language model", "Every method and format over a model, as the page's leaderboard starts with",
             sweep, true},
            {"convert", "Language model", "A model as a safetensors or GGUF file", convert}};
}

}  // namespace quantlens::cli
