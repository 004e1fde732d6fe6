#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iterator>
#include <new>
#include <sstream>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "data/embedded.h"
#include "tensor/machine_memory.h"

namespace quantlens::cli {
namespace {

constexpr int kDone = 0, kBadInput = 1, kWrongCommandLine = 2;

/// The contract's one line on stderr.
int report_error(std::string_view message, int status) {
    std::fprintf(stderr, "error: %s\n", visible(message).c_str());
    return status;
}

int report_error(const Error& error) {
    return report_error(error.message, error.code == ErrorCode::kBadParameter ? kWrongCommandLine : kBadInput);
}

std::vector<Command> all_commands() {
    std::vector<Command> all;
    for (auto part : {layer_commands(), format_commands(), planner_commands(), explain_commands(), model_commands()})
        std::ranges::move(part, std::back_inserter(all));
    return all;
}

/// Flags that every command has.
struct CommonParameters {
    int threads = 0;
    static constexpr auto fields() {
        return std::tuple{integer("threads", &CommonParameters::threads, 0, 1024, 1, "",
                                  "Threads at a time; 0: one for each processor")};
    }
};
struct RandomParameters {
    int seed = 0;
    static constexpr auto fields() {
        return std::tuple{integer("seed", &RandomParameters::seed, 0, 2147483647, 1, "", "Seed of everything random")};
    }
};

/// A command with its flags on the command line.
struct Listed {
    CLI::App* app;
    Action action;
    FieldFlags numbers;  // --threads and --seed
};

void add_common(Listed& listed, bool random, Common& common) {
    listed.app->add_flag("--json", common.json, "Print one JSON object on stdout and nothing else");
    listed.app->add_flag("--explain", common.explain, "Show how each number comes about");
    listed.numbers.add(*listed.app, describe<CommonParameters>());
    if (random) listed.numbers.add(*listed.app, describe<RandomParameters>());
}

/// How an option is typed: --long, or a positional's name.
std::string name_of(const CLI::Option& option) {
    return option.get_lnames().empty() ? option.get_name(true) : "--" + option.get_lnames().front();
}

std::string listed_words(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i)
        text.append(i == 0 ? "" : i + 1 == words.size() ? " and " : ", ").append(words[i]);
    return text;
}

/// What is wrong with a command line that CLI11 refused, with the name and the values as they were typed.
std::string refusal(const CLI::App& app, const CLI::ParseError& error) {
    if (error.get_exit_code() == int(CLI::ExitCodes::ExtrasError)) {
        const auto extras = app.remaining(true);
        if (!extras.empty())
            return (extras[0].starts_with("-") ? "unknown flag '" : "unexpected argument '") + extras[0] + "'";
    }
    if (error.get_exit_code() == int(CLI::ExitCodes::ArgumentMismatch))
        for (const auto* option : app.get_options())
            if (option->get_expected_max() == 1 && option->count() > 1)
                return name_of(*option) + " is given " + to_text(option->count()) + " times (" +
                       listed_words(option->results()) + "), must be given once";
    const std::string what = error.what();
    if (what.ends_with(" missing")) return what.substr(0, what.find(':')) + " has no value after it";
    if (error.get_exit_code() == int(CLI::ExitCodes::ConversionError))
        return what + "; a flag is given without a value";
    return what;
}

/// The first flag of a file or a folder whose name is empty, as --out "$UNSET" has it; null where there is none.
const CLI::Option* find_empty_path(const CLI::App& app) {
    for (const auto* option : app.get_options()) {
        const auto type = option->get_type_name();
        const bool is_path = type.starts_with("FILE") || type.starts_with("DIR") || type.starts_with("MODEL") ||
                             type.starts_with("TENSOR");
        if (is_path && option->count() > 0 && std::ranges::count(option->results(), "") > 0) return option;
    }
    return nullptr;
}

Status answer(const Listed& listed, Common common) {
    if (const auto* option = find_empty_path(*listed.app))
        return usage_error(name_of(*option) + " is empty, must name a " + option->get_type_name());
    auto numbers = Json::object();
    if (const auto status = listed.numbers.fill(numbers); !status) return status;
    common.threads = numbers.value("threads", common.threads);
    common.seed = numbers.value("seed", common.seed);
    return listed.action(common);
}

int run(int argc, char** argv) {
    CLI::App app("Quantization of neural networks: every method and format, run and measured.", "quantlens");
    app.set_version_flag("--version", "quantlens " + std::string{data::kVersion});
    app.require_subcommand(1);
    app.get_formatter()->column_width(36);
    Common common;
    std::vector<Listed> commands;
    for (const auto& command : all_commands()) {
        auto* sub = app.add_subcommand(std::string{command.name}, std::string{command.meaning})
                        ->group(std::string{command.group});
        sub->get_formatter()->column_width(36);
        Listed listed{sub, command.add(*sub), {}};
        add_common(listed, command.random, common);
        commands.push_back(std::move(listed));
    }
    app.footer("quantlens COMMAND --help shows a command's flags with defaults, ranges and units.");
    if (argc > 1 && argv[1][0] != '-' &&
        std::ranges::none_of(commands, [&](const auto& c) { return c.app->get_name() == argv[1]; })) {
        std::string known;
        for (const auto& command : commands) known.append(known.empty() ? "" : ", ").append(command.app->get_name());
        return report_error("unknown command '" + std::string{argv[1]} + "', must be one of " + known,
                            kWrongCommandLine);
    }
    const auto is_meant = [](const Listed& listed) { return listed.app->parsed(); };
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {  // --help, --version
            std::ostringstream text;
            app.exit(error, text, text);
            const auto status = print_text(text.str());
            return status ? kDone : report_error(status.error());
        }
        const auto meant = std::ranges::find_if(commands, is_meant);
        const auto& at_fault = meant == commands.end() ? app : *meant->app;
        return report_error(refusal(at_fault, error) + "; see quantlens " +
                                (meant == commands.end() ? "" : at_fault.get_name() + " ") + "--help",
                            kWrongCommandLine);
    }
    const auto meant = std::ranges::find_if(commands, is_meant);
    if (meant == commands.end()) return kWrongCommandLine;
    const auto status = answer(*meant, common);
    return status ? kDone : report_error(status.error());
}

}  // namespace
}  // namespace quantlens::cli

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);  // print_text() sees to a reader that has gone
    quantlens::cli::stop_on_signals();
    try {
        return quantlens::cli::run(argc, argv);
    } catch (const quantlens::MoreThanMachine& error) {
        return quantlens::cli::report_error(error.what(), quantlens::cli::kBadInput);
    } catch (const std::bad_alloc&) {
        return quantlens::cli::report_error("not enough memory", quantlens::cli::kBadInput);
    } catch (const std::exception& error) {
        return quantlens::cli::report_error(error.what(), quantlens::cli::kBadInput);
    }
}
