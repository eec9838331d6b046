#include "sim/accelerators/dnnguard/layer_counts.h"

#include "sim/base/math.h"

namespace sim::dnnguard {

namespace {

namespace nvdla = workload::nvdla;

constexpr stats::Field<LayerCounts> kFields[] = {
    {"macs", "MACs", "products with weights of kernels, those with padding included",
     &LayerCounts::macs},
    {"atomic_operations", "operations",
     "inputs of one pixel that went to all rows; each reads an entry of data from the buffer",
     &LayerCounts::atomic_operations},
    {"weight_loads", "loads", "weights of a kernel's atomic operations brought to its MAC cell",
     &LayerCounts::weight_loads},
    {"partial_sums", "sums", "partial sums that the accumulator took in",
     &LayerCounts::partial_sums},
    {"sdp_elements", "elements", "elements that SDP made", &LayerCounts::sdp_elements},
    {"sdp_products", "products", "products of SDP's stages and its output converter",
     &LayerCounts::sdp_products},
    {"sdp_sums", "sums", "sums and comparisons of SDP's stages and its output converter",
     &LayerCounts::sdp_sums},
    {"sdp_look_ups", "look-ups", "elements that went through SDP's table",
     &LayerCounts::sdp_look_ups},
    {"pdp_elements", "elements", "elements that PDP took in", &LayerCounts::pdp_elements},
    {"pdp_operations", "operations",
     "sums or comparisons of PDP: each window first along lines, then across them",
     &LayerCounts::pdp_operations},
    {"cdp_elements", "elements", "elements that CDP made", &LayerCounts::cdp_elements},
};

/// With the lanes that fill up its last surface, which are computed like others.
std::uint64_t elements(const nvdla::Cube& cube, const Config& config, std::uint32_t bytes) {
  const std::uint64_t channels = config.array.atom_bytes / bytes;
  return std::uint64_t{cube.width} * cube.height * base::ceil_div(cube.channels, channels) *
         channels;
}

void add_convolution(LayerCounts& counts, const nvdla::Layer& layer, const Config& config) {
  const nvdla::Convolution& c = *layer.convolution;
  const ConvolutionWork work = convolution_work(config.convolution(), layer);
  const std::uint64_t positions = std::uint64_t{c.out_width} * c.out_height;
  counts.macs =
      positions * c.kernels * c.kernel_width * c.kernel_height * std::uint64_t{c.in.channels};
  counts.atomic_operations = work.outputs() * work.steps;
  counts.weight_loads = work.steps * work.stripes.size() * c.kernels;
  counts.partial_sums = positions * work.steps * c.kernels;
}

void add_sdp(LayerCounts& counts, const nvdla::Sdp& sdp, const Config& config) {
  const std::uint64_t made = elements(sdp.cube, config, bytes_of(sdp.out_precision));
  counts.sdp_elements = made;
  counts.sdp_products = made;  // the converter's
  counts.sdp_sums = made;
  for (const auto* stage : {&sdp.bs, &sdp.bn, &sdp.ew}) {
    if (!*stage) continue;
    if ((*stage)->alu) counts.sdp_sums += made;
    if ((*stage)->mul) counts.sdp_products += made;
    if ((*stage)->look_up) counts.sdp_look_ups += made;
  }
}

void add_pdp(LayerCounts& counts, const nvdla::Pdp& pdp, const Config& config) {
  const std::uint32_t bytes = bytes_of(pdp.precision);
  counts.pdp_elements = elements(pdp.in, config, bytes);
  const std::uint64_t outputs = elements(pdp.out, config, bytes);
  const std::uint64_t along = outputs / pdp.out.height * pdp.in.height * pdp.kernel_width;
  counts.pdp_operations = along + outputs * pdp.kernel_height;
}

}  // namespace

std::span<const stats::Field<LayerCounts>> layer_count_fields() { return kFields; }

LayerCounts counts_of(const nvdla::Layer& layer, const Config& config) {
  LayerCounts counts;
  if (layer.convolution) add_convolution(counts, layer, config);
  if (layer.sdp) add_sdp(counts, *layer.sdp, config);
  if (layer.pdp) add_pdp(counts, *layer.pdp, config);
  if (layer.cdp) {
    counts.cdp_elements = elements(layer.cdp->cube, config, bytes_of(layer.cdp->precision));
  }
  return counts;
}

std::vector<LayerCounts> counts_of(const Program& program, const Config& config) {
  std::vector<LayerCounts> all;
  for (const Job& job : program.jobs) {
    for (const nvdla::Layer& layer : job.layers) all.push_back(counts_of(layer, config));
  }
  return all;
}

}  // namespace sim::dnnguard
