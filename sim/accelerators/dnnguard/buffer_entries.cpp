#include "sim/accelerators/dnnguard/buffer_entries.h"

#include "sim/base/math.h"

namespace sim::dnnguard {

namespace {

std::uint32_t rounded_up(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint32_t>(base::ceil_div(a, b));
}

/// D_WEIGHT_BYTES counts in these.
constexpr std::uint64_t kWeightAlignmentBytes = 128;

/// Entries of the atoms that are left over of a line's pixels, `left` of each, n in an entry.
std::uint32_t entries_of_rest(std::uint32_t width, std::uint32_t left, std::uint32_t n) {
  if (left == 0) return 0;
  const std::uint32_t pixels = n % left == 0 ? n / left : 1;  // that share an entry
  return rounded_up(width, pixels);
}

}  // namespace

std::uint32_t atom_channels(const ArrayGeometry& array, workload::nvdla::Precision precision) {
  return array.atom_bytes / workload::nvdla::bytes_of(precision);
}

std::uint32_t entries_per_line(const ArrayGeometry& array, workload::nvdla::Precision precision,
                               std::uint32_t width, std::uint32_t channels) {
  const std::uint32_t n = array.entry_bytes / array.atom_bytes;
  const std::uint32_t atoms = rounded_up(channels, atom_channels(array, precision));
  return width * (atoms / n) + entries_of_rest(width, atoms % n, n);
}

std::uint32_t entries_per_image_line(const ArrayGeometry& array, std::uint32_t pixels,
                                     std::uint32_t pixel_bytes) {
  return rounded_up(pixels * pixel_bytes, array.entry_bytes);
}

std::uint64_t weight_bytes(std::uint64_t kernels, std::uint64_t bytes_per_kernel) {
  return base::ceil_div(kernels * bytes_per_kernel, kWeightAlignmentBytes) * kWeightAlignmentBytes;
}

}  // namespace sim::dnnguard
