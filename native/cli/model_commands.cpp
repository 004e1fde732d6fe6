#include "cli/command.h"

namespace quantlens::cli {

std::vector<Command> model_commands() { return {}; }

}  // namespace quantlens::cli
