#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace quantlens::cli {

/// A bar on stderr while long work runs. Silent where stderr is no terminal, and for work that ends within half a
/// second.
class ProgressBar {
public:
    explicit ProgressBar(std::string label);
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    /// Draws the share done, 0 to 1, the time left and a note; false where the user asked to stop (Ctrl-C). Work that
    /// goes on with something begun earlier starts at its first share: the time left counts from there.
    bool show(double share_done, std::string_view note = {});

private:
    using Clock = std::chrono::steady_clock;

    std::string label_;
    bool is_terminal_;
    bool drawn_ = false;
    std::optional<double> first_share_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point last_ = start_;
};

/// "8 s", "3 min 20 s", "1 h 05 min".
std::string duration_text(double seconds);

/// From now on Ctrl-C and a termination request ask the work to stop, so that nothing half-written stays behind. A
/// second one ends the program at once.
void stop_on_signals();
bool stop_requested();

}  // namespace quantlens::cli
