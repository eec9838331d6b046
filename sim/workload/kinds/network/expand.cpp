#include "sim/workload/kinds/network/expand.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "sim/base/error.h"

namespace sim::workload::network {
namespace {

constexpr std::uint64_t kMostOperators = 8192;

class Expander {
 public:
  explicit Expander(std::string first) : before_(first), first_(std::move(first)) {}

  void add(const Block& block) {
    std::set<std::string> own;
    if (block.name) {
      for (const Layer& layer : block.layers) own.insert(layer.name);
    }
    for (std::uint32_t copy = 0; copy < block.repeat; ++copy) {
      const std::string prefix = block.name ? fmt::format("{}.{}.", *block.name, copy) : "";
      const std::string start = before_;
      for (Layer layer : block.layers) {
        layer.name = prefix + layer.name;
        layer.inputs = inputs(layer, own, prefix, start);
        before_ = layer.name;
        all_.push_back(std::move(layer));
      }
    }
  }

  std::vector<Layer> take() { return std::move(all_); }

 private:
  std::vector<std::string> inputs(const Layer& layer, const std::set<std::string>& own,
                                  const std::string& prefix, const std::string& start) const {
    if (!layer.inputs && layer.kind == OperatorKind::kEmbedding) return {first_};
    if (!layer.inputs && layer.kind == OperatorKind::kConstant) return {};
    if (!layer.inputs) return {before_};
    std::vector<std::string> names = *layer.inputs;
    if (prefix.empty()) return names;
    for (std::string& name : names) {
      if (own.contains(name)) {
        name.insert(0, prefix);
      } else if (name == "before") {
        name = start;
      }
    }
    return names;
  }

  std::string before_;
  std::string first_;
  std::vector<Layer> all_;
};

}  // namespace

std::vector<Layer> expanded(const std::vector<Block>& blocks, const std::string& first,
                            const std::string& file) {
  std::uint64_t operators = 0;
  for (const Block& block : blocks) operators += block.repeat * block.layers.size();
  if (operators > kMostOperators) {
    throw base::WorkloadError(
        fmt::format("{}: layers: {} operators with all repeats; at most {} "
                    "are allowed",
                    file, operators, kMostOperators));
  }
  Expander expander(first);
  for (const Block& block : blocks) expander.add(block);
  return expander.take();
}

}  // namespace sim::workload::network
