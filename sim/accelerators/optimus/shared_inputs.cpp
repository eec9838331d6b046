#include "sim/accelerators/optimus/shared_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <set>

namespace sim::optimus {
namespace {

using workload::Network;
using workload::Operator;
using workload::OperatorKind;
using Group = std::vector<std::uint32_t>;

/// Whether each position of its result is made of the same position of one input.
bool keeps_positions(const Operator& op) {
  switch (op.kind()) {
    case OperatorKind::kSplit:
    case OperatorKind::kActivation:
    case OperatorKind::kRotary:
      return true;
    case OperatorKind::kNorm:
      return op.inputs.size() == 1;
    default:
      return false;
  }
}

class Groups {
 public:
  explicit Groups(const Network& model)
      : operators_(model.operators), matrix_(operators_.size()), first_(operators_.size()) {
    std::iota(first_.begin(), first_.end(), 0u);
    for (std::uint32_t i = 0; i < operators_.size(); ++i) find_matrix(i);
    for (const Operator& op : operators_) join_results_of(op);
  }

  std::vector<Group> take() {
    std::vector<Group> of_first(operators_.size());
    for (std::uint32_t i = 0; i < operators_.size(); ++i) of_first[first(i)].push_back(i);
    std::erase_if(of_first, [](const Group& group) { return group.empty(); });
    return of_first;
  }

 private:
  void find_matrix(std::uint32_t i) {
    const Operator& op = operators_[i];
    if (op.kind() == OperatorKind::kLinear) matrix_[i] = i;
    if (keeps_positions(op)) matrix_[i] = matrix_[op.inputs[0]];
  }

  void join_results_of(const Operator& op) {
    const OperatorKind kind = op.kind();
    if (kind == OperatorKind::kAttentionScores || kind == OperatorKind::kMultiply) {
      join({op.inputs[0], op.inputs[1]});
    }
    if (kind == OperatorKind::kAttentionValues) {
      const Operator& softmax = operators_[op.inputs[0]];
      const Operator& scores = operators_[softmax.inputs[0]];
      join({scores.inputs[0], op.inputs[1]});
      join({scores.inputs[1], op.inputs[1]});
    }
  }

  void join(std::array<std::uint32_t, 2> results) {
    const auto a = matrix_[results[0]];
    const auto b = matrix_[results[1]];
    if (!a || !b) return;
    const Operator& one = operators_[*a];
    const Operator& other = operators_[*b];
    if (one.phase != other.phase || one.inputs != other.inputs) return;
    const auto [low, high] = std::minmax({first(*a), first(*b)});
    first_[high] = low;
  }

  std::uint32_t first(std::uint32_t i) {
    while (first_[i] != i) i = first_[i] = first_[first_[i]];
    return i;
  }

  const std::vector<Operator>& operators_;
  std::vector<std::optional<std::uint32_t>> matrix_;  // linear operator of each result
  std::vector<std::uint32_t> first_;                  // an earlier one of its group, or itself
};

std::size_t last_part(const std::string& name) { return name.rfind('.') + 1; }  // npos + 1 is 0

/// What `other` adds to a name that begins with `name`.
std::string part_of_name(const std::string& name, const std::string& other) {
  const std::size_t part = last_part(other);
  const bool same_module = last_part(name) == part && other.compare(0, part, name, 0, part) == 0;
  return "+" + (same_module ? other.substr(part) : other);
}

}  // namespace

std::vector<Group> groups_of_shared_inputs(const Network& model) { return Groups(model).take(); }

std::vector<Group> single_operators(const Network& model) {
  std::vector<Group> groups;
  for (std::uint32_t i = 0; i < model.operators.size(); ++i) groups.push_back({i});
  return groups;
}

std::vector<std::string> names_of(const std::vector<Group>& groups, const Network& model) {
  std::set<std::string> taken;
  for (const Operator& op : model.operators) taken.insert(op.name);
  std::vector<std::string> names;
  for (const Group& group : groups) {
    const std::string& first = model.operators[group[0]].name;
    std::string name = first;
    for (std::size_t i = 1; i < group.size(); ++i) {
      name += part_of_name(first, model.operators[group[i]].name);
    }
    names.push_back(name);
    if (group.size() == 1) continue;
    for (int n = 2; !taken.insert(names.back()).second; ++n) {
      names.back() = fmt::format("{} ({})", name, n);
    }
  }
  return names;
}

}  // namespace sim::optimus
