#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/core/accelerator.h"

namespace sim::app {

/// How a command says what it has to say; every command has text, and those that a program may
/// want to read have JSON (docs/json.md).
enum class Form { kText, kJson, kMarkdown, kCsv };

struct RunRequest {
  std::string architecture;
  std::string workload;
  std::string out;  // empty: out/<architecture>-<workload>
  std::vector<std::string> settings;
  std::optional<std::uint64_t> seed;
  core::RunOptions options;
  std::optional<base::MemoryLimit> memory;  // none: what the machine has free
  Form form = Form::kText;
  std::vector<std::string> command_line;
};

// Each command returns what it has to say on stdout, and throws what main turns into an exit code.

std::string run(const RunRequest& request);
/// An architecture, a workload (given as the architecture), or both.
std::string check(const RunRequest& request);
std::string rtl(const RunRequest& request);
std::string keys(const std::optional<std::string>& what, Form form);
std::string list(Form form);
std::string compare(const std::string& folder_a, const std::string& folder_b, Form form);
std::string metrics(Form form);
std::string doctor(Form form);

/// "0..100" style windows: FROM:TO in cycles, FROM < TO; base::UserError otherwise.
stats::CycleWindow parse_window(const std::string& text);

}  // namespace sim::app
