#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "model/evaluation.h"
#include "model/generator.h"
#include "model/quantization.h"
#include "model/training_run.h"
#include "request/operation.h"

namespace quantlens::request {

/// The newest few of a kind of thing, by key. A session keeps work that is under way, so that a page can ask for a
/// little of it at a time, drop it for a newer wish, and come back.
template <class T>
class Recent {
public:
    explicit Recent(std::size_t most) : most_(most) {}
    T* find(const std::string& key) {
        for (auto& [known, item] : items_)
            if (known == key) return &item;
        return nullptr;
    }
    T& add(const std::string& key, T item) {
        items_.emplace_front(key, std::move(item));
        if (items_.size() > most_) items_.pop_back();
        return items_.front().second;
    }

private:
    std::size_t most_;
    std::deque<std::pair<std::string, T>> items_;
};

/// A language model's weights and a number that tells it from others.
struct LoadedModel {
    std::shared_ptr<const model::Weights> weights;
    std::uint64_t fingerprint = 0;
};

/// The models and their unfinished work that a session holds.
struct ModelStore {
    LoadedModel loaded;
    Recent<std::shared_ptr<model::Quantization>> quantizations{3};
    Recent<std::shared_ptr<model::Baseline>> baselines{3};
    Recent<std::shared_ptr<model::Evaluation>> evaluations{3};
    Recent<std::shared_ptr<model::Generator>> generators{4};
    Recent<std::shared_ptr<const model::Calibration>> calibrations{2};
    Recent<std::shared_ptr<model::TrainingRun>> trainings{2};
};

/// How a request quantizes the language model: a method ("none": unquantized) and its settings beside the plan.
struct ModelParameters : model::QuantizationPlan {
    std::string method = "none";
    int step_limit = 0;
    static constexpr auto fields() {
        using P = ModelParameters;
        return std::tuple_cat(
            std::tuple{text("method", &P::method, "how to quantize the matrices: a method, a number format, or none")},
            model::QuantizationPlan::fields(),
            std::tuple{
                integer("step_limit", &P::step_limit, 0, 1 << 30, 1, "steps",
                        "does so much and returns what there is; the same request again goes on. 0: all of it")});
    }
};

/// The model of the request: the array "model" (a safetensors file) where it came, else the session's.
Result<LoadedModel> model_of(Call& call);

/// The bytes of an array such as "text", or an error that names it; empty where it did not come and is not needed.
Result<std::vector<model::Token>> tokens_of(Call& call, std::string_view array, bool needed);

/// A number that tells texts apart.
std::uint64_t fingerprint(std::span<const model::Token> tokens);

/// What the inputs of the loaded model's matrices depend on.
struct CalibrationSource {
    const LoadedModel& loaded;
    double planted_outliers;
    int outlier_channels;
    int tokens;
    std::span<const model::Token> text;
    std::uint64_t text_fingerprint;
};

/// The inputs that the matrices of `original`, the loaded model with its planted outliers, see on the text: those of an
/// earlier request, or captured now.
Result<std::shared_ptr<const model::Calibration>> calibration_of(const CalibrationSource& source,
                                                                 const model::Model& original, Call& call);

/// Counts steps against the limit of a request, tells its caller and hears whether to stop.
class Budget {
public:
    Budget(const Call& call, int limit) : run_(call.run), left_(limit > 0 ? limit : -1) {}
    /// Whether another step is allowed.
    bool open() const { return left_ != 0; }
    /// After a step. Fails with kCancelled where the caller asks to stop.
    Status spend(double share_done) {
        if (left_ > 0) --left_;
        if (run_.should_stop(share_done)) return fail(ErrorCode::kCancelled, "", "cancelled");
        return {};
    }

private:
    const Run& run_;
    int left_;
};

/// A quantized model, as far as it has come.
struct QuantizedModel {
    std::shared_ptr<model::Quantization> work;
    std::string key;      // of everything that it depends on
    Settings parameters;  // the method's effective ones
    bool done() const { return work->steps_done() == work->steps(); }
};

/// Finds or begins the quantized model of a request and goes on with it within the budget.
/// `share` is how much of the whole request this is, for the progress.
Result<QuantizedModel> quantized_model(const ModelParameters& p, Call& call, Budget& budget, double share);

}  // namespace quantlens::request
