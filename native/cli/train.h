#pragma once

#include "cli/command.h"

namespace quantlens::cli {

/// quantlens train: train requests of a few steps each, a checkpoint now and then, the finished model at the end.
Action train(CLI::App& app);

}  // namespace quantlens::cli
