#include "cli/command.h"

#include <chrono>
#include <new>
#include <utility>

#include "cli/flags.h"
#include "cli/progress.h"
#include "tensor/machine_memory.h"

namespace quantlens::cli {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

std::unexpected<Error> usage_error(std::string message) {
    return fail(ErrorCode::kBadParameter, "", std::move(message));
}

Door::Door(const Common& common)
    : pool_(std::size_t(common.threads)), session_(std::make_unique<request::Session>(pool_, now)) {}
Door::~Door() = default;

Result<request::Response> Door::send(const Json& request, std::vector<request::Array> arrays,
                                     request::Progress progress) {
    try {
        auto response = session_->answer(request, std::move(arrays), std::move(progress));
        if (!response) return std::unexpected(with_flag_names(std::move(response.error())));
        return response;
    } catch (const MoreThanMachine& error) {
        return fail(ErrorCode::kTooLarge, "", error.what());
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::kTooLarge, "", "not enough memory for this request");
    } catch (const std::length_error&) {
        return fail(ErrorCode::kTooLarge, "", "not enough memory for this request");
    }
}

Result<request::Response> send(const Json& request, std::vector<request::Array> arrays, const Common& common) {
    Door door(common);
    ProgressBar bar(request.value("op", ""));
    return door.send(request, std::move(arrays), [&](double share) { return bar.show(share); });
}

}  // namespace quantlens::cli
