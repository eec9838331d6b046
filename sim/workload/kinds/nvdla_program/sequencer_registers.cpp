// What writes to registers do, and which layers they set going.
#include <fmt/format.h>

#include <algorithm>

#include "sim/base/printable.h"
#include "sim/workload/kinds/nvdla_program/sequencer.h"
#include "sim/workload/text.h"

namespace sim::workload::nvdla_program {
namespace {

using base::printable;

constexpr std::size_t kMaxLayers = 1 << 16;

constexpr std::initializer_list<Unit> kConvolution = {Unit::kCdma, Unit::kCsc, Unit::kCmacA,
                                                      Unit::kCmacB, Unit::kCacc};

std::vector<std::string> unit_names() {
  std::vector<std::string> names;
  for (std::size_t u = 0; u < nvdla::kUnits; ++u) {
    names.emplace_back(nvdla::name_of(static_cast<Unit>(u)));
  }
  return names;
}

std::vector<std::string> register_names(Unit unit) {
  std::vector<std::string> names;
  for (const auto& reg : nvdla::registers_of(unit)) names.emplace_back(reg.name);
  return names;
}

constexpr std::size_t kMostNotes = 20;  // of registers that are not known

/// Of BDMA and Rubik: what would move data.
bool starts(std::string_view reg) {
  return reg.ends_with("OP_ENABLE") || reg.find("LAUNCH") != std::string_view::npos ||
         reg == "CFG_OP";
}

/// What a unit reports the end of a group by.
std::vector<std::string> interrupts_of(Unit unit, std::uint32_t group) {
  if (unit == Unit::kCdma) {
    return {fmt::format("CDMA_DAT_{}", group), fmt::format("CDMA_WT_{}", group)};
  }
  const bool reports =
      unit == Unit::kSdp || unit == Unit::kPdp || unit == Unit::kCdp || unit == Unit::kCacc;
  if (!reports) return {};
  return {fmt::format("{}_{}", nvdla::name_of(unit), group)};
}

}  // namespace

void Sequencer::write(const Statement& s) {
  const auto unit = nvdla::unit_named(s.unit);
  if (!unit) {
    if (!nvdla::is_other_unit(s.unit)) {
      refuse(program_.file, s.line,
             fmt::format("unknown unit '{}'{}", printable(s.unit, 60),
                         suggestion(s.unit, unit_names())));
    }
    if (starts(s.name) && s.value != 0) {
      refuse(program_.file, s.line,
             fmt::format("starts {}, which is not modelled", printable(s.unit, 60)));
    }
    return;
  }
  if (nvdla::is_idle_register(s.name)) return;
  const auto index = nvdla::register_named(*unit, s.name);
  if (!index) return ignore_register(s, *unit);
  write_register(s, *unit, *index);
}

/// Hardware has registers that no layer depends on; a note names those that are not known here.
void Sequencer::ignore_register(const Statement& s, Unit unit) {
  if (!ignored_.insert(s.unit + s.name).second || ignored_.size() > kMostNotes) return;
  context().note(fmt::format("line {}: register '{}' of {} is not known and has no effect{}",
                             s.line, printable(s.name, 60), s.unit,
                             suggestion(s.name, register_names(unit))));
}

void Sequencer::write_register(const Statement& s, Unit unit, std::size_t index) {
  UnitState& state = registers_.at(unit);
  const nvdla::Register& reg = nvdla::registers_of(unit)[index];
  if (reg.name == "S_POINTER") {
    state.producer = reg.field("PRODUCER")->of(s.value);
  } else if (reg.name == "D_OP_ENABLE") {
    if (reg.field("OP_EN")->of(s.value) != 0) enable(s, unit);
  } else if (reg.name == "S_LUT_ACCESS_DATA") {
    write_table(s, unit, static_cast<std::uint16_t>(s.value));
  } else if (!reg.is_shared() && state.enabled_on[state.producer] != 0) {
    refuse(program_.file, s.line,
           fmt::format("{}.{} is written while its register group {} is enabled (line {}) and has "
                       "not run{}",
                       s.unit, reg.name, state.producer, state.enabled_on[state.producer],
                       waits_for()));
  } else {
    if (!reg.is_shared()) forget_interrupts(unit, state.producer);
    state.values[reg.is_shared() ? 0 : state.producer][index] = s.value;
    if (reg.name == "S_LUT_ACCESS_CFG") state.table_address = reg.field("ADDR")->of(s.value);
  }
}

/// To the table that S_LUT_ACCESS_CFG names, and on to the next entry.
void Sequencer::write_table(const Statement& s, Unit unit, std::uint16_t value) {
  UnitState& state = registers_.at(unit);
  const Group group = registers_.group(unit);
  if (!group.flag("S_LUT_ACCESS_CFG", "ACCESS_TYPE")) {
    refuse(program_.file, s.line,
           fmt::format("{}.S_LUT_ACCESS_DATA is written, but S_LUT_ACCESS_CFG (bit 17) says that "
                       "tables are read",
                       s.unit));
  }
  auto& table = state.tables[group.field("S_LUT_ACCESS_CFG", "TABLE_ID")];
  if (state.table_address >= table.size()) {
    refuse(program_.file, s.line,
           fmt::format("entry {} of a table of {}.S_LUT that has {}", state.table_address, s.unit,
                       table.size()));
  }
  table[state.table_address++] = static_cast<std::int16_t>(value);
}

void Sequencer::enable(const Statement& s, Unit unit) {
  UnitState& state = registers_.at(unit);
  std::uint32_t& enabled_on = state.enabled_on[state.producer];
  if (enabled_on != 0) {
    refuse(program_.file, s.line,
           fmt::format("group {} of {} is enabled again; since line {} it has not run{}",
                       state.producer, s.unit, enabled_on, waits_for()));
  }
  enabled_on = s.line;
  while (run_layer()) {
  }
}

void Sequencer::poll(const Statement& s) {
  const auto unit = nvdla::unit_named(s.unit);
  const auto index = unit ? nvdla::register_named(*unit, s.name) : std::nullopt;
  if (!index) {
    refuse(program_.file, s.line,
           fmt::format("polls unknown register '{}.{}'", printable(s.unit, 60),
                       printable(s.name, 60)));
  }
  const UnitState& state = registers_.at(*unit);
  const nvdla::Register& reg = nvdla::registers_of(*unit)[*index];
  std::uint32_t value = state.values[reg.is_shared() ? 0 : state.producer][*index];
  if (reg.name == "S_CBUF_FLUSH_STATUS") value = 1;  // it is empty whenever nothing runs
  if (reg.name == "D_OP_ENABLE") value = state.enabled_on[state.producer] != 0 ? 1 : 0;
  if (reg.name == "S_POINTER") value = state.producer | state.consumer << 16;
  if (reg.name == "S_STATUS") {  // of group 0 in bits 1:0, of group 1 in 17:16; 2 is pending
    value = (state.enabled_on[0] != 0 ? 2U : 0U) | (state.enabled_on[1] != 0 ? 2U << 16 : 0U);
  }
  if (value == s.value) return;
  refuse(program_.file, s.line,
         fmt::format("polls without end: {}.{} stays {:#x}, awaited is {:#x}{}", s.unit, reg.name,
                     value, s.value, waits_for()));
}

bool Sequencer::all_ready(std::initializer_list<Unit> units) const {
  return std::ranges::all_of(units, [&](Unit u) { return ready(u); });
}

bool Sequencer::run_layer() { return run_sdp() || run_pdp() || run_cdp(); }

bool Sequencer::run_sdp() {
  const Group rdma = registers_.group(Unit::kSdpRdma);
  const auto off = [&](std::string_view reg) { return rdma.flag(reg, "DISABLE"); };
  if (ready(Unit::kSdpRdma) && rdma.flag("D_FEATURE_MODE_CFG", "FLYING_MODE") &&
      off("D_BRDMA_CFG") && off("D_NRDMA_CFG") && off("D_ERDMA_CFG")) {
    complete(Unit::kSdpRdma);  // nothing to read: it is done at once
    return true;
  }
  if (!ready(Unit::kSdp)) return false;
  const Group sdp = registers_.group(Unit::kSdp);
  const bool flying = sdp.flag("D_FEATURE_MODE_CFG", "FLYING_MODE");
  const bool to_pdp = sdp.flag("D_FEATURE_MODE_CFG", "OUTPUT_DST");
  const bool reads = !flying || reads_operands(sdp, program_.configuration);
  if ((flying && !all_ready(kConvolution)) || (reads && !ready(Unit::kSdpRdma))) return false;
  if (to_pdp && (!ready(Unit::kPdp) ||
                 registers_.group(Unit::kPdp).flag("D_OPERATION_MODE_CFG", "FLYING_MODE"))) {
    return false;
  }
  nvdla::Layer layer;
  if (flying) layer.convolution = decode_convolution(registers_, context());
  layer.sdp = decode_sdp(registers_, flying ? &*layer.convolution : nullptr, context());
  if (to_pdp) layer.pdp = decode_pdp(registers_, &*layer.sdp, context());
  finish_layer(layer);
  if (reads) complete(Unit::kSdpRdma);
  return true;
}

bool Sequencer::run_pdp() {
  const Group pdp = registers_.group(Unit::kPdp);
  if (!all_ready({Unit::kPdp, Unit::kPdpRdma}) ||
      !pdp.flag("D_OPERATION_MODE_CFG", "FLYING_MODE")) {
    return false;
  }
  nvdla::Layer layer;
  layer.pdp = decode_pdp(registers_, nullptr, context());
  finish_layer(layer);
  complete(Unit::kPdpRdma);
  return true;
}

bool Sequencer::run_cdp() {
  if (!all_ready({Unit::kCdp, Unit::kCdpRdma})) return false;
  nvdla::Layer layer;
  layer.cdp = decode_cdp(registers_, context());
  finish_layer(layer);
  complete(Unit::kCdpRdma);
  return true;
}

void Sequencer::finish_layer(const nvdla::Layer& decoded) {
  if (++layers_ > kMaxLayers) {
    refuse(program_.file, line_, fmt::format("more than {} layers", kMaxLayers));
  }
  const auto consumer = [&](Unit unit) {
    return static_cast<std::uint8_t>(registers_.at(unit).consumer);
  };
  const auto layer = std::make_shared<nvdla::Layer>(decoded);
  layer->groups = {consumer(Unit::kCacc), consumer(Unit::kSdp), consumer(Unit::kPdp),
                   consumer(Unit::kCdp)};
  program_.steps.emplace_back(nvdla::LayerStep{layer, line_});
  if (layer->convolution) {
    for (const Unit unit : kConvolution) complete(unit);
  }
  if (layer->sdp) complete(Unit::kSdp);
  if (layer->pdp) complete(Unit::kPdp);
  if (layer->cdp) complete(Unit::kCdp);
}

void Sequencer::complete(Unit unit) {
  UnitState& state = registers_.at(unit);
  const std::uint32_t group = state.consumer;
  state.enabled_on[group] = 0;
  state.consumer ^= 1;
  for (const std::string& source : interrupts_of(unit, group)) interrupt(source);
}

/// Whoever waits for a group that is set up anew waits for its next layer.
void Sequencer::forget_interrupts(Unit unit, std::uint32_t group) {
  for (const std::string& source : interrupts_of(unit, group)) {
    notified_[source] = interrupts_[source].size();
  }
}

/// "; enabled but not run: SDP (line 12)…", or nothing.
std::string Sequencer::waits_for() const {
  std::string units;
  for (std::size_t u = 0; u < nvdla::kUnits; ++u) {
    const auto unit = static_cast<Unit>(u);
    for (std::uint32_t group = 0; group < 2; ++group) {
      const std::uint32_t line = registers_.at(unit).enabled_on[group];
      if (line == 0) continue;
      units += fmt::format("{}{} group {} (line {})", units.empty() ? "" : ", ",
                           nvdla::name_of(unit), group, line);
    }
  }
  return units.empty() ? "" : "; enabled, but waiting for other units: " + units;
}

}  // namespace sim::workload::nvdla_program
