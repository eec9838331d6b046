#pragma once

#include <cstdint>

namespace sim::dnnguard {

/// Sizes of an NVDLA-like array (nvdla/hw, spec/defs/*.spec; names there in brackets). Times of its
/// units stand with the units.
struct ArrayGeometry {
  std::uint32_t rows = 32;           // r: MAC cells, one kernel each (MAC_ATOMIC_K)
  std::uint32_t lanes = 64;          // aC: int8 products of a cell in a cycle (MAC_ATOMIC_C)
  std::uint32_t atom_bytes = 32;     // one pixel's share of a surface (MEMORY_ATOMIC_SIZE)
  std::uint32_t banks = 16;          // of the convolution buffer (CBUF_BANK_NUMBER)
  std::uint32_t bank_entries = 512;  // (CBUF_BANK_DEPTH)
  std::uint32_t entry_bytes = 64;    // (CBUF_BANK_WIDTH)
  std::uint32_t beat_bytes = 32;     // of the memory port

  bool element_wise = true;  // stage EW of SDP, with its table, is there

  std::uint64_t bank_bytes() const { return std::uint64_t{bank_entries} * entry_bytes; }
  std::uint64_t buffer_bytes() const { return banks * bank_bytes(); }

  friend bool operator==(const ArrayGeometry&, const ArrayGeometry&) = default;
};

constexpr ArrayGeometry kNvSmall = {.rows = 8,
                                    .lanes = 8,
                                    .atom_bytes = 8,
                                    .banks = 32,
                                    .bank_entries = 512,
                                    .entry_bytes = 8,
                                    .beat_bytes = 8,
                                    .element_wise = false};
constexpr ArrayGeometry kNvSmall256 = {.rows = 8,
                                       .lanes = 32,
                                       .atom_bytes = 8,
                                       .banks = 32,
                                       .bank_entries = 128,
                                       .entry_bytes = 32,
                                       .beat_bytes = 8,
                                       .element_wise = false};
constexpr ArrayGeometry kNvLarge = {};

}  // namespace sim::dnnguard
