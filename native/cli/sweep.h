#pragma once

#include "cli/command.h"

namespace quantlens::cli {

/// quantlens sweep: one eval request for each row of sweep_rows.h, and their figures as a file.
Action sweep(CLI::App& app);

}  // namespace quantlens::cli
