#pragma once

#include <string>

#include "sim/workload/network.h"
#include "sim/workload/workload.h"

namespace sim::workload::test {

/// The presets' folder, with its slash.
extern const std::string kFolder;

/// The workload of a file with this text beside the presets.
Workload load_text(const std::string& yaml);

/// Message of the refusal without the folder, or "no error".
std::string refusal(const std::string& yaml);

const NetworkTask& task(const Workload& workload);

}  // namespace sim::workload::test
