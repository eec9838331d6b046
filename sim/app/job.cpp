#include "sim/app/job.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <utility>

#include "revision.h"
#include "sim/app/presets.h"
#include "sim/app/progress.h"
#include "sim/app/run_text.h"
#include "sim/base/error.h"
#include "sim/report/result.h"

namespace sim::app {
namespace {

constexpr std::uint64_t kProgramBytes = 16 << 20;  // code, libraries, SystemC

std::string stem(const std::string& path) { return std::filesystem::path(path).stem().string(); }

std::string architecture_file(const RunRequest& request) {
  return find_preset(request.architecture, "arch-configs");
}

std::string workload_file(const RunRequest& request) {
  return find_preset(request.workload, "workloads");
}

std::string workload_key(const std::string& file, const Settings& settings,
                         std::optional<std::uint64_t> seed) {
  std::string key = file;
  for (const auto& [name, value] : settings.workload) key += fmt::format("\n{}={}", name, value);
  return seed ? fmt::format("{}\nseed {}", key, *seed) : key;
}

std::shared_ptr<const LoadedWorkload> load(const RunRequest& request, const Settings& settings,
                                           const workload::LoadOptions& options,
                                           SharedWork& shared) {
  const std::string file = workload_file(request);
  const std::string key = workload_key(file, settings, request.seed);
  if (!shared.workloads.holds(key)) shared.mappings.clear();
  return shared.workloads.get<LoadedWorkload>(
      key, [&] { return LoadedWorkload::read(file, settings.workload, request.seed, options); });
}

/// What a check calls right is to run, so it asks for a run's memory.
core::RunOptions options_of(const RunRequest& request, Purpose purpose) {
  core::RunOptions options = request.options;
  if (purpose == Purpose::kCheck) options.engine = core::Engine::kSkip;
  return options;
}

/// The workload as it is and what the machine makes of it.
void check_memory(const workload::Workload& workload, base::MemoryNeed machine,
                  const RunRequest& request, const base::MemoryLimit& limit) {
  machine.add(workload::held(workload));
  machine.add("the program itself", kProgramBytes);
  limit.check(machine, workload_file(request));
}

/// The workload is asked for its memory before anything of it is drawn, which may take minutes, and
/// when it is there.
Job read_within_memory(const RunRequest& request, SharedWork& shared, Purpose purpose,
                       const base::MemoryLimit& limit) {
  const std::string architecture = architecture_file(request);
  workload_file(request);
  const Settings settings = Settings::parse(request.settings);
  Job job{Architecture::read(architecture, settings.architecture, shared.energy_tables), nullptr};
  const auto check = [&](const workload::Workload& workload) {
    check_memory(workload, job.architecture.design->memory(workload, options_of(request, purpose)),
                 request, limit);
  };
  const auto draw = purpose == Purpose::kRun ? workload::Draw::kAll : workload::Draw::kMasks;
  job.workload =
      load(request, settings, {.memory = limit, .draw = draw, .before_drawing = check}, shared);
  check(job.workload->workload);
  return job;
}

struct Timed {
  core::RunResult result;
  double seconds;
};

Timed simulate(const Job& job, const core::RunOptions& options) {
  TerminalProgress progress;
  const auto start = std::chrono::steady_clock::now();
  core::RunResult result = job.architecture.design->run(job.workload->workload, options, progress);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return {std::move(result), elapsed.count()};
}

/// Energy and area, by the table of the architecture and by its variants.
void price(const core::RunResult& result, const Architecture& a, report::Run& run) {
  const auto energy_by = [&](const energy::EnergyTable& table) {
    return energy::estimate(result.activities, result.static_parts, table, result.cycles,
                            a.clock_mhz);
  };
  const auto area_by = [&](const energy::EnergyTable& table) {
    return energy::area_of(result.static_parts, result.logic_parts, table, a.clock_mhz);
  };
  run.energy = energy_by(*a.energy);
  run.area = area_by(*a.energy);
  for (const energy::EnergyTable& variant : a.energy->variants()) {
    run.energy_variants.push_back(energy_by(variant).total);
    run.area_variants_mm2.push_back(area_by(variant).total.total_mm2());
  }
}

report::Run describe_run(const RunRequest& request, const Job& job, core::RunResult result) {
  const Architecture& a = job.architecture;
  report::Run run;
  run.tool_version = kVersion;
  run.tool_revision = kRevision;
  run.accelerator = a.accelerator;
  run.clock_mhz = a.clock_mhz;
  run.architecture = a.resolved;
  run.workload = job.workload->resolved;
  run.workload_description = job.workload->workload.description;
  run.seed = request.seed;
  run.options = request.options;
  price(result, a, run);
  run.node_nm = a.energy->node_nm();
  if (const auto& relative = result.relative_energy) {
    run.relative_event_pj =
        a.energy->row(relative->event, relative->width_bits, a.accelerator).value_pj;
  }
  run.result = std::move(result);
  std::ranges::copy(job.idle_keys, std::back_inserter(run.result.notes));
  return run;
}

Written write(report::ResultFolder& folder, const std::vector<report::File>& files,
              const report::Host& host) {
  Written written;
  for (const report::File& file : files) {
    folder.add(file.name, file.content);
    written.files.push_back(file.name);
  }
  written.files.push_back("host.json");
  throw_if_interrupted();
  written.kept = folder.commit(report::host_json(host));
  return written;
}

}  // namespace

base::MemoryLimit memory_limit(const RunRequest& request) {
  return request.memory ? *request.memory : base::MemoryLimit::of_this_machine();
}

std::string result_path(const RunRequest& request) {
  if (!request.out.empty()) return request.out;
  return fmt::format("out/{}-{}", stem(request.architecture), stem(request.workload));
}

Job Job::prepare(const RunRequest& request, SharedWork& shared, Purpose purpose) {
  // What is free now: less of it is when some of the work is there.
  const base::MemoryLimit limit = memory_limit(request);
  Job job = read_within_memory(request, shared, purpose, limit);
  core::Design& design = *job.architecture.design;
  const workload::Workload& workload = job.workload->workload;
  design.prepare(
      workload, options_of(request, purpose), shared.mappings,
      [&](const base::MemoryNeed& need) { check_memory(workload, need, request, limit); });
  design.check(workload);
  const core::Priced priced = design.priced(workload, request.options);
  energy::estimate(priced.activities, priced.static_parts, *job.architecture.energy, 0,
                   job.architecture.clock_mhz);  // refuses what has no price
  job.area = energy::area_of(priced.static_parts, priced.logic_parts, *job.architecture.energy,
                             job.architecture.clock_mhz);
  job.idle_keys = design.idle_keys(workload, request.options);
  throw_if_interrupted();
  return job;
}

std::string Job::run(const RunRequest& request, report::ResultFolder& folder) const {
  Timed timed = simulate(*this, request.options);
  const report::Run run = describe_run(request, *this, std::move(timed.result));
  const Written written =
      write(folder, report::result_files(run),
            {request.options.engine, timed.seconds, run.result.cycles, request.command_line});
  auto* say = request.form == Form::kJson ? run_json : run_text;
  return say(run, timed.seconds, folder.path(), written);
}

SharingKeys SharingKeys::of(const RunRequest& request, SharedWork& shared) {
  const Settings settings = Settings::parse(request.settings);
  const auto architecture =
      Architecture::read(architecture_file(request), settings.architecture, shared.energy_tables);
  return {workload_key(workload_file(request), settings, request.seed),
          fmt::format("{} {}", architecture.accelerator, architecture.design->mapping())};
}

}  // namespace sim::app
