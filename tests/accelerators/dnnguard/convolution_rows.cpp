#include "tests/accelerators/dnnguard/convolution_rows.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "sim/accelerators/dnnguard/convolution_skip.h"
#include "sim/base/math.h"
#include "tests/accelerators/dnnguard/convolution_support.h"

namespace sim::dnnguard::test {
namespace {

using workload::nvdla::Convolution;

ConvolutionMachine machine_of(const std::string& configuration) {
  if (configuration == "nv_small") return kNvSmallConvolution;
  if (configuration == "nv_small_256") return kNvSmall256Convolution;
  if (configuration == "nv_large") return kNvLargeConvolution;
  throw std::runtime_error("unknown configuration " + configuration);
}

void read_sizes(Convolution& c, const RtlRow& f, const std::string& at) {
  const auto get = [&](const std::string& key) { return f.count(at + key); };
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

void read_operand(workload::nvdla::Sdp& sdp, const RtlRow& f, const std::string& at) {
  const std::string& part = f.text(at + "operand");
  if (part.empty()) return;
  workload::nvdla::SdpStage& stage = sdp.bs.emplace();
  if (part != "mul") stage.alu.emplace().from_memory = true;
  if (part != "alu") stage.mul.emplace().from_memory = true;
  stage.operands = {.place = {},
                    .of_alu = part != "mul",
                    .of_mul = part != "alu",
                    .bytes = f.count(at + "operand_bytes"),
                    .per_element = f.text(at + "operand_per") == "element"};
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

workload::nvdla::Layer read_layer(const ArrayGeometry& g, const RtlRow& f, const std::string& at) {
  workload::nvdla::Layer layer;
  Convolution& c = layer.convolution.emplace();
  read_sizes(c, f, at);
  if (!f.text(at + "image_format").empty()) {
    c.image.emplace().pixel_format = f.count(at + "image_format");
    c.image->rows_merged = f.count(at + "rows_merged");
  }
  const std::uint64_t bytes =
      std::uint64_t{c.kernel_width} * c.kernel_height * c.in.channels * c.kernels;
  c.weight_bytes = base::ceil_div(bytes, 128) * 128;
  c.entries_per_line = line_entries(g, c);
  read_operand(layer.sdp.emplace(), f, at);
  if (!f.text(at + "pool").empty()) read_pooling(layer, f.text(at + "pool"));
  return layer;
}

/// Where equal pairs of layers differ: banks of data and of weights.
std::string banks(const RtlRow& f, const std::string& before, const std::string& at) {
  return before + f.text(at + "data_banks") + "/" + f.text(at + "weight_banks");
}

ConvolutionRow row_of(const std::string& kind, const RtlRow& f) {
  ConvolutionRow row;
  row.cells = f.cells;
  row.kind = kind;
  row.configuration = f.text("configuration");
  row.name = f.text("name");
  row.loose = f.text("mark") == "*";
  row.machine = machine_of(row.configuration);
  row.memory = {.bytes_per_cycle = row.machine.geometry.beat_bytes,
                .latency = f.count("latency"),
                .accept_interval = f.count("accept_interval")};
  const bool two = kind == "two_layers";
  if (two) row.name += banks(f, " banks ", "a_") + banks(f, " → ", "b_");
  for (const std::string at : {"a_", "b_"})
    if (two || at == "a_") row.layers.push_back(read_layer(row.machine.geometry, f, two ? at : ""));
  row.enabled = {0, two ? f.count("enabled_at") : 0};
  return row;
}

Said figures(const ConvolutionRow& row) {
  std::vector<ConvolutionStep> steps;
  for (std::size_t i = 0; i < row.layers.size(); ++i)
    steps.push_back({convolution_work(row.machine, row.layers[i]), row.enabled[i]});
  const auto counts = convolution_skip(row.machine, row.memory, steps);
  const ConvolutionCounts& c = counts.back();
  const bool two = counts.size() == 2;
  const std::string at = two ? "b_" : "";
  Said all = {{two ? "b_last_output" : "cycles", c.last_write},
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

std::vector<ConvolutionRow> convolution_rows(const std::string& kind) {
  std::vector<ConvolutionRow> rows;
  for (const RtlRow& row : rtl_rows(kind + ".csv")) rows.push_back(row_of(kind, row));
  return rows;
}

std::vector<Figure> compare(const ConvolutionRow& row) { return beside(row, figures(row)); }

std::vector<ComparedRow> compared_convolutions() {
  std::vector<ComparedRow> all;
  for (const char* kind : {"convolution", "image", "operands", "pooling", "two_layers"})
    for (const ConvolutionRow& row : convolution_rows(kind))
      all.push_back({kind, row.configuration, row.memory.latency, row.memory.accept_interval,
                     row.name, row.loose, compare(row)});
  return all;
}

}  // namespace sim::dnnguard::test
