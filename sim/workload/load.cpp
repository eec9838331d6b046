#include "sim/workload/load.h"

#include <fmt/format.h>

#include "sim/base/error.h"
#include "sim/workload/kind_keys.h"
#include "sim/workload/kinds.h"

namespace sim::workload {
namespace {

using base::ConfigReader;

constexpr const char* kSetPrefix = "workload.";

}  // namespace

ConfigReader open_workload(const std::string& path, const ConfigReader::Overrides& overrides,
                           std::optional<std::uint64_t> seed) {
  ConfigReader reader = ConfigReader::file(path, overrides, kSetPrefix);
  if (!seed) return reader;
  if (!read_kind(reader, workload_kinds()).draws_at_random(reader)) {
    throw base::WorkloadError(fmt::format(
        "{}: --seed {}: this workload draws nothing at random; leave --seed out", path, *seed));
  }
  ConfigReader::Overrides all = overrides;
  all.emplace_back("seed", fmt::to_string(*seed));
  return ConfigReader::file(path, all, kSetPrefix);
}

Workload load(ConfigReader& reader, const LoadOptions& options) {
  const auto source = read_source(reader, workload_kinds());
  options.memory.check(source->memory(), reader.file_name());
  return source->load(reader, options);
}

Workload load(const std::string& path) {
  ConfigReader reader = open_workload(path);
  return load(reader);
}

std::vector<base::KeyDoc> workload_keys() { return described_keys(workload_kinds()); }

}  // namespace sim::workload
