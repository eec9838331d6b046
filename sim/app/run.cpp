#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sim/app/commands.h"
#include "sim/app/job.h"
#include "sim/app/presets.h"
#include "sim/app/run_text.h"
#include "sim/base/error.h"
#include "sim/base/printable.h"
#include "sim/values/check_files.h"
#include "sim/values/check_programs.h"

namespace sim::app {

std::string run(const RunRequest& request) {
  report::ResultFolder folder(result_path(request));  // first: no work for a place that is refused
  SharedWork alone;
  return Job::prepare(request, alone).run(request, folder);
}

namespace {

/// Whether the only file that was given is a workload: a bare name that only workloads have, or a
/// file with their first key.
bool is_workload(const std::string& word) {
  const auto names_it = [&](std::string_view folder) {
    return std::ranges::count(preset_names(folder), word) > 0;
  };
  if (word.find('/') == std::string::npos && !word.ends_with(".yaml")) {
    return !names_it("arch-configs") && names_it("workloads");
  }
  return base::ConfigReader::file(word).has("kind");
}

/// A line about a workload that was read; compares the values that its files state. More lines for
/// programs, which say what each of their checks found.
std::string workload_lines(const std::string& path, const workload::Workload& workload,
                           const base::MemoryLimit& limit) {
  std::string values;
  if (const auto compared = values::check_files(workload, limit)) {
    values = fmt::format("; {} values are what the program computes", *compared);
  }
  std::string lines = fmt::format("{}: right ({}{})\n", base::printable(path),
                                  base::printable(workload.description, kMaxDescription), values);
  for (const std::string& line : values::check_programs(workload, limit)) {
    lines += fmt::format("  {}\n", base::printable(line, kMaxDescription));
  }
  return lines;
}

std::string check_workload(const RunRequest& request) {
  const std::string path = find_preset(request.architecture, "workloads");
  const auto loaded =
      LoadedWorkload::read(path, Settings::parse(request.settings).workload, request.seed,
                           {.memory = memory_limit(request), .draw = workload::Draw::kNothing});
  return workload_lines(path, loaded.workload, memory_limit(request));
}

}  // namespace

std::string check(const RunRequest& given) {
  if (given.workload.empty() && is_workload(given.architecture)) return check_workload(given);
  RunRequest request = given;
  request.architecture = find_preset(given.architecture, "arch-configs");
  std::string machine = fmt::format("{}: right\n", base::printable(request.architecture));
  SharedWork alone;
  if (request.workload.empty()) {
    Architecture::read(request.architecture, Settings::parse(request.settings).architecture,
                       alone.energy_tables);
    return machine;
  }
  request.workload = find_preset(given.workload, "workloads");
  request.options.engine = core::Engine::kTick;  // which needs nothing more than the mapping
  const Job job = Job::prepare(request, alone, Purpose::kCheck);
  return machine + area_sentence(job.area, job.architecture.energy->node_nm()) +
         workload_lines(request.workload, job.workload->workload, memory_limit(request)) +
         note_lines(job.idle_keys);
}

stats::CycleWindow parse_window(const std::string& text) {
  stats::CycleWindow window;
  const char* end = text.data() + text.size();
  const auto from = std::from_chars(text.data(), end, window.from);
  if (from.ec == std::errc() && from.ptr != end && *from.ptr == ':') {
    const auto to = std::from_chars(from.ptr + 1, end, window.to);
    if (to.ec == std::errc() && to.ptr == end && window.from < window.to) return window;
  }
  throw base::UserError(fmt::format("--timeline {}: not of the form FROM:TO in cycles, as 0:20000",
                                    base::printable(text)));
}

}  // namespace sim::app
