#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sim/workload/json_fields.h"
#include "sim/workload/network.h"
#include "sim/workload/tensor_reader.h"
#include "sim/workload/trace_operators.h"

namespace sim::workload {

constexpr std::size_t kMaxEnds = 8;  // inputs, outputs

/// Adds operators to a network one after the other, each as a trace states it (JSON and the tensors
/// that it names). Checks that they come in execution order, read only what their phase may read,
/// and fit each other in shape; finish() checks the whole. The network's name, kind, limits and
/// inputs are there already. Throws WorkloadError "WHERE: operator NAME: …".
class GraphReader {
 public:
  /// `file` stands for the file in messages about the whole.
  GraphReader(Network& model, TraceSchema schema, TensorReader& tensors, std::string file);

  /// The file, or the place in it, begins messages.
  void read(const nlohmann::json& value, const std::string& place);
  void read(const nlohmann::json& value) { read(value, file_); }
  /// Outputs by name: none of a network that chooses tokens.
  void finish(const std::vector<std::string>& outputs);

 private:
  void know(const Operator& op, const std::string& where);
  std::uint32_t index_of(const std::string& name, const std::string& where) const;
  Phase read_phase(JsonFields& fields) const;
  void read_inputs(Operator& op, JsonFields& fields);
  std::uint32_t tokens(const Operator& op, const std::string& name, const JsonFields& fields) const;
  std::uint32_t earlier(const Operator& op, std::size_t i, const std::string& name,
                        const JsonFields& fields);
  void check_kind(const Operator& op, std::size_t i, const Operator& source,
                  const JsonFields& fields) const;
  void read_outputs(const std::vector<std::string>& names);

  Network& model_;
  const TraceSchema schema_;
  const std::size_t inputs_;  // of the network
  std::string file_;
  OperatorReader reader_;
  std::map<std::string, std::uint32_t> index_;
};

}  // namespace sim::workload
