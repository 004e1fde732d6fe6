#include <memory>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/report.h"
#include "io/input_file.h"

namespace quantlens::cli {
namespace {

/// Questions about one model: every flag is a key of the request, but --config names a file whose text is sent.
Action planned(CLI::App& app, const char* operation) {
    struct State {
        FieldFlags fields;
        std::string config;
    };
    auto state = std::make_shared<State>();
    constexpr std::string_view kHidden[] = {"config"};
    state->fields.add(app, operation_fields(operation), kHidden);
    app.add_option("--config", state->config, "A Hugging Face config.json instead of a model's id")->type_name("FILE");
    return [state, operation](const Common& common) -> Status {
        Json request{{"op", operation}};
        if (const auto status = state->fields.fill(request); !status) return status;
        const bool has_model = state->fields.typed("model");
        if (has_model == !state->config.empty())
            return usage_error(
                has_model ? "--model and --config both name the model; use one of them"
                          : "no model is given; use --model ID (`quantlens models` lists them) or --config FILE");
        if (!state->config.empty()) {
            const auto text = io::read_text(state->config);
            if (!text) return std::unexpected(text.error());
            if (text->empty())
                return fail(ErrorCode::kBadFile, "config",
                            state->config + " is empty, must be a JSON object such as {\"hidden_size\": 4096, ...}");
            request["config"] = *text;
        }
        auto response = send(request, {}, common);
        // What is wrong inside the file is bad input, not a wrong command line.
        if (!response && response.error().field == "config") response.error().code = ErrorCode::kBadFile;
        if (!response) return std::unexpected(response.error());
        return print_report(response->body, common);
    };
}

Action memory(CLI::App& app) { return planned(app, "memory"); }
Action speed(CLI::App& app) { return planned(app, "speed"); }
Action finetune_memory(CLI::App& app) { return planned(app, "finetune-memory"); }
Action roofline(CLI::App& app) { return planned(app, "roofline"); }
Action formats_that_fit(CLI::App& app) { return planned(app, "formats-that-fit"); }

/// Many models at once: no configuration of one's own.
Action cache_curve(CLI::App& app) {
    auto fields = std::make_shared<FieldFlags>();
    fields->add(app, operation_fields("cache-curve"));
    return [fields](const Common& common) -> Status {
        Json request{{"op", "cache-curve"}};
        if (const auto status = fields->fill(request); !status) return status;
        const auto response = send(request, {}, common);
        if (!response) return std::unexpected(response.error());
        return print_report(response->body, common);
    };
}

Action listed(const char* operation) {
    return [operation](const Common& common) -> Status {
        const auto response = send({{"op", operation}}, {}, common);
        if (!response) return std::unexpected(response.error());
        return print_report(response->body, common);
    };
}

Action models(CLI::App&) { return listed("models"); }
Action devices(CLI::App&) { return listed("devices"); }

}  // namespace

std::vector<Command> planner_commands() {
    return {{"memory", "Plan", "Memory that a model's weights and KV cache take", memory},
            {"speed", "Plan", "Tokens a second that a device's memory and arithmetic allow", speed},
            {"finetune-memory", "Plan", "Memory that finetuning takes, with adapters or without", finetune_memory},
            {"roofline", "Plan", "Where decoding and prefill stand under a device's roof", roofline},
            {"formats-that-fit", "Plan", "Which formats of the weights fit a device, and what fits beside them",
             formats_that_fit},
            {"cache-curve", "Plan", "KV caches of models against the context", cache_curve},
            {"models", "Plan", "List the models that memory and speed know", models},
            {"devices", "Plan", "List the devices that memory and speed know", devices}};
}

}  // namespace quantlens::cli
