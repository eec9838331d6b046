#include "sim/workload/trace.h"

#include <utility>

#include "sim/workload/open_tensors.h"
#include "sim/workload/tensor_reader.h"
#include "sim/workload/trace_graph.h"
#include "sim/workload/trace_reference.h"

namespace sim::workload {
namespace {

/// Samples, of whichever kind the network is, and pieces of text.
base::MemoryNeed samples_need(const Safetensors& file) {
  base::MemoryNeed need;
  for (const auto& [name, tensor] : file.tensors()) {
    const std::uint64_t count = tensor.shape[0];
    if (name == "reference.source_offsets" || name == "reference.prompt_offsets") {
      need.add("the sentences", sentences_bytes(count));
    } else if (name.starts_with("reference.inputs.")) {
      need.add("the samples", sentences_bytes(count));
    } else if (name == "text.vocabulary_offsets") {
      need.add("the vocabulary", base::product({2 * sizeof(std::string), count}));
    }
  }
  return need;
}

}  // namespace

NetworkTask read_trace(std::shared_ptr<const TensorFile> trace) {
  const std::string& file = trace->name();
  const bool first = trace->schema() == "lockstep-trace-1";
  const TraceSchema schema = first ? TraceSchema::k1 : TraceSchema::k2;
  trace->check_metadata(first ? "lockstep-trace-1" : "lockstep-trace-2",
                        {"graph", "origin", "reference"});
  const auto& metadata = trace->content().metadata();
  TensorReader tensors(trace->content(), file);
  NetworkTask task;
  task.model = read_graph(metadata.at("graph"), schema, tensors, file);
  read_reference(metadata.at("reference"), schema, tensors, file, task);
  tensors.refuse_unused("name it in the graph or the reference");
  trace->origin();  // checks its fields
  task.trace = std::move(trace);
  return task;
}

NetworkTask open_trace(const std::string& path, const base::MemoryLimit& limit) {
  return read_trace(open_tensors(path, limit, samples_need));
}

}  // namespace sim::workload
