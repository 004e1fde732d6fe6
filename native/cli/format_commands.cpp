#include <memory>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/model_input.h"
#include "cli/report.h"
#include "cli/tensors.h"
#include "files/directory.h"
#include "io/input_file.h"
#include "io/output.h"
#include "io/tensor_input.h"

namespace quantlens::cli {
namespace {

Action formats(CLI::App&) {
    return [](const Common& common) -> Status {
        auto response = send({{"op", "formats"}}, {}, common);
        if (!response) return std::unexpected(response.error());
        if (!common.json)
            for (auto& format : response->body["formats"]) format.erase("values");
        return print_report(response->body, common);
    };
}

Action schema(CLI::App&) {
    return [](const Common& common) -> Status {
        const auto response = send({{"op", "schema"}}, {}, common);
        if (!response) return std::unexpected(response.error());
        if (common.json) return print_report(response->body, common);
        // For people the names; the parameters are long and --json has them.
        Json shown{{"version", response->body["version"]}, {"instruction_set", response->body["instruction_set"]}};
        for (const auto& [list, keys] :
             {std::pair<const char*, std::vector<const char*>>{"operations", {"name", "meaning"}},
              {"methods", {"id", "title", "source"}}})
            for (const auto& item : response->body[list]) {
                Json row;
                for (const auto* key : keys) row[key] = item[key];
                shown[list].push_back(std::move(row));
            }
        return print_report(shown, common);
    };
}

struct BlockState {
    std::string format, in, out;
};

std::shared_ptr<BlockState> block_flags(CLI::App& app, const char* in, const char* in_type, const char* out,
                                        const char* out_type) {
    auto state = std::make_shared<BlockState>();
    app.add_option("-f,--format", state->format, "Id of the format, as `quantlens formats` lists them")
        ->required()
        ->type_name("ID");
    app.add_option("-i,--in", state->in, in)->required()->type_name(in_type);
    app.add_option("-o,--out", state->out, out)->required()->type_name(out_type);
    return state;
}

Action encode(CLI::App& app) {
    auto state = block_flags(app, "Values of any shape, read row-major", "TENSOR",
                             "The format's bytes, without a header", "FILE");
    return [state](const Common& common) -> Status {
        io::Output output;
        if (const auto status = output.can_write(state->out); !status) return status;
        std::vector<request::Array> arrays;
        auto input = read_array("input", state->in);
        if (!input) return std::unexpected(input.error());
        arrays.push_back(*std::move(input));
        const auto response = send({{"op", "encode"}, {"format", state->format}}, std::move(arrays), common);
        if (!response) return std::unexpected(response.error());
        const auto& blocks = std::get<std::vector<std::uint8_t>>(response->arrays.at(0).values);
        if (const auto status = output.add(state->out, blocks); !status) return status;
        return print_and_commit(response->body, output, common);
    };
}

Action decode(CLI::App& app) {
    auto state =
        block_flags(app, "Bytes of the format, without a header", "FILE", "The values, 1-D float32", "FILE.npy");
    return [state](const Common& common) -> Status {
        io::Output output;
        if (const auto status = output.can_write(state->out); !status) return status;
        auto blocks = read_bytes("blocks", state->in);
        if (!blocks) return std::unexpected(blocks.error());
        std::vector<request::Array> arrays;
        arrays.push_back(*std::move(blocks));
        const auto response = send({{"op", "decode"}, {"format", state->format}}, std::move(arrays), common);
        if (!response) return std::unexpected(response.error());
        const auto npy = npy_of(response->arrays.at(0));
        if (!npy) return std::unexpected(npy.error());
        if (const auto status = output.add(state->out, *npy); !status) return status;
        return print_and_commit(response->body, output, common);
    };
}

/// Lists what can be typed with its flag or without once, without; CLI11 lists it both ways.
class HelpNamesOnce : public CLI::Formatter {
public:
    std::string make_group(std::string group, bool is_positional,
                           std::vector<const CLI::Option*> options) const override {
        if (!is_positional) std::erase_if(options, [](const auto* option) { return option->get_positional(); });
        return Formatter::make_group(std::move(group), is_positional, std::move(options));
    }
};

Action inspect(CLI::App& app) {
    auto file = std::make_shared<std::string>();
    app.add_option("--file,FILE", *file, "An npy, safetensors or GGUF file; --file FILE is the same")->required();
    const auto width = app.get_formatter()->get_column_width();
    app.formatter(std::make_shared<HelpNamesOnce>());
    app.get_formatter()->column_width(width);
    return [file](const Common& common) -> Status {
        const auto opened = io::InputFile::open(*file);
        if (!opened) return std::unexpected(opened.error());
        const auto directory = io::read_directory(*opened);
        if (!directory) return std::unexpected(directory.error());
        auto body = Json::parse(files::directory_json(*directory, *file), nullptr, false);
        if (!common.json)
            for (auto& tensor : body["tensors"])
                tensor["shape"] = files::shape_text(tensor["shape"].get<std::vector<std::uint64_t>>());
        return print_report(body, common);
    };
}

}  // namespace

std::vector<Command> format_commands() {
    return {{"formats", "Formats and files", "List the number formats with their true bits per weight", formats},
            {"encode", "Formats and files", "Write values as the bytes of a format", encode},
            {"decode", "Formats and files", "Read the bytes of a format as values", decode},
            {"inspect", "Formats and files", "List the tensors and metadata of a file", inspect},
            {"schema", "Formats and files", "List operations, methods and their parameters", schema}};
}

}  // namespace quantlens::cli
