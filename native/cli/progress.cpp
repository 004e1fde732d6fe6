#include "cli/progress.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <utility>

#include <unistd.h>

namespace quantlens::cli {
namespace {

volatile std::sig_atomic_t stop = 0;

extern "C" void on_signal(int signal) {
    if (stop) {
        std::signal(signal, SIG_DFL);
        std::raise(signal);
    }
    stop = 1;
}

}  // namespace

void stop_on_signals() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

bool stop_requested() { return stop != 0; }

ProgressBar::ProgressBar(std::string label) : label_(std::move(label)), is_terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
    if (drawn_) std::fputs("\r\x1b[K", stderr);
}

bool ProgressBar::show(double share_done) {
    const auto now = Clock::now();
    const std::chrono::duration<double> elapsed = now - start_, since_last = now - last_;
    if (is_terminal_ && elapsed.count() > 0.5 && since_last.count() > 0.1) {
        constexpr int kWidth = 30;
        const double share = std::clamp(share_done, 0.0, 1.0);
        const int full = int(share * kWidth);
        const double left = share > 0.01 ? elapsed.count() / share - elapsed.count() : 0;
        std::string bar(std::size_t(full), '=');
        bar.resize(kWidth, ' ');
        std::fprintf(stderr, "\r\x1b[K%s [%s] %3.0f %%", label_.c_str(), bar.c_str(), share * 100);
        if (share > 0.01) std::fprintf(stderr, ", %.0f s left", left);
        std::fflush(stderr);
        drawn_ = true;
        last_ = now;
    }
    return !stop_requested();
}

}  // namespace quantlens::cli
