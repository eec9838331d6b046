#include "tests/accelerators/dnnguard/unit_rows.h"

#include <algorithm>
#include <stdexcept>

#include "sim/accelerators/dnnguard/cdp_skip.h"
#include "sim/accelerators/dnnguard/pdp_skip.h"
#include "sim/accelerators/dnnguard/sdp_skip.h"

namespace sim::dnnguard::test {

namespace {

using namespace workload::nvdla;

/// "alu register; mul memory; 2B; element"
std::optional<SdpStage> stage(const std::string& text) {
  if (text.empty()) return {};
  const auto has = [&](const char* word) { return text.find(word) != std::string::npos; };
  SdpStage stage;
  if (has("alu")) {
    stage.alu.emplace();
    stage.alu->from_memory = has("alu memory");
  }
  if (has("mul")) {
    stage.mul.emplace();
    stage.mul->from_memory = has("mul memory");
  }
  stage.relu = has("relu");
  if (has("memory"))
    stage.operands = OperandStream{.place = {},
                                   .of_alu = has("alu memory"),
                                   .of_mul = has("mul memory"),
                                   .bytes = has("2B") ? 2U : 1U,
                                   .per_element = has("element")};
  return stage;
}

Cube cube(const UnitRow& row) {
  return {row.count("width"), row.count("height"), row.count("channels")};
}

Pdp pdp(const UnitRow& row) {
  Pdp pdp;
  pdp.in = pdp.out = cube(row);
  pdp.out.width = row.count("out_width");
  pdp.out.height = row.count("out_height");
  pdp.source = CubePlace{};
  pdp.kernel_width = row.count("kernel_width");
  pdp.kernel_height = row.count("kernel_height");
  pdp.stride_x = row.count("stride_x");
  pdp.stride_y = row.count("stride_y");
  pdp.pad_left = row.count("pad_left");
  pdp.pad_top = row.count("pad_top");
  pdp.pad_right = row.count("pad_right");
  pdp.pad_bottom = row.count("pad_bottom");
  pdp.splits = row.count("splits");
  if (pdp.splits == 1) return pdp;
  const auto in = split(row.text("part_in"), '/'), out = split(row.text("part_out"), '/');
  for (std::size_t i = 0; i < 3; ++i) {
    pdp.partial_in[i] = static_cast<std::uint32_t>(std::stoul(in[i]));
    pdp.partial_out[i] = static_cast<std::uint32_t>(std::stoul(out[i]));
  }
  return pdp;
}

Layer layer(const UnitRow& row) {
  Layer layer;
  if (row.text("unit") == "PDP") {
    layer.pdp = pdp(row);
  } else if (row.text("unit") == "CDP") {
    Cdp& cdp = layer.cdp.emplace();
    cdp.cube = cube(row);
    cdp.length = row.count("lrn_length");
    cdp.sum_squares = row.number("sum_squares") == 1;
    cdp.multiply = row.number("multiply") == 1;
  } else {
    Sdp& sdp = layer.sdp.emplace();
    sdp.cube = cube(row);
    sdp.source = sdp.destination = CubePlace{};
    sdp.bs = stage(row.text("bs"));
    sdp.bn = stage(row.text("bn"));
    sdp.ew = stage(row.text("ew"));
  }
  return layer;
}

}  // namespace

UnitConfiguration configuration(const std::string& name) {
  if (name == "nv_small") return {kNvSmall, kNvSmallRates};
  if (name == "nv_small_256") return {kNvSmall256, kNvSmallRates};
  if (name == "nv_large") return {kNvLarge, kNvLargeRates};
  throw std::runtime_error("no configuration " + name);
}

std::vector<UnitRow> unit_rows() {
  std::vector<UnitRow> rows;
  for (const RtlRow& read : rtl_rows("units-stand-alone.csv")) {
    UnitRow& row = rows.emplace_back();
    row.cells = read.cells;
    row.memory.latency = row.count("memory_latency");
    row.memory.read_interval = row.count("accept_interval");
    row.layer = layer(row);
  }
  return rows;
}

UnitCounters skipped(const Layer& layer, const UnitConfiguration& on, const UnitMemory& memory) {
  if (layer.pdp) return pdp_skip(plan_pdp(*layer.pdp, on.geometry, on.rates), memory);
  if (layer.cdp) return cdp_skip(plan_cdp(*layer.cdp, on.geometry, on.rates), memory);
  return sdp_skip(plan_sdp(*layer.sdp, on.geometry, on.rates), memory);
}

std::vector<Figure> compare(const UnitRow& row) {
  const UnitCounters c = skipped(row.layer, configuration(row.text("configuration")), row.memory);
  std::uint64_t last_read = 0;
  for (const BeatCounter& stream : c.reads) last_read = std::max(last_read, stream.last);
  return beside(row, {{"cycles", c.writes.last},
                      {"first_output", c.writes.first},
                      {"first_read", c.reads[0].first},
                      {"last_read", row.holds("first_read") ? c.reads[0].last : last_read},
                      {"bs_first_read", c.reads[1].first},
                      {"bs_last_read", c.reads[1].last},
                      {"bn_first_read", c.reads[2].first},
                      {"bn_last_read", c.reads[2].last},
                      {"interrupt_after", c.cycles - c.writes.last},
                      {"source_reads", c.reads[0].beats},
                      {"bs_reads", c.reads[1].beats},
                      {"bn_reads", c.reads[2].beats},
                      {"write_beats", c.writes.beats}});
}

std::vector<ComparedRow> compared_units() {
  std::vector<ComparedRow> all;
  for (const UnitRow& row : unit_rows()) {
    const char* kind = row.layer.pdp ? "pdp" : row.layer.cdp ? "cdp" : "sdp";
    all.push_back({kind, row.text("configuration"), row.memory.latency, row.memory.read_interval,
                   row.text("name"), row.text("inexact") == "*", compare(row)});
  }
  return all;
}

}  // namespace sim::dnnguard::test
