#include "sim/workload/trace.h"

#include <utility>

#include "sim/workload/open_tensors.h"
#include "sim/workload/tensor_reader.h"
#include "sim/workload/trace_graph.h"
#include "sim/workload/trace_reference.h"

namespace sim::workload {
namespace {

base::MemoryNeed sentences_need(const Safetensors& file) {
  base::MemoryNeed need;
  for (const char* name : {"reference.source_offsets", "reference.prompt_offsets"}) {
    const auto offsets = file.tensors().find(name);
    if (offsets != file.tensors().end()) {
      need.add("the sentences", sentences_bytes(offsets->second.shape[0]));
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
  return read_trace(open_tensors(path, limit, sentences_need));
}

}  // namespace sim::workload
