#include "sim/values/nvdla/sdp.h"

#include "sim/values/nvdla/look_up.h"
#include "sim/values/nvdla/rounding.h"

namespace sim::values::nvdla {
namespace {

using workload::nvdla::AluOp;
using workload::nvdla::OperandStream;
using workload::nvdla::Sdp;
using workload::nvdla::SdpStage;

/// One operand for every value of a cube.
class Operand {
 public:
  explicit Operand(std::int32_t value) : values_{value}, kind_(Kind::kOne) {}
  Operand(std::vector<std::int32_t> values, bool per_element)
      : values_(std::move(values)), kind_(per_element ? Kind::kPerElement : Kind::kPerChannel) {}

  std::int32_t at(std::size_t element, std::size_t channel) const {
    if (kind_ == Kind::kOne) return values_[0];
    return values_[kind_ == Kind::kPerElement ? element : channel];
  }
  template <class Convert>
  void convert(const Convert& convert) {
    if (kind_ == Kind::kOne) return;  // a register is taken as it is
    for (std::int32_t& v : values_) v = convert(v);
  }

 private:
  enum class Kind { kOne, kPerChannel, kPerElement };
  std::vector<std::int32_t> values_;
  Kind kind_;
};

/// All items of an operand stream: single ones, or pairs of ALU's and MUL's.
std::vector<std::int32_t> read_items(const OperandStream& s, Memory& memory, const Surfaces& cube) {
  const std::uint32_t per_item = s.of_alu && s.of_mul ? 2 : 1;
  const std::size_t line_items =
      std::size_t{cube.lanes} * (s.per_element ? cube.cube.width : cube.surfaces());
  std::vector<std::uint8_t> bytes(line_items * per_item * s.bytes);
  const std::uint32_t surfaces = s.per_element ? cube.surfaces() : 1;
  const std::uint32_t lines = s.per_element ? cube.cube.height : 1;
  std::vector<std::int32_t> items(line_items * per_item * surfaces * lines);
  std::size_t at = 0;
  for (std::uint32_t surface = 0; surface < surfaces; ++surface) {
    for (std::uint32_t y = 0; y < lines; ++y) {
      memory.read(s.place.base + std::uint64_t{surface} * s.place.surface_stride +
                      std::uint64_t{y} * s.place.line_stride,
                  bytes);
      unpack(bytes, s.bytes, &items[at]);
      at += line_items * per_item;
    }
  }
  return items;
}

Operand streamed(const OperandStream& s, bool for_mul, const std::vector<std::int32_t>& items) {
  if (!(s.of_alu && s.of_mul)) return {items, s.per_element};
  std::vector<std::int32_t> half;
  half.reserve(items.size() / 2);
  for (std::size_t i = for_mul ? 1 : 0; i < items.size(); i += 2) half.push_back(items[i]);
  return {std::move(half), s.per_element};
}

struct Operands {
  Operand alu{0};
  Operand mul{0};
};

Operands operands_of(const SdpStage& stage, Memory& memory, const Surfaces& cube) {
  Operands all;
  std::vector<std::int32_t> items;
  if (stage.operands) items = read_items(*stage.operands, memory, cube);
  if (stage.alu) {
    all.alu = stage.alu->from_memory ? streamed(*stage.operands, false, items)
                                     : Operand(stage.alu->value);
  }
  if (stage.mul) {
    all.mul =
        stage.mul->from_memory ? streamed(*stage.operands, true, items) : Operand(stage.mul->value);
  }
  return all;
}

/// operand * 2^shift within 32 bits.
std::int64_t shifted_up(std::int64_t operand, std::uint32_t shift) {
  constexpr std::uint32_t kMost = 32;  // beyond, all but 0 is at its limit
  return saturated(operand * (std::int64_t{1} << std::min(shift, kMost)), 32);
}

std::int64_t alu(AluOp op, std::int64_t v, std::int64_t operand) {
  switch (op) {
    case AluOp::kMax:
      return std::max(v, operand);
    case AluOp::kMin:
      return std::min(v, operand);
    case AluOp::kSum:
      return v + operand;
    case AluOp::kEqual:
      return v == operand ? 0 : 1;
  }
  return v;
}

/// BS and BN: ALU, MUL, shift, ReLU.
std::int32_t scaled(const SdpStage& stage, std::int64_t v, std::int64_t alu_operand,
                    std::int64_t mul_operand) {
  if (stage.alu) v = alu(stage.alu->op, v, alu_operand);  // 33 bits
  const bool passes = stage.mul && stage.mul->prelu && v >= 0;
  if (passes) {
    v = wrapped(v, 32);
  } else {
    if (stage.mul) v *= mul_operand;
    v = saturated(rounded(v, stage.shift_right), 32);
  }
  if (stage.relu) v = std::max<std::int64_t>(v, 0);
  return static_cast<std::int32_t>(v);
}

/// EW: MUL, ALU, tables.
std::int32_t combined(const SdpStage& stage, const Sdp& layer, std::int64_t v,
                      std::int64_t alu_operand, std::int64_t mul_operand) {
  if (stage.mul && !(stage.mul->prelu && v >= 0)) {
    v = saturated(rounded(v * mul_operand, stage.shift_right), 32);
  }
  if (stage.alu) v = saturated(alu(stage.alu->op, v, alu_operand), 32);
  if (stage.look_up) return looked_up(*layer.look_up, v, TablesOf::kSdp);
  return static_cast<std::int32_t>(v);
}

/// v = act(v, ALU's operand, MUL's operand) for each value of the cube.
template <class Act>
void for_each_value(Surfaces& cube, const Operands& operands, const Act& act) {
  const std::size_t surface_values = cube.pixels() * cube.lanes;
  for (std::size_t i = 0; i < cube.values.size(); ++i) {
    const std::size_t channel = i / surface_values * cube.lanes + i % cube.lanes;
    cube.values[i] = act(cube.values[i], operands.alu.at(i, channel), operands.mul.at(i, channel));
  }
}

void run_scaling(const std::optional<SdpStage>& stage, Memory& memory, Surfaces& cube) {
  if (!stage) return;
  Operands operands = operands_of(*stage, memory, cube);
  const auto shift_up = [&](std::int32_t v) {
    return static_cast<std::int32_t>(shifted_up(v, stage->alu->shift_left));
  };
  if (stage->alu) {
    if (stage->alu->from_memory) {
      operands.alu.convert(shift_up);
    } else {
      operands.alu = Operand(shift_up(stage->alu->value));
    }
  }
  for_each_value(cube, operands, [&](std::int32_t v, std::int32_t a, std::int32_t m) {
    return scaled(*stage, v, a, m);
  });
}

void run_ew(const Sdp& layer, Memory& memory, Surfaces& cube) {
  const SdpStage& stage = *layer.ew;
  Operands operands = operands_of(stage, memory, cube);
  const auto convert = [](const auto& part, Operand& operand) {
    if (!part || !part->converter) return;
    operand.convert([&](std::int32_t v) {
      return static_cast<std::int32_t>(converted(v, *part->converter, 32));
    });
  };
  convert(stage.alu, operands.alu);
  convert(stage.mul, operands.mul);
  for_each_value(cube, operands, [&](std::int32_t v, std::int32_t a, std::int32_t m) {
    return combined(stage, layer, v, a, m);
  });
}

}  // namespace

void run_sdp(const Sdp& layer, Memory& memory, Surfaces& cube, bool& writes) {
  run_scaling(layer.bs, memory, cube);
  run_scaling(layer.bn, memory, cube);
  if (layer.ew) run_ew(layer, memory, cube);
  writes = !(layer.ew && layer.ew->alu && layer.ew->alu->op == AluOp::kEqual);
  const std::uint32_t bits = 8 * bytes_of(layer.out_precision);
  for (std::int32_t& v : cube.values) {
    v = static_cast<std::int32_t>(saturated(converted(v, layer.out_converter, 17), bits));
  }
}

}  // namespace sim::values::nvdla
