#include "sim/workload/trace.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "sim/base/error.h"
#include "sim/workload/json_fields.h"
#include "sim/workload/text.h"
#include "sim/workload/trace_graph.h"
#include "sim/workload/trace_reference.h"
#include "sim/workload/trace_tensors.h"

namespace sim::workload {
namespace {

constexpr std::string_view kSchema = "lockstep-trace-1";
const std::vector<std::string> kMetadata = {"schema", "graph", "origin", "reference"};

void check_metadata(const std::map<std::string, std::string>& metadata, const std::string& file) {
  const std::string where = file + ": __metadata__";
  for (const std::string& key : kMetadata) {
    if (!metadata.contains(key)) {
      throw base::WorkloadError(fmt::format("{}: '{}' is missing; a trace has {}", where, key,
                                            fmt::join(kMetadata, ", ")));
    }
  }
  for (const auto& [key, value] : metadata) {
    if (std::ranges::find(kMetadata, key) == kMetadata.end()) {
      throw base::WorkloadError(
          fmt::format("{}: unknown '{}'{}", where, printable(key), suggestion(key, kMetadata)));
    }
  }
  if (metadata.at("schema") != kSchema) {
    throw base::WorkloadError(fmt::format("{}: schema is '{}'; this program reads '{}'", where,
                                          printable(metadata.at("schema")), kSchema));
  }
}

/// Where a trace comes from, in one line.
std::string read_origin(const std::string& text, const std::string& file) {
  const std::string where = file + ": origin";
  const nlohmann::json document = parse_json_object(text, where);
  JsonFields fields(document, where);
  for (const char* field : {"framework", "exporter", "notes"}) fields.text(field);
  std::string line = fmt::format("{}; from {}; {}", fields.text("model"), fields.text("source"),
                                 fields.text("licence"));
  fields.finish();
  return line;
}

}  // namespace

Trace::Trace(const std::string& path)
    : file_(path),
      mapped_(std::make_unique<base::MappedFile>(path)),
      content_(mapped_->bytes(), file_) {}

Trace::Trace(std::vector<std::byte> bytes, const std::string& name)
    : file_(name), bytes_(std::move(bytes)), content_(bytes_, file_) {}

Workload read_trace(std::shared_ptr<const Trace> trace) {
  const std::string& file = trace->file();
  const auto& metadata = trace->content().metadata();
  check_metadata(metadata, file);
  TraceTensors tensors(trace->content(), file);
  TranslationTask task;
  task.model = read_graph(metadata.at("graph"), tensors, file);
  read_reference(metadata.at("reference"), tensors, file, task);
  tensors.refuse_unused();
  Workload workload;
  workload.name = task.model.name;
  workload.description = read_origin(metadata.at("origin"), file);
  workload.trace = std::move(trace);
  workload.task = std::move(task);
  return workload;
}

}  // namespace sim::workload
