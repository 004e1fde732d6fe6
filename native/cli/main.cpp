#include <algorithm>
#include <cstdio>
#include <iterator>
#include <new>

#include "cli/command.h"
#include "cli/progress.h"
#include "data/embedded.h"

namespace quantlens::cli {
namespace {

constexpr int kDone = 0, kBadInput = 1, kWrongCommandLine = 2;

/// The contract's one line on stderr.
int report_error(std::string message, int status) {
    std::ranges::replace(message, '\n', ' ');
    std::fprintf(stderr, "error: %s\n", message.c_str());
    return status;
}

std::vector<Command> all_commands() {
    std::vector<Command> all;
    for (auto part : {layer_commands(), format_commands(), planner_commands(), explain_commands(), model_commands()})
        std::ranges::move(part, std::back_inserter(all));
    return all;
}

void add_common(CLI::App& app, const Command& command, Common& common) {
    app.add_flag("--json", common.json, "Print one JSON object on stdout and nothing else");
    app.add_flag("--explain", common.explain, "Show how each number comes about");
    app.add_option("--threads", common.threads, "Threads; 0 to 1024 (0: one for each processor)")
        ->check(CLI::Range(0, 1024).description(""))
        ->type_name("N");
    if (command.random)
        app.add_option("--seed", common.seed, "Seed of everything random; 0 to 2147483647 (0)")
            ->check(CLI::Range(0, 2147483647).description(""))
            ->type_name("N");
}

int run(int argc, char** argv) {
    CLI::App app("Quantization of neural networks: every method and format, run and measured.", "quantlens");
    app.set_version_flag("--version", "quantlens " + std::string{data::kVersion});
    app.require_subcommand(1);
    app.get_formatter()->column_width(36);
    Common common;
    std::vector<std::pair<CLI::App*, Action>> actions;
    for (const auto& command : all_commands()) {
        auto* sub = app.add_subcommand(std::string{command.name}, std::string{command.meaning})
                        ->group(std::string{command.group});
        sub->get_formatter()->column_width(36);
        auto action = command.add(*sub);
        add_common(*sub, command, common);
        actions.emplace_back(sub, std::move(action));
    }
    app.footer("quantlens COMMAND --help shows a command's flags with defaults, ranges and units.");
    if (argc > 1 && argv[1][0] != '-' &&
        std::ranges::none_of(actions, [&](const auto& a) { return a.first->get_name() == argv[1]; })) {
        std::string known;
        for (const auto& [sub, action] : actions) known.append(known.empty() ? "" : ", ").append(sub->get_name());
        return report_error("unknown command '" + std::string{argv[1]} + "', must be one of " + known,
                            kWrongCommandLine);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
        return report_error(std::string{error.what()} + "; see quantlens --help", kWrongCommandLine);
    }
    for (const auto& [sub, action] : actions) {
        if (!sub->parsed()) continue;
        const auto status = action(common);
        if (status && (std::fflush(stdout) != 0 || std::ferror(stdout) != 0))
            return report_error("cannot write to standard output", kBadInput);
        if (status) return kDone;
        return report_error(status.error().message,
                            status.error().code == ErrorCode::kBadParameter ? kWrongCommandLine : kBadInput);
    }
    return kWrongCommandLine;
}

}  // namespace
}  // namespace quantlens::cli

int main(int argc, char** argv) {
    quantlens::cli::stop_on_signals();
    try {
        return quantlens::cli::run(argc, argv);
    } catch (const std::bad_alloc&) {
        return quantlens::cli::report_error("not enough memory", quantlens::cli::kBadInput);
    } catch (const std::exception& error) {
        return quantlens::cli::report_error(error.what(), quantlens::cli::kBadInput);
    }
}
