#include "sim/accelerators/poetbin/rtl/fabric_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/math.h"

namespace sim::poetbin::rtl {
namespace {

using workload::LutLevel;
using workload::LutProgram;
using workload::Signal;

/// Kinds of a pin; see fabric_gather.sv.
constexpr std::uint64_t kZero = 0;
constexpr std::uint64_t kOne = 1;
constexpr std::uint64_t kSignal = 2;
constexpr std::uint64_t kKeep = 3;

class ImageWriter {
 public:
  ImageWriter(const Program& program, const Config& config)
      : luts_(program.luts),
        fabric_(*program.fabric),
        lanes_(config.fabric.luts),
        addr_bits_(base::ceil_log2(std::uint64_t{luts_.signals()})),
        slot_bits_(base::ceil_log2(fabric_.slots.size() + 1)) {
    const std::uint32_t lane_bits =
        1 + addr_bits_ + fabric_.fan_in * (2 + addr_bits_) + (1U << fabric_.fan_in);
    row_bits_ = std::max(lane_bits, slot_bits_);
    image_.word_bits = config.fabric.config_bits;
  }

  FabricImage image() {
    const auto begins = fabric_.timing({.luts = 1}, luts_.inputs, false).level_begins();
    for (std::size_t s = 0; s < fabric_.slots.size(); ++s) {
      number(begins[s], slot_bits_);
      end_row();
      for (std::uint32_t lane = 0; lane < lanes_; ++lane) lane_row(fabric_.slots[s], lane);
    }
    for (const Signal signal : luts_.outputs) {
      pin(signal);
      end_row();
    }
    return std::move(image_);
  }

 private:
  void lane_row(const Slot& slot, std::uint32_t lane) {
    const LutLevel& level = luts_.levels[slot.level];
    const bool works = lane < slot.luts.size();
    const std::uint32_t lut = works ? slot.luts[lane] : 0;
    number(works ? 1 : 0, 1);
    number(works ? static_cast<std::uint64_t>(luts_.first_signal(slot.level)) + lut : 0,
           addr_bits_);
    for (std::uint32_t k = 0; k < fabric_.fan_in; ++k) {
      if (works && k < level.fan_in) {
        pin(level.pins(lut)[k]);
      } else {
        keep();
      }
    }
    // Pins that the LUT lacks keep what they had, so its table stands under each of their values.
    const std::uint32_t own = (1U << level.fan_in) - 1;
    for (std::uint32_t a = 0; a < 1U << fabric_.fan_in; ++a) {
      number(works && level.output(lut, a & own) ? 1 : 0, 1);
    }
    end_row();
  }

  void pin(Signal signal) {
    const bool constant = signal < 0;
    number(!constant ? kSignal : signal == workload::kConstantOne ? kOne : kZero, 2);
    number(constant ? 0 : static_cast<std::uint64_t>(signal), addr_bits_);
  }

  void keep() {
    number(kKeep, 2);
    number(0, addr_bits_);
  }

  void number(std::uint64_t value, std::uint32_t bits) {
    for (std::uint32_t b = 0; b < bits; ++b, ++row_used_) {
      const std::uint32_t at = row_used_ % image_.word_bits;
      if (at == 0) image_.words.emplace_back((image_.word_bits + 63) / 64);
      image_.words.back()[at / 64] |= (value >> b & 1) << (at % 64);
    }
  }

  void end_row() {
    const auto words = base::ceil_div(std::uint64_t{row_bits_}, std::uint64_t{image_.word_bits});
    while (row_used_ < words * image_.word_bits) number(0, 1);
    row_used_ = 0;
  }

  const LutProgram& luts_;
  const FabricProgram& fabric_;
  const std::uint32_t lanes_;
  const std::uint32_t addr_bits_;
  const std::uint32_t slot_bits_;
  std::uint32_t row_bits_ = 0;
  std::uint32_t row_used_ = 0;
  FabricImage image_;
};

}  // namespace

FabricImage fabric_image(const Program& program, const Config& config) {
  return ImageWriter(program, config).image();
}

std::string fabric_module(const Program& program, const Config& config) {
  const FabricConfig& f = config.fabric;
  const LutProgram& luts = program.luts;
  return fmt::format(
      "poetbin_fabric #(\n    .Features({}), .Signals({}), .Luts({}), .FanIn({}), .Slots({}), "
      ".Contexts({}),\n    .Banks({}), .Ports({}), .LoadBits({}), .ConfigBits({}), .Classes({}), "
      ".ScoreBits({}),\n    .Signed(1'b{}), .Argmax(1'b{})\n  )",
      luts.inputs, luts.signals(), f.luts, program.fabric->fan_in, program.fabric->slots.size(),
      f.contexts, f.banks, std::max(1U, f.ports), f.load_bits, f.config_bits, luts.classes,
      luts.score_bits, luts.signed_scores ? 1 : 0, config.argmax ? 1 : 0);
}

}  // namespace sim::poetbin::rtl
