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
  const auto offsets = file.tensors().find("reference.source_offsets");
  if (offsets != file.tensors().end()) {
    need.add("the sentences", sentences_bytes(offsets->second.shape[0]));
  }
  return need;
}

}  // namespace

NetworkTask read_trace(std::shared_ptr<const TensorFile> trace) {
  const std::string& file = trace->name();
  trace->check_metadata("lockstep-trace-1", {"graph", "origin", "reference"});
  const auto& metadata = trace->content().metadata();
  TensorReader tensors(trace->content(), file);
  NetworkTask task;
  task.model = read_graph(metadata.at("graph"), tensors, file);
  read_reference(metadata.at("reference"), tensors, file, task);
  tensors.refuse_unused("name it in the graph or the reference");
  trace->origin();  // checks its fields
  task.trace = std::move(trace);
  return task;
}

NetworkTask open_trace(const std::string& path, const base::MemoryLimit& limit) {
  return read_trace(open_tensors(path, limit, sentences_need));
}

}  // namespace sim::workload
