#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>

#include "revision.h"
#include "sim/app/commands.h"
#include "sim/app/inputs.h"
#include "sim/app/presets.h"
#include "sim/app/progress.h"
#include "sim/app/run_text.h"
#include "sim/base/error.h"
#include "sim/report/result.h"
#include "sim/report/result_folder.h"
#include "sim/values/check_luts.h"

namespace sim::app {
namespace {

std::string stem(const std::string& path) { return std::filesystem::path(path).stem().string(); }

/// Everything read and checked, before a cycle is simulated.
struct Job {
  Architecture architecture;
  LoadedWorkload workload;
};

Job prepare(const std::string& architecture, const std::string& workload,
            const std::vector<std::string>& options, std::optional<std::uint64_t> seed) {
  const Settings settings = Settings::parse(options);
  Job job{Architecture::read(architecture, settings.architecture),
          LoadedWorkload::read(workload, settings.workload, seed)};
  job.architecture.design->check(job.workload.workload);
  throw_if_interrupted();
  return job;
}

report::Run describe_run(const RunRequest& request, const Job& job, core::RunResult result) {
  const Architecture& a = job.architecture;
  report::Run run;
  run.tool_version = kVersion;
  run.tool_revision = kRevision;
  run.accelerator = a.accelerator;
  run.clock_mhz = a.clock_mhz;
  run.architecture = a.resolved;
  run.workload = job.workload.resolved;
  run.workload_description = job.workload.workload.description;
  run.seed = request.seed;
  run.options = request.options;
  run.energy = energy::estimate(result.activities, result.static_parts, a.energy, result.cycles,
                                a.clock_mhz);
  run.energy_node_nm = a.energy.node_nm();
  run.result = std::move(result);
  return run;
}

struct Timed {
  core::RunResult result;
  double seconds;
};

Timed simulate(const Job& job, const core::RunOptions& options) {
  TerminalProgress progress;
  const auto start = std::chrono::steady_clock::now();
  core::RunResult result = job.architecture.design->run(job.workload.workload, options, progress);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return {std::move(result), elapsed.count()};
}

std::vector<std::string> write(report::ResultFolder& folder,
                               const std::vector<report::File>& files) {
  std::vector<std::string> names;
  for (const report::File& file : files) {
    folder.add(file.name, file.content);
    names.push_back(file.name);
  }
  throw_if_interrupted();
  folder.commit();
  return names;
}

}  // namespace

std::string run(const RunRequest& request) {
  const std::string architecture = find_preset(request.architecture, "arch-configs");
  const std::string workload = find_preset(request.workload, "workloads");
  const Job job = prepare(architecture, workload, request.settings, request.seed);
  report::ResultFolder folder(request.out.empty()
                                  ? fmt::format("out/{}-{}", stem(architecture), stem(workload))
                                  : request.out);
  Timed timed = simulate(job, request.options);
  const report::Run run = describe_run(request, job, std::move(timed.result));
  auto files = report::result_files(run);
  files.push_back(report::host_file(
      {request.options.engine, timed.seconds, run.result.cycles, request.command_line}));
  const auto names = write(folder, files);
  return run_text(run, timed.seconds, folder.path(), names);
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

/// One line about a workload that was read; compares the values that a LUT program brings.
std::string workload_line(const std::string& path, const workload::Workload& workload) {
  std::string values;
  if (const auto* task = std::get_if<workload::LutTask>(&workload.task)) {
    values = fmt::format("; {} values are what the program computes", values::check_vectors(*task));
  }
  return fmt::format("{}: right ({}{})\n", path, workload.description, values);
}

std::string check_workload(const std::string& word, const std::vector<std::string>& options,
                           std::optional<std::uint64_t> seed) {
  const std::string path = find_preset(word, "workloads");
  const auto loaded = LoadedWorkload::read(path, Settings::parse(options).workload, seed);
  return workload_line(path, loaded.workload);
}

}  // namespace

std::string check(const std::string& architecture, const std::string& workload,
                  const std::vector<std::string>& settings, std::optional<std::uint64_t> seed) {
  if (workload.empty() && is_workload(architecture)) {
    return check_workload(architecture, settings, seed);
  }
  const std::string architecture_path = find_preset(architecture, "arch-configs");
  if (workload.empty()) {
    Architecture::read(architecture_path, Settings::parse(settings).architecture);
    return fmt::format("{}: right\n", architecture_path);
  }
  const std::string workload_path = find_preset(workload, "workloads");
  const Job job = prepare(architecture_path, workload_path, settings, seed);
  return fmt::format("{}: right\n{}", architecture_path,
                     workload_line(workload_path, job.workload.workload));
}

stats::CycleWindow parse_window(const std::string& text) {
  stats::CycleWindow window;
  const char* end = text.data() + text.size();
  const auto from = std::from_chars(text.data(), end, window.from);
  if (from.ec == std::errc() && from.ptr != end && *from.ptr == ':') {
    const auto to = std::from_chars(from.ptr + 1, end, window.to);
    if (to.ec == std::errc() && to.ptr == end && window.from < window.to) return window;
  }
  throw base::UserError(
      fmt::format("--timeline {}: not of the form FROM:TO in cycles, as 0:20000", text));
}

}  // namespace sim::app
