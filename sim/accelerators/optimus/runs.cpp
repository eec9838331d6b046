#include "sim/accelerators/optimus/runs.h"

#include <fmt/format.h>

#include <string_view>
#include <variant>

namespace sim::optimus {
namespace {

using workload::Operator;

constexpr std::string_view kRuns =
    "embedding (with positions), linear, logits, attention_scores (of as many heads of keys as of "
    "queries, without window and bias), softmax, attention_values and norm (of a sum)";

/// What the operator asks for that no unit does; empty: nothing. One overload for each kind that
/// has a unit; of the others the kind itself.
struct Missing {
  std::string operator()(const workload::Embedding& e) const {
    return e.has_positions ? "" : "an embedding without positions";
  }
  std::string operator()(const workload::Linear& /*linear*/) const { return ""; }
  std::string operator()(const workload::Logits& /*logits*/) const { return ""; }
  std::string operator()(const workload::AttentionScores& a) const {
    if (a.heads != a.kv_heads) return fmt::format("{} heads of {} of keys", a.heads, a.kv_heads);
    if (a.mask.window) return "attention with a window";
    return a.has_bias ? "attention with a bias" : "";
  }
  std::string operator()(const workload::Softmax& /*softmax*/) const { return ""; }
  std::string operator()(const workload::AttentionValues& /*values*/) const { return ""; }
  std::string operator()(const workload::Norm& /*norm*/) const {
    return op.inputs.size() == 2 ? "" : "a norm of one input";
  }
  template <class Other>
  std::string operator()(const Other& /*other*/) const {
    return fmt::format("of kind {}", workload::name_of(op.kind()));
  }

  const Operator& op;
};

}  // namespace

std::string reason_against(const workload::Network& network) {
  if (network.kind != workload::NetworkKind::kEncoderDecoder) {
    return fmt::format("networks of kind encoder_decoder; this one is of kind {}",
                       workload::name_of(network.kind));
  }
  for (const Operator& op : network.operators) {
    const std::string missing = std::visit(Missing{op}, op.body);
    if (missing.empty()) continue;
    return fmt::format("{}; operator '{}' is {}", kRuns, op.name, missing);
  }
  return "";
}

}  // namespace sim::optimus
