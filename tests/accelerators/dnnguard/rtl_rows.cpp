#include "tests/accelerators/dnnguard/rtl_rows.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "sim/accelerators/dnnguard/convolution_skip.h"
#include "sim/base/math.h"
#include "tests/accelerators/dnnguard/convolution_support.h"

namespace sim::dnnguard::test {
namespace {

using Fields = std::map<std::string, std::string>;
using workload::nvdla::Convolution;

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells = {""};
  for (const char c : line) {
    if (c == ',') {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

std::uint32_t number(const Fields& fields, const std::string& key) {
  const std::string& text = fields.at(key);
  return text.empty() ? 0 : static_cast<std::uint32_t>(std::stoul(text));
}

ConvolutionMachine machine_of(const std::string& configuration) {
  if (configuration == "nv_small") return kNvSmallConvolution;
  if (configuration == "nv_small_256") return kNvSmall256Convolution;
  if (configuration == "nv_large") return kNvLargeConvolution;
  throw std::runtime_error("unknown configuration " + configuration);
}

void read_sizes(Convolution& c, const Fields& f, const std::string& at) {
  const auto get = [&](const std::string& key) { return number(f, at + key); };
  c.in = {get("in_width"), get("in_height"), get("channels")};
  c.kernel_width = get("kernel_width");
  c.kernel_height = get("kernel_height");
  c.kernels = get("kernels");
  c.stride_x = get("stride_x");
  c.stride_y = get("stride_y");
  c.dilation_x = get("dilation_x");
  c.dilation_y = get("dilation_y");
  c.pad_left = get("pad_left");
  c.pad_top = get("pad_top");
  c.out_width = get("out_width");
  c.out_height = get("out_height");
  c.data_banks = get("data_banks");
  c.weight_banks = get("weight_banks");
  c.keep_data = get("keep_data") != 0;
  c.keep_weights = get("keep_weights") != 0;
  c.reuse_data = get("reuse_data") != 0;
  c.reuse_weights = get("reuse_weights") != 0;
}

void read_operand(workload::nvdla::Sdp& sdp, const Fields& f, const std::string& at) {
  const std::string& part = f.at(at + "operand");
  if (part.empty()) return;
  workload::nvdla::SdpStage& stage = sdp.bs.emplace();
  if (part != "mul") stage.alu.emplace().from_memory = true;
  if (part != "alu") stage.mul.emplace().from_memory = true;
  stage.operands = {.place = {},
                    .of_alu = part != "mul",
                    .of_mul = part != "alu",
                    .bytes = number(f, at + "operand_bytes"),
                    .per_element = f.at(at + "operand_per") == "element"};
}

/// "max 3 2 1 7 4": method, window, stride, padding, output width and height.
void read_pooling(workload::nvdla::Layer& layer, const std::string& text) {
  workload::nvdla::Pdp& p = layer.pdp.emplace();
  std::istringstream in(text);
  std::string method;
  in >> method >> p.kernel_width >> p.stride_x >> p.pad_left >> p.out.width >> p.out.height;
  p.kernel_height = p.kernel_width;
  p.stride_y = p.stride_x;
  p.pad_top = p.pad_right = p.pad_bottom = p.pad_left;
  p.in = {layer.convolution->out_width, layer.convolution->out_height, layer.convolution->kernels};
  p.out.channels = p.in.channels;
}

workload::nvdla::Layer read_layer(const ArrayGeometry& g, const Fields& f, const std::string& at) {
  workload::nvdla::Layer layer;
  Convolution& c = layer.convolution.emplace();
  read_sizes(c, f, at);
  if (!f.at(at + "image_format").empty()) {
    c.image.emplace().pixel_format = number(f, at + "image_format");
    c.image->rows_merged = number(f, at + "rows_merged");
  }
  const std::uint64_t bytes =
      std::uint64_t{c.kernel_width} * c.kernel_height * c.in.channels * c.kernels;
  c.weight_bytes = base::ceil_div(bytes, 128) * 128;
  c.entries_per_line = line_entries(g, c);
  read_operand(layer.sdp.emplace(), f, at);
  if (!f.at(at + "pool").empty()) read_pooling(layer, f.at(at + "pool"));
  return layer;
}

RtlRow row_of(const std::string& kind, const Fields& f) {
  RtlRow row;
  row.kind = kind;
  row.configuration = f.at("configuration");
  row.name = f.at("name");
  row.loose = f.at("mark") == "*";
  row.machine = machine_of(row.configuration);
  row.memory = {.bytes_per_cycle = row.machine.geometry.beat_bytes,
                .latency = number(f, "latency"),
                .accept_interval = number(f, "accept_interval")};
  const bool two = kind == "two_layers";
  for (const std::string at : {"a_", "b_"})
    if (two || at == "a_") row.layers.push_back(read_layer(row.machine.geometry, f, two ? at : ""));
  row.enabled = {0, two ? number(f, "enabled_at") : 0};
  row.fields = f;
  return row;
}

std::vector<std::pair<std::string, Cycle>> figures(const RtlRow& row) {
  std::vector<ConvolutionStep> steps;
  for (std::size_t i = 0; i < row.layers.size(); ++i)
    steps.push_back({convolution_work(row.machine, row.layers[i]), row.enabled[i]});
  const auto counts = convolution_skip(row.machine, row.memory, steps);
  const ConvolutionCounts& c = counts.back();
  const bool two = counts.size() == 2;
  const std::string at = two ? "b_" : "";
  std::vector<std::pair<std::string, Cycle>> all = {
      {two ? "b_last_output" : "cycles", c.last_write},
      {at + "first_output", c.first_write},
      {at + "weight_reads", static_cast<Cycle>(c.weights.beats)},
      {at + "weight_first", c.weights.first},
      {at + "weight_last", c.weights.last},
      {at + "data_reads", static_cast<Cycle>(c.data.beats)},
      {at + "data_first", c.data.first},
      {at + "data_last", c.data.last}};
  if (two) {
    all.emplace_back("a_first_output", counts[0].first_write);
    all.emplace_back("a_last_output", counts[0].last_write);
    all.emplace_back("a_last_read", std::max(counts[0].weights.last, counts[0].data.last));
    return all;
  }
  all.emplace_back("last_read", std::max(c.weights.last, c.data.last));
  all.emplace_back("operand_reads", static_cast<Cycle>(c.operands[0].beats));
  all.emplace_back("operand_first", c.operands[0].first);
  all.emplace_back("operand_last", c.operands[0].last);
  all.emplace_back("writes", static_cast<Cycle>(c.writes));
  all.emplace_back("interrupt_gap", c.interrupt - c.last_write);
  return all;
}

}  // namespace

std::vector<RtlRow> rtl_rows(const std::string& kind) {
  const std::string path =
      std::string(LOCKSTEP_SOURCE_DIR) + "/tests/accelerators/dnnguard/rtl_rows/" + kind + ".csv";
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::vector<RtlRow> rows;
  std::vector<std::string> head;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) continue;
    const std::vector<std::string> cells = split(line);
    if (head.empty()) {
      head = cells;
      continue;
    }
    Fields fields;
    for (std::size_t i = 0; i < head.size(); ++i) fields[head[i]] = cells.at(i);
    rows.push_back(row_of(kind, fields));
  }
  return rows;
}

std::vector<Figure> compare(const RtlRow& row) {
  std::vector<Figure> compared;
  for (const auto& [name, model] : figures(row)) {
    const auto found = row.fields.find(name);
    if (found == row.fields.end() || found->second.empty()) continue;
    compared.push_back({name, std::stoll(found->second), model});
  }
  return compared;
}

}  // namespace sim::dnnguard::test
