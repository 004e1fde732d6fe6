#include "cli/train.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "cli/flags.h"
#include "cli/model_input.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "io/output.h"

namespace quantlens::cli {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// Settings of the command alone: the door is given texts in two parts, and saves when it is told to.
struct RunParameters {
    double held_out_share = 0.1;
    int checkpoint_every = 100;
    static constexpr auto fields() {
        using P = RunParameters;
        return std::tuple{
            real("held_out_share", &P::held_out_share, 0, 0.9, 0.01, "",
                 "share at the end of each text that is kept apart to measure the model"),
            integer("checkpoint_every", &P::checkpoint_every, 1, 1000000, 1, "steps", "steps between checkpoints")};
    }
};

struct State {
    FieldFlags fields, run_fields;
    std::vector<std::string> texts;
    std::string out, resume, model, calibration, log;
};

constexpr std::string_view kSetHere[] = {"from_scratch", "save", "keep", "validate_stride", "step_limit"};
// Steps of one request: as many as take about a second, so that a wish to stop is heard soon.
constexpr double kLongRequest = 1.0;
constexpr int kMostAtOnce = 64;
constexpr int kValidateStride = 8;  // every eighth window of the held-out text tells enough, in an eighth of the time

request::Array bytes_array(std::string_view name, Bytes bytes) {
    const auto size = bytes.size();
    return {std::string{name}, {size}, std::move(bytes)};
}

/// The texts one after the other without their ends, and their ends.
Result<std::pair<Bytes, Bytes>> read_texts(const State& state, double held_out_share) {
    Bytes training, held_out;
    for (const auto& path : state.texts) {
        auto text = read_bytes("text", path);
        if (!text) return std::unexpected(text.error());
        const auto& bytes = std::get<Bytes>(text->values);
        const auto end = bytes.begin() + std::ptrdiff_t(double(bytes.size()) * (1.0 - held_out_share));
        training.insert(training.end(), bytes.begin(), end);
        held_out.insert(held_out.end(), end, bytes.end());
    }
    return std::pair{std::move(training), std::move(held_out)};
}

const Bytes* find_bytes(const request::Response& response, std::string_view name) {
    for (const auto& array : response.arrays)
        if (array.name == name) return std::get_if<Bytes>(&array.values);
    return nullptr;
}

/// "1.87 bits a byte, 5050 tokens a second": how the run goes.
std::string note_of(const Json& body) {
    std::string note;
    if (!body["new_bits_per_byte"].empty()) note = short_text(body["new_bits_per_byte"].back()) + " bits a byte, ";
    char speed[48];
    std::snprintf(speed, sizeof speed, "%.0f tokens a second", body["tokens_per_second"].get<double>());
    return note + speed;
}

/// The record of a run, a line a step: "step,bits_per_byte,learning_rate". A resumed run goes on in the same file. The
/// file is not there before the first step is done: settings or texts that are wrong leave none behind.
class Log {
public:
    explicit Log(std::string path) : path_(std::move(path)) {}

    Status add(const Json& body) {
        const auto& steps = body["new_steps"];
        if (path_.empty() || steps.empty()) return {};
        if (!file_) {
            file_.reset(std::fopen(path_.c_str(), "a"));
            if (!file_) return fail(ErrorCode::kBadFile, path_, "cannot write " + path_ + ": " + std::strerror(errno));
            if (std::fseek(file_.get(), 0, SEEK_END) == 0 && std::ftell(file_.get()) == 0)
                std::fputs("step,bits_per_byte,learning_rate\n", file_.get());
        }
        for (std::size_t i = 0; i < steps.size(); ++i)
            std::fprintf(file_.get(), "%s,%s,%s\n", steps[i].dump().c_str(),
                         short_text(body["new_bits_per_byte"][i]).c_str(),
                         short_text(body["new_learning_rates"][i]).c_str());
        if (std::fflush(file_.get()) != 0)
            return fail(ErrorCode::kBadFile, path_, "cannot write " + path_ + ": " + std::strerror(errno));
        return {};
    }

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::string path_;
    std::unique_ptr<std::FILE, Close> file_;
};

/// What is sent with every request, and with the first one alone.
struct Inputs {
    std::vector<request::Array> always;
    std::vector<request::Array> first;
};

Result<Inputs> read_inputs(const State& state, double held_out_share) {
    Inputs inputs;
    auto texts = read_texts(state, held_out_share);
    if (!texts) return std::unexpected(texts.error());
    inputs.always.push_back(bytes_array("text", std::move(texts->first)));
    if (!texts->second.empty()) inputs.always.push_back(bytes_array("held_out", std::move(texts->second)));
    if (!state.model.empty())
        if (const auto status = read_model(state.model, inputs.always); !status) return std::unexpected(status.error());
    for (const auto& [name, path] : {std::pair{"calibration", &state.calibration}, {"checkpoint", &state.resume}}) {
        if (path->empty()) continue;
        auto array = read_bytes(name, *path);
        if (!array) return std::unexpected(array.error());
        (name == std::string_view{"checkpoint"} ? inputs.first : inputs.always).push_back(*std::move(array));
    }
    return inputs;
}

Status run(const State& state, const Common& common) {
    if (const auto status = io::Output{}.can_write(state.out); !status) return status;
    Json request{{"op", "train"}, {"seed", common.seed}};
    if (const auto status = state.fields.fill(request); !status) return status;
    if (state.model.empty()) request["from_scratch"] = true;
    auto own = Json::object();
    if (const auto status = state.run_fields.fill(own); !status) return status;
    const RunParameters standard;
    const double held_out_share = own.value("held_out_share", standard.held_out_share);
    const int checkpoint_every = own.value("checkpoint_every", standard.checkpoint_every);
    auto inputs = read_inputs(state, held_out_share);
    if (!inputs) return std::unexpected(inputs.error());
    const bool validates = find_bytes({{}, inputs->always}, "held_out") != nullptr;
    Log log(state.log);
    Door door(common);
    ProgressBar bar("train");
    std::string note;
    // Between two requests the run stands at a step's end, so a wish to stop is heard there.
    const auto show = [&](double share) { return bar.show(share, note), true; };
    int until_checkpoint = checkpoint_every;
    int at_once = 1;
    double tokens = 0, seconds_training = 0;
    while (true) {
        const bool stops = stop_requested();
        const int steps = stops ? 1 : std::min(at_once, until_checkpoint);
        until_checkpoint -= steps;
        const bool saves = until_checkpoint == 0 || stops;
        request["step_limit"] = steps;
        request["save"] = saves;
        request["validate_stride"] = saves && validates && !stops ? kValidateStride : 0;
        auto arrays = inputs->always;
        for (auto& array : inputs->first) arrays.push_back(std::move(array));
        inputs->first.clear();
        auto response = door.send(request, std::move(arrays), show);
        if (!response) return std::unexpected(response.error());
        note = note_of(response->body);
        const double seconds = response->body["seconds"].get<double>();
        const double new_tokens = response->body["tokens"].get<double>();
        tokens += new_tokens;
        // Its own measure, without what a checkpoint and its validation take.
        if (const double speed = response->body["tokens_per_second"].get<double>(); speed > 0)
            seconds_training += new_tokens / speed;
        if (seconds < kLongRequest / 2) at_once = std::min(2 * at_once, kMostAtOnce);
        if (seconds > kLongRequest) at_once = std::max(1, at_once / 2);
        if (const auto status = log.add(response->body); !status) return status;
        const bool done = response->body.value("done", false);
        const auto* file = find_bytes(*response, done ? "model" : "checkpoint");
        if (file)
            if (const auto status = io::write_file(state.out, *file); !status) return status;
        if (saves) until_checkpoint = checkpoint_every;
        if (!done && stops)
            return fail(ErrorCode::kCancelled, "",
                        "stopped at step " + response->body["step"].dump() + " of " + response->body["steps"].dump() +
                            "; " + state.out + " is a checkpoint: --resume " + state.out + " goes on");
        if (!done) continue;
        auto body = response->body;
        if (validates && !body.contains("held_out_bits_per_byte")) {
            // The run ended between two checkpoints: the finished model is measured by a request without steps.
            request["validate_stride"] = kValidateStride;
            const auto measured = door.send(request, inputs->always);
            if (!measured) return std::unexpected(measured.error());
            body["held_out_bits_per_byte"] = measured->body["held_out_bits_per_byte"];
        }
        body["tokens"] = std::uint64_t(tokens);
        body["tokens_per_second"] = seconds_training > 0 ? tokens / seconds_training : 0.0;
        if (!body["new_bits_per_byte"].empty()) body["bits_per_byte"] = body["new_bits_per_byte"].back();
        for (const auto* key : {"done", "new_steps", "new_bits_per_byte", "new_learning_rates"}) body.erase(key);
        body["out"] = state.out;
        return print_report(body, common);
    }
}

}  // namespace

Action train(CLI::App& app) {
    auto state = std::make_shared<State>();
    app.add_option("-t,--text", state->texts, "Texts to learn from, read as bytes")->required()->type_name("FILE...");
    app.add_option("-o,--out", state->out, "The model; while the run goes on, its last checkpoint")
        ->required()
        ->type_name("MODEL.safetensors");
    app.add_option("--resume", state->resume, "A checkpoint of a run with the same texts and settings, to go on from")
        ->type_name("MODEL");
    app.add_option("--model", state->model, "A model to go on training; without it a new one is made")
        ->type_name("FILE");
    app.add_option("--calibration", state->calibration, "A text for a --base whose method needs activations")
        ->type_name("FILE");
    app.add_option("--log", state->log, "A record of the run, a line a step: step,bits_per_byte,learning_rate")
        ->type_name("FILE.csv");
    state->run_fields.add(app, describe<RunParameters>());
    state->fields.add(app, operation_fields("train"), kSetHere);
    return [state](const Common& common) { return run(*state, common); };
}

}  // namespace quantlens::cli
