#pragma once

#include <cstdint>

#include "sim/accelerators/dnnguard/array_geometry.h"
#include "sim/workload/nvdla_layer.h"

namespace sim::dnnguard {

/// Channels that an atom holds: E.
std::uint32_t atom_channels(const ArrayGeometry& array, workload::nvdla::Precision precision);

/// Entries of the convolution buffer that a line of a feature cube takes (D_ENTRY_PER_SLICE;
/// nvdla/doc, hw/format.rst). An entry is n atoms, and a pixel's a atoms lie in whole entries
/// first; what is left over of several pixels shares entries where it divides n.
std::uint32_t entries_per_line(const ArrayGeometry& array, workload::nvdla::Precision precision,
                               std::uint32_t width, std::uint32_t channels);

/// The same of an image, whose padding is inserted while it is fetched.
std::uint32_t entries_per_image_line(const ArrayGeometry& array, std::uint32_t pixels,
                                     std::uint32_t pixel_bytes);

/// Weights of so many kernels in the buffer: as in memory, rounded up to 128 bytes.
std::uint64_t weight_bytes(std::uint64_t kernels, std::uint64_t bytes_per_kernel);

}  // namespace sim::dnnguard
