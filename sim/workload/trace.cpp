#include "sim/workload/trace.h"

#include <utility>

#include "sim/workload/tensor_reader.h"
#include "sim/workload/trace_graph.h"
#include "sim/workload/trace_reference.h"

namespace sim::workload {

Workload read_trace(std::shared_ptr<const TensorFile> trace) {
  const std::string& file = trace->name();
  trace->check_metadata("lockstep-trace-1", {"graph", "origin", "reference"});
  const auto& metadata = trace->content().metadata();
  TensorReader tensors(trace->content(), file);
  TranslationTask task;
  task.model = read_graph(metadata.at("graph"), tensors, file);
  read_reference(metadata.at("reference"), tensors, file, task);
  tensors.refuse_unused("name it in the graph or the reference");
  Workload workload;
  workload.name = task.model.name;
  workload.description = trace->origin();
  workload.trace = std::move(trace);
  workload.task = std::move(task);
  return workload;
}

}  // namespace sim::workload
