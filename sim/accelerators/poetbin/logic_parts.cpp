#include "sim/accelerators/poetbin/logic_parts.h"

#include "sim/accelerators/poetbin/compiler.h"
#include "sim/base/math.h"

namespace sim::poetbin {
namespace {

using energy::LogicPart;
using energy::selection;

constexpr const char* kRoutes = "routes";
constexpr const char* kArgmax = "argmax";

void add(std::vector<LogicPart>& parts, LogicPart part) {
  if (part.count > 0) parts.push_back(std::move(part));
}

void add_levels(std::vector<LogicPart>& parts, const Program& program) {
  for (const auto& level : program.luts.levels) {
    add(parts, energy::logic(level.name, "tables", "lut", level.fan_in, level.luts));
  }
}

void add_gathering(std::vector<LogicPart>& parts, const Program& program,
                   const FabricConfig& config, std::uint64_t pins) {
  const std::uint64_t signals = program.luts.signals();
  if (config.banks == 0) {
    add(parts, selection(kRoutes, "context", config.contexts, 1, signals));
    add(parts, selection(kRoutes, "bits of pins", signals, 1, pins));
    return;
  }
  const std::uint64_t ports = std::uint64_t{config.banks} * config.ports;
  const std::uint64_t bits_of_bank = base::ceil_div(signals * config.contexts, config.banks);
  add(parts, selection(kRoutes, "ports of pins", ports, 1, pins));
  add(parts, selection(kRoutes, "addresses of ports", pins, base::ceil_log2(bits_of_bank), ports));
}

void add_groups(std::vector<LogicPart>& parts, const Program& program, const Config& config) {
  for (const LaneGroup& group : program.groups) {
    if (!group.routed) continue;
    const std::uint64_t pins = std::uint64_t{group.lanes} * group.fan_in;
    if (program.fabric) {
      add_gathering(parts, program, config.fabric, pins);
    } else {
      add(parts, selection(kRoutes, "features of pins", program.luts.inputs, 1, pins));
    }
  }
}

void add_argmax(std::vector<LogicPart>& parts, const workload::LutProgram& luts) {
  add(parts, energy::logic(kArgmax, "comparison", "add", luts.score_bits, luts.classes - 1));
  add(parts, selection(kArgmax, "choice", luts.classes, luts.score_bits + class_bits(luts), 1));
}

}  // namespace

std::vector<LogicPart> logic_parts(const Program& program, const Config& config) {
  std::vector<LogicPart> parts;
  if (config.variant == Variant::kSpatial) add_levels(parts, program);
  add_groups(parts, program, config);
  if (config.argmax) add_argmax(parts, program.luts);
  return parts;
}

}  // namespace sim::poetbin
