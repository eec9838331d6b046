#include "tests/accelerators/dnnguard/unit_rows.h"

#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>

#include "sim/accelerators/dnnguard/cdp_skip.h"
#include "sim/accelerators/dnnguard/pdp_skip.h"
#include "sim/accelerators/dnnguard/sdp_skip.h"

namespace sim::dnnguard::testing {

namespace {

using namespace workload::nvdla;

std::vector<std::string> split(const std::string& line, char by) {
  std::vector<std::string> cells(1);
  for (const char c : line) {
    if (c == by)
      cells.emplace_back();
    else
      cells.back() += c;
  }
  return cells;
}

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

std::int64_t RtlRow::number(const std::string& column) const {
  const std::string cell = text(column);
  return cell.empty() ? -1 : std::stoll(cell);
}

std::uint32_t RtlRow::count(const std::string& column) const {
  return static_cast<std::uint32_t>(number(column));
}

std::vector<RtlRow> rtl_rows(const std::string& name) {
  std::ifstream file(LOCKSTEP_SOURCE_DIR "/tests/accelerators/dnnguard/rtl_rows/" + name);
  std::vector<RtlRow> rows;
  std::vector<std::string> columns;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    const std::vector<std::string> cells = split(line, ',');
    if (columns.empty()) {
      columns = cells;
      continue;
    }
    RtlRow& row = rows.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) row.cells[columns[i]] = cells.at(i);
  }
  return rows;
}

std::vector<UnitRow> unit_rows() {
  std::vector<UnitRow> rows;
  for (RtlRow& read : rtl_rows("units-stand-alone.csv")) {
    UnitRow& row = rows.emplace_back();
    row.cells = std::move(read.cells);
    row.memory.latency = row.count("memory_latency");
    row.memory.read_interval = row.count("accept_interval");
    row.layer = layer(row);
  }
  return rows;
}

UnitReport::UnitReport() {
  if (const char* path = std::getenv("LOCKSTEP_UNIT_ROWS")) out_.open(path, std::ios::app);
  if (out_.is_open() && out_.tellp() == 0)
    out_ << "configuration,memory_latency,accept_interval,name,quantity,rtl,model\n";
}

void UnitReport::add(const RtlRow& row, const UnitMemory& memory, const std::string& quantity,
                     std::int64_t rtl, std::int64_t model) {
  if (out_.is_open())
    out_ << fmt::format("{},{},{},{},{},{},{}\n", row.text("configuration"), memory.latency,
                        memory.read_interval, row.text("name"), quantity, rtl, model);
}

bool near(std::int64_t rtl, std::int64_t model, bool inexact) {
  const std::int64_t off = std::abs(model - rtl);
  return off * 100 <= rtl || (!inexact && off <= 8);
}

UnitCounters skipped(const Layer& layer, const UnitConfiguration& on, const UnitMemory& memory) {
  if (layer.pdp) return pdp_skip(plan_pdp(*layer.pdp, on.geometry, on.rates), memory);
  if (layer.cdp) return cdp_skip(plan_cdp(*layer.cdp, on.geometry, on.rates), memory);
  return sdp_skip(plan_sdp(*layer.sdp, on.geometry, on.rates), memory);
}

}  // namespace sim::dnnguard::testing
