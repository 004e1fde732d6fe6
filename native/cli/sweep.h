#pragma once

#include "cli/command.h"

namespace quantlens::cli {

/// quantlens sweep: one eval request for each method and format, at 2, 3, 4 and 8 bits where a method has them.
Action sweep(CLI::App& app);

}  // namespace quantlens::cli
