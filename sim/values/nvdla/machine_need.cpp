// Bounds from above of what computing a program takes, from its steps alone.
#include <algorithm>
#include <map>
#include <unordered_set>

#include "sim/base/math.h"
#include "sim/values/nvdla/convolution.h"
#include "sim/values/nvdla/machine.h"

namespace sim::values::nvdla {
namespace {

using base::product;
using workload::nvdla::Configuration;
using workload::nvdla::CrcCheck;
using workload::nvdla::Cube;
using workload::nvdla::CubePlace;
using workload::nvdla::Layer;
using workload::nvdla::LayerStep;
using workload::nvdla::MemoryBytes;
using workload::nvdla::MemoryFill;
using workload::nvdla::Precision;
using workload::nvdla::Program;

/// Pages that memory will have.
class Pages {
 public:
  void add(std::uint64_t address, std::uint64_t size) {
    if (size == 0) return;
    const std::uint64_t last = (address + size - 1) / Memory::kPageBytes;
    for (std::uint64_t page = address / Memory::kPageBytes; page <= last; ++page) set_.insert(page);
  }

  /// A cube that is written: as far as it goes, or a few pages a line where lines are far apart.
  void add(const Cube& cube, const CubePlace& place, std::uint32_t lanes,
           std::uint32_t atom_bytes) {
    const std::uint64_t surfaces = base::ceil_div(cube.channels, lanes);
    const std::uint64_t line = std::uint64_t{cube.width} * atom_bytes;
    const std::uint64_t extent = (surfaces - 1) * place.surface_stride +
                                 std::uint64_t{cube.height - 1} * place.line_stride + line;
    const std::uint64_t by_lines = surfaces * cube.height * (line / Memory::kPageBytes + 2);
    std::uint64_t& most = cubes_[place.base];
    most = std::max(most, std::min(extent / Memory::kPageBytes + 2, by_lines));
  }

  std::uint64_t count() const {
    std::uint64_t count = set_.size();
    for (const auto& [base, pages] : cubes_) count += pages;
    return count;
  }

 private:
  std::unordered_set<std::uint64_t> set_;
  std::map<std::uint64_t, std::uint64_t> cubes_;  // by their base
};

std::uint64_t elements(const Cube& cube, std::uint32_t lanes) {
  return product({cube.width, cube.height, base::ceil_div(cube.channels, lanes) * lanes});
}

/// Values of 32 bits that a layer holds at once, of all its cubes.
std::uint64_t layer_elements(const Layer& layer, const Configuration& configuration) {
  std::uint64_t all = 0;
  const auto add = [&](const Cube& cube, Precision p) {
    all += elements(cube, configuration.lanes(p));
  };
  if (layer.convolution) add(layer.convolution->in, layer.convolution->precision);
  if (layer.sdp) {
    add(layer.sdp->cube, layer.sdp->in_precision);
    add(layer.sdp->cube, layer.sdp->out_precision);
    for (const auto* stage : {&layer.sdp->bs, &layer.sdp->bn, &layer.sdp->ew}) {
      if (*stage && (*stage)->operands)
        all += 4 * elements(layer.sdp->cube, configuration.lanes(layer.sdp->in_precision));
    }
  }
  if (layer.pdp) {
    add(layer.pdp->in, layer.pdp->precision);
    add(layer.pdp->out, layer.pdp->precision);
  }
  if (layer.cdp) add(layer.cdp->cube, layer.cdp->precision);
  return all;
}

void add_pages(const Layer& layer, const Configuration& configuration, Pages& pages) {
  const std::uint32_t atom = configuration.atom_bytes;
  if (layer.sdp && layer.sdp->destination) {
    pages.add(layer.sdp->cube, *layer.sdp->destination,
              configuration.lanes(layer.sdp->out_precision), atom);
  }
  if (layer.pdp) {
    pages.add(layer.pdp->out, layer.pdp->destination, configuration.lanes(layer.pdp->precision),
              atom);
  }
  if (layer.cdp) {
    pages.add(layer.cdp->cube, layer.cdp->destination, configuration.lanes(layer.cdp->precision),
              atom);
  }
}

std::uint64_t layer_work(const Layer& layer, const Configuration& configuration) {
  constexpr std::uint64_t kElement = 512;  // multiplications that take as long as one element
  constexpr std::uint64_t kPooled = 8;     // and as one element of a window
  std::uint64_t work = kElement * layer_elements(layer, configuration);
  if (layer.convolution) {
    const auto& c = *layer.convolution;
    work += product(
        {c.kernel_width, c.kernel_height, c.in.channels, c.kernels, c.out_width, c.out_height});
  }
  if (layer.pdp) {
    work += product({elements(layer.pdp->out, configuration.lanes(layer.pdp->precision)),
                     layer.pdp->kernel_width, layer.pdp->kernel_height, kPooled});
  }
  return work;
}

}  // namespace

base::MemoryNeed machine_need(const Program& program) {
  Pages pages;
  std::uint64_t largest = 0;
  for (const auto& step : program.steps) {
    if (const auto* fill = std::get_if<MemoryFill>(&step)) pages.add(fill->address, fill->size);
    if (const auto* bytes = std::get_if<MemoryBytes>(&step)) {
      pages.add(bytes->address, bytes->bytes.size());
    }
    const auto* run = std::get_if<LayerStep>(&step);
    if (run == nullptr) continue;
    add_pages(*run->layer, program.configuration, pages);
    std::uint64_t held = sizeof(std::int32_t) * layer_elements(*run->layer, program.configuration);
    if (run->layer->convolution) held += 4 * weight_bytes(*run->layer->convolution);
    largest = std::max(largest, held);
  }
  base::MemoryNeed need;
  need.add("memory of the program", product({pages.count(), Memory::kHeldBytes}));
  need.add("its largest layer", largest);
  return need;
}

std::uint64_t machine_work(const Program& program) {
  constexpr std::uint64_t kByte = 16;  // multiplications that take as long as a byte of a check
  std::uint64_t work = 0;
  for (const auto& step : program.steps) {
    const auto* run = std::get_if<LayerStep>(&step);
    if (const auto* check = std::get_if<CrcCheck>(&step)) work += kByte * check->size;
    if (run != nullptr) work += layer_work(*run->layer, program.configuration);
  }
  return work;
}

}  // namespace sim::values::nvdla
