#include "files/directory.h"
#include "files/npy.h"
#include "files/safetensors.h"
#include "request/json.h"
#include "request/operation.h"

// Tensor files without a file system: the caller reads and writes the bytes.

namespace quantlens::request {
namespace {

struct InspectParameters {
    std::string file;
    double file_bytes = 0;
    static constexpr auto fields() {
        using P = InspectParameters;
        return std::tuple{
            text("file", &P::file, "the file's name, for the answer"),
            real("file_bytes", &P::file_bytes, 0, 9007199254740992.0, 1, "bytes", "size of the whole file")};
    }
};

Result<Response> inspect(const InspectParameters& p, Call& call) {
    const auto start = find_bytes(call, "start");
    if (!start) return std::unexpected(start.error());
    const auto parsed = files::parse(**start, std::uint64_t(p.file_bytes));
    if (!parsed) return std::unexpected(parsed.error());
    if (const auto* more = std::get_if<files::NeedsMore>(&*parsed))
        return Response{object({{"needs", more->bytes}}), {}};
    auto directory = parse_json(files::directory_json(std::get<files::Directory>(*parsed), p.file));
    if (!directory) return std::unexpected(directory.error());
    return Response{*std::move(directory), {}};
}

enum class FileKind : std::uint8_t { kNpy, kSafetensors };
constexpr std::array<std::string_view, 2> kFileKinds{"npy", "safetensors"};

struct TensorFileParameters {
    FileKind kind = FileKind::kSafetensors;
    static constexpr auto fields() {
        return std::tuple{choice("to", &TensorFileParameters::kind, kFileKinds, "kind of file; npy holds one array")};
    }
};

const files::ElementType* type_of(const Array& array) {
    constexpr std::string_view kIds[] = {"f32", "i8", "u8", "i32"};  // in the order of the variant
    return files::find_by_id(kIds[array.values.index()]);
}

Result<std::vector<std::uint8_t>> npy_file(const std::vector<Array>& arrays) {
    if (arrays.size() != 1)
        return fail(ErrorCode::kBadParameter, "to", "an npy file holds one array, " + to_text(arrays.size()) + " came");
    const std::vector<std::uint64_t> shape(arrays[0].shape.begin(), arrays[0].shape.end());
    return std::visit([&](const auto& values) { return files::build_npy(std::span(values), shape); }, arrays[0].values);
}

Result<std::vector<std::uint8_t>> safetensors_file(const std::vector<Array>& arrays) {
    std::vector<files::TensorToWrite> tensors;
    for (const auto& array : arrays) {
        const auto bytes =
            std::visit([](const auto& values) { return std::as_bytes(std::span(values)); }, array.values);
        tensors.push_back({array.name,
                           type_of(array),
                           {array.shape.begin(), array.shape.end()},
                           {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}});
    }
    return files::build_safetensors(tensors, {});
}

Result<Response> tensor_file(const TensorFileParameters& p, Call& call) {
    auto bytes = p.kind == FileKind::kNpy ? npy_file(call.arrays) : safetensors_file(call.arrays);
    if (!bytes) return std::unexpected(bytes.error());
    const std::size_t size = bytes->size();
    Response response{object({{"bytes", size}}), {}};
    response.arrays.push_back({"file", {size}, *std::move(bytes)});
    return response;
}

}  // namespace

std::vector<Operation> file_operations() {
    return {operation<InspectParameters>(
                "inspect", "tensors and metadata of a file from its first bytes, or how many it takes to tell",
                {"start"}, inspect),
            operation<TensorFileParameters>("tensor-file", "the arrays that come with it as the bytes of a file", {},
                                            tensor_file)};
}

}  // namespace quantlens::request
