#pragma once

#include <map>
#include <memory>
#include <string>

#include "cli/flags.h"

namespace quantlens::cli {

/// --method and the flags of every method. All are accepted by the parser; a flag that the chosen method does not read
/// is an error that lists those it reads, and so is a value outside its range.
class MethodFlags {
public:
    /// `taken` are keys that the command has flags for already.
    void add(CLI::App& app, bool required, std::span<const FieldInfo> taken);

    bool given() const { return !method_.empty(); }
    const std::string& method() const { return method_; }
    Status fill(Json& request) const;

private:
    struct Entry {
        CLI::Option* option = nullptr;
        std::string text;
        bool is_flag = false;
        bool truth = false;
    };
    std::string method_;
    bool may_be_none_ = false;  // "none", as in a request: not quantized
    std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries_;
};

/// The help text: the parameters of each method with range, unit, default and meaning.
std::string methods_help();

}  // namespace quantlens::cli
