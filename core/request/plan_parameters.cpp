#include "request/plan_parameters.h"

#include <array>

#include "request/json.h"

namespace quantlens::request {

using namespace planner;

Result<ModelShape> model_of(const MemoryParameters& p) {
    if (p.model.empty() == p.config.empty())
        return bad_parameter("model", p.model.empty() ? "missing" : "given together with config",
                             "either a model id or a config");
    if (!p.config.empty()) return model_from_config(p.config);
    const auto found = find_model(p.model);
    if (!found) return std::unexpected(found.error());
    return **found;
}

Storage storage_of(const MemoryParameters& p) {
    Storage storage = Storage::all(p.weights);
    const std::array parts{&p.weights_embedding, &p.weights_attention, &p.weights_feed_forward, &p.weights_norms};
    for (std::size_t part = 0; part < parts.size(); ++part)
        if (!parts[part]->empty()) storage.weights[part] = *parts[part];
    storage.kv_key = p.kv_key;
    storage.kv_value = p.kv_value;
    storage.kv_group = std::uint64_t(p.kv_group);
    storage.kv_residual = std::uint64_t(p.kv_residual);
    return storage;
}

Load load_of(const MemoryParameters& p) { return {std::uint64_t(p.context), std::uint64_t(p.batch), p.overhead}; }

Result<double> memory_to_fit(const MemoryParameters& p) {
    if (p.device.empty()) return p.fit;
    if (p.fit > 0) return bad_parameter("fit", "given together with device", "left out: a device brings its memory");
    const auto device = find_device(p.device);
    if (!device) return std::unexpected(device.error());
    if (!(*device)->memory_bytes)
        return fail(ErrorCode::kUnsupported, "device",
                    (*device)->name + " comes with different amounts of memory; give the bytes with fit");
    return *(*device)->memory_bytes;
}

Result<ChosenMachine> machine_of(const std::string& device, double bandwidth, double compute) {
    ChosenMachine chosen;
    chosen.machine.bandwidth_gb_s = bandwidth;
    if (compute > 0) chosen.machine.compute_tflops = compute;
    if (device.empty()) {
        if (bandwidth == 0) return bad_parameter("device", "missing", "a device id, or give bandwidth and compute");
        return chosen;
    }
    const auto found = find_device(device);
    if (!found) return std::unexpected(found.error());
    if (bandwidth == 0) chosen.machine.bandwidth_gb_s = (*found)->bandwidth_gb_s;
    if (compute == 0) chosen.machine.compute_tflops = (*found)->fp16_tflops;
    chosen.about = object({{"id", (*found)->id}, {"name", (*found)->name}, {"source", (*found)->source}});
    return chosen;
}

}  // namespace quantlens::request
