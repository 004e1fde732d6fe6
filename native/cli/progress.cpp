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

bool ProgressBar::show(double share_done, std::string_view note) {
    const auto now = Clock::now();
    const std::chrono::duration<double> elapsed = now - start_, since_last = now - last_;
    const double share = std::clamp(share_done, 0.0, 1.0);
    if (!first_share_) first_share_ = share;
    if (is_terminal_ && elapsed.count() > 0.5 && since_last.count() > 0.1) {
        constexpr int kWidth = 30;
        constexpr double kEnoughToGuess = 0.005;
        std::string bar(std::size_t(share * kWidth), '=');
        bar.resize(kWidth, ' ');
        std::fprintf(stderr, "\r\x1b[K%s [%s] %3.0f %%", label_.c_str(), bar.c_str(), share * 100);
        const double done_here = share - *first_share_;
        if (done_here > kEnoughToGuess)
            std::fprintf(stderr, ", %s left", duration_text(elapsed.count() * (1 - share) / done_here).c_str());
        if (!note.empty()) std::fprintf(stderr, ", %.*s", int(note.size()), note.data());
        std::fflush(stderr);
        drawn_ = true;
        last_ = now;
    }
    return !stop_requested();
}

std::string duration_text(double seconds) {
    const auto whole = static_cast<unsigned long long>(std::max(0.0, seconds) + 0.5);
    char text[64];
    if (whole < 60)
        std::snprintf(text, sizeof text, "%llu s", whole);
    else if (whole < 3600)
        std::snprintf(text, sizeof text, "%llu min %02llu s", whole / 60, whole % 60);
    else
        std::snprintf(text, sizeof text, "%llu h %02llu min", whole / 3600, whole / 60 % 60);
    return text;
}

}  // namespace quantlens::cli
