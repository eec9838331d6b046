#include "sim/accelerators/poetbin/fabric_program.h"

#include <algorithm>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "sim/base/math.h"

namespace sim::poetbin {
namespace {

using workload::LutLevel;
using workload::LutProgram;
using workload::Signal;

/// The bits that a slot reads, by bank.
class Reads {
 public:
  Reads(std::uint32_t banks, std::uint32_t ports) : ports_(ports), of_bank_(banks) {}

  /// Different bits of the fullest bank if the LUT came in as well.
  std::uint32_t fullest_with(const LutLevel& level, std::uint32_t lut) {
    std::uint32_t fullest = fullest_;
    fresh_.clear();
    for (std::uint32_t k = 0; k < level.fan_in; ++k) {
      const Signal signal = level.pins(lut)[k];
      if (signal < 0 || bits_.contains(signal)) continue;
      if (std::find(fresh_.begin(), fresh_.end(), signal) != fresh_.end()) continue;
      fresh_.push_back(signal);
      fullest = std::max(fullest, ++of_bank_[bank(signal)]);
    }
    for (const Signal signal : fresh_) --of_bank_[bank(signal)];
    return fullest;
  }

  void add(const LutLevel& level, std::uint32_t lut) {
    for (std::uint32_t k = 0; k < level.fan_in; ++k) {
      const Signal signal = level.pins(lut)[k];
      if (signal < 0 || !bits_.insert(signal).second || of_bank_.empty()) continue;
      fullest_ = std::max(fullest_, ++of_bank_[bank(signal)]);
    }
  }

  std::uint32_t count() const { return static_cast<std::uint32_t>(bits_.size()); }
  std::uint32_t cycles() const {
    return std::max<std::uint32_t>(1, (fullest_ + ports_ - 1) / ports_);
  }

 private:
  std::size_t bank(Signal signal) const {
    return static_cast<std::size_t>(signal) % of_bank_.size();
  }

  std::uint32_t ports_;
  std::vector<std::uint32_t> of_bank_;  // different bits; empty: a full crossbar
  std::uint32_t fullest_ = 0;
  std::unordered_set<Signal> bits_;
  std::vector<Signal> fresh_;
};

/// Puts the LUTs of one level into slots.
class Packer {
 public:
  Packer(const LutLevel& level, std::uint32_t index, const FabricConfig& config)
      : level_(level), index_(index), config_(config), waiting_(level.luts) {
    std::iota(waiting_.begin(), waiting_.end(), 0);
  }

  void pack(std::vector<Slot>& slots) {
    while (begin_ < waiting_.size()) slots.push_back(next());
  }

 private:
  Slot next() {
    Reads reads(config_.banks, config_.ports);
    Slot slot{.level = index_, .luts = {}};
    while (slot.luts.size() < config_.luts && begin_ < waiting_.size()) {
      const std::uint32_t lut = take(reads);
      reads.add(level_, lut);
      slot.luts.push_back(lut);
    }
    slot.gather_cycles = reads.cycles();
    slot.reads = reads.count();
    return slot;
  }

  std::uint32_t take(Reads& reads) {
    const auto first = waiting_.begin() + static_cast<std::ptrdiff_t>(begin_++);
    if (config_.slot_order == SlotOrder::kNatural || config_.banks == 0) return *first;
    const auto left = static_cast<std::size_t>(waiting_.end() - first);
    auto best = first;
    std::uint32_t least = reads.fullest_with(level_, *first);
    for (std::size_t i = 1; i < std::min(left, FabricProgram::kCandidates); ++i) {
      const auto candidate = first + static_cast<std::ptrdiff_t>(i);
      const std::uint32_t fullest = reads.fullest_with(level_, *candidate);
      if (fullest < least) {
        least = fullest;
        best = candidate;
      }
    }
    std::rotate(first, best, best + 1);  // the others keep their order
    return *first;
  }

  const LutLevel& level_;
  const std::uint32_t index_;
  const FabricConfig& config_;
  std::vector<std::uint32_t> waiting_;
  std::size_t begin_ = 0;  // of those without a slot
};

bool reads_inputs(const LutProgram& program, const LutLevel& level) {
  const auto inputs = static_cast<Signal>(program.inputs);
  return std::any_of(level.sources.begin(), level.sources.end(),
                     [&](Signal s) { return s >= 0 && s < inputs; });
}

/// Bits of the routes of a level: of features where it reads them only, of signals otherwise.
std::uint64_t route_bits(const LutProgram& program, std::size_t index, ConfiguredRoutes routes) {
  const LutLevel& level = program.levels[index];
  if (routes == ConfiguredRoutes::kInputLevels && !reads_inputs(program, level)) return 0;
  const auto signals = static_cast<std::uint64_t>(program.first_signal(index));
  return std::uint64_t{level.luts} * level.fan_in * base::ceil_log2(signals);
}

}  // namespace

std::uint64_t FabricProgram::configuration_cycles(const FabricConfig& config) const {
  return base::ceil_div(table_bits + route_bits, config.config_bits);
}

FabricTiming FabricProgram::timing(const FabricConfig& config, std::uint32_t inputs,
                                   bool argmax) const {
  FabricTiming timing;
  timing.load_words = static_cast<std::uint32_t>(base::ceil_div(inputs, config.load_bits));
  timing.contexts = config.contexts;
  timing.argmax = argmax;
  for (const Slot& slot : slots) timing.slots.push_back({slot.level, slot.gather_cycles});
  return timing;
}

LaneGroup FabricProgram::lanes(const LutProgram& program, std::uint32_t luts) const {
  LaneGroup group{.unit = "look_up", .lanes = luts, .fan_in = fan_in, .routed = true, .steps = {}};
  for (const Slot& slot : slots) {
    LaneStep& step = group.add_step();
    const LutLevel& level = program.levels[slot.level];
    for (std::size_t lane = 0; lane < slot.luts.size(); ++lane) {
      step.outputs[lane] = program.first_signal(slot.level) + static_cast<Signal>(slot.luts[lane]);
      std::copy_n(level.pins(slot.luts[lane]), level.fan_in,
                  step.pins.begin() + static_cast<std::ptrdiff_t>(lane * fan_in));
    }
  }
  return group;
}

FabricProgram fabric_program(const LutProgram& program, const FabricConfig& config) {
  FabricProgram p;
  for (std::size_t l = 0; l < program.levels.size(); ++l) {
    const LutLevel& level = program.levels[l];
    Packer(level, static_cast<std::uint32_t>(l), config).pack(p.slots);
    p.fan_in = std::max(p.fan_in, level.fan_in);
    p.table_bits += std::uint64_t{level.luts} << level.fan_in;
    p.route_bits += route_bits(program, l, config.configured_routes);
  }
  return p;
}

}  // namespace sim::poetbin
