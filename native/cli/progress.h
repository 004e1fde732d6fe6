#pragma once

#include <chrono>
#include <string>

namespace quantlens::cli {

/// A bar on stderr while long work runs. Silent where stderr is no terminal, and for work that ends within half a
/// second.
class ProgressBar {
public:
    explicit ProgressBar(std::string label);
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    /// Draws the share done, 0 to 1; false where the user asked to stop (Ctrl-C).
    bool show(double share_done);

private:
    using Clock = std::chrono::steady_clock;

    std::string label_;
    bool is_terminal_;
    bool drawn_ = false;
    Clock::time_point start_ = Clock::now();
    Clock::time_point last_ = start_;
};

/// From now on Ctrl-C and a termination request ask the work to stop, so that nothing half-written stays behind. A
/// second one ends the program at once.
void stop_on_signals();
bool stop_requested();

}  // namespace quantlens::cli
