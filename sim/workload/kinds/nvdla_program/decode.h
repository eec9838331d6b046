#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/workload/kinds/nvdla_program/register_file.h"
#include "sim/workload/nvdla_program.h"

namespace sim::workload::nvdla_program {

/// What decoding needs beside registers, and where its complaints and notes go.
struct DecodeContext {
  const nvdla::Configuration& configuration;
  const std::string& file;
  std::uint32_t line;  // of the last enable
  std::vector<std::string>& notes;

  [[noreturn]] void fail(const std::string& message) const;
  /// Once, whatever the number of layers that it holds for.
  void note(std::string text) const;

  void require(bool condition, const std::string& message) const {
    if (!condition) fail(message);
  }
  /// Two registers that say the same: names for messages.
  void equal(std::uint64_t a, std::string_view name_a, std::uint64_t b,
             std::string_view name_b) const;
  nvdla::Precision precision(std::uint32_t code, std::string_view name) const;
  /// That a cube lies within 64 bits of addresses on whole atoms, and is not too large.
  void check_cube(const nvdla::Cube& cube, const nvdla::CubePlace& place, nvdla::Precision p,
                  std::string_view what) const;
  /// That it has no more elements than are computed, with whole atoms.
  void check_elements(const nvdla::Cube& cube, nvdla::Precision p, std::string_view what) const;
  /// That a region ends within 64 bits of addresses.
  void check_region(std::uint64_t base, std::uint64_t size, std::string_view what) const;
};

// Layers from the consumers' groups of registers. Throw WorkloadError for registers that contradict
// each other, and for what is not modelled.

nvdla::Convolution decode_convolution(const RegisterFile& registers, const DecodeContext& context);
/// `convolution`: what feeds it, if anything.
nvdla::Sdp decode_sdp(const RegisterFile& registers, const nvdla::Convolution* convolution,
                      const DecodeContext& context);
/// `sdp`: what feeds it, if anything.
nvdla::Pdp decode_pdp(const RegisterFile& registers, const nvdla::Sdp* sdp,
                      const DecodeContext& context);
nvdla::Cdp decode_cdp(const RegisterFile& registers, const DecodeContext& context);
nvdla::LookUp decode_look_up(const Group& unit, const DecodeContext& context);

/// Whether a stage of SDP takes operands from memory, so that SDP_RDMA takes part.
bool reads_operands(const Group& sdp, const nvdla::Configuration& configuration);

/// (v - offset) * scale / 2^shift from three registers with these names.
nvdla::Converter converter(const Group& unit, std::string_view offset, std::string_view scale,
                           std::string_view shift);
nvdla::CubePlace place(const Group& unit, std::string_view prefix);
nvdla::Cube cube(const Group& unit, std::string_view prefix);

}  // namespace sim::workload::nvdla_program
