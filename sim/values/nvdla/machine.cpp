#include "sim/values/nvdla/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>

#include "sim/base/error.h"
#include "sim/values/nvdla/convolution.h"
#include "sim/values/nvdla/crc32.h"
#include "sim/values/nvdla/pools.h"
#include "sim/values/nvdla/sdp.h"

namespace sim::values::nvdla {
namespace {

using workload::nvdla::CrcCheck;
using workload::nvdla::Filling;
using workload::nvdla::ImageCheck;
using workload::nvdla::LayerStep;
using workload::nvdla::MemoryBytes;
using workload::nvdla::MemoryFill;

std::uint8_t filling(Filling with, std::uint64_t address) {
  switch (with) {
    case Filling::kZeros:
      return 0;
    case Filling::kOnes:
      return 0xff;
    case Filling::kA5:
      return 0xa5;
    case Filling::k5A:
      return 0x5a;
    case Filling::kAddress:
      return static_cast<std::uint8_t>(address);
    case Filling::kRandom:
      break;
  }
  // Anything will do that is the same in every run: the top of a multiplicative hash.
  return static_cast<std::uint8_t>(address * 0x9e3779b97f4a7c15U >> 56);
}

std::uint32_t distinct(const std::vector<std::uint8_t>& bytes) {
  std::bitset<256> seen;
  for (const std::uint8_t b : bytes) seen.set(b);
  return static_cast<std::uint32_t>(seen.count());
}

}  // namespace

std::vector<RegionCheck> Machine::run() {
  for (const auto& step : program_.steps) {
    std::visit([&](const auto& what) { act(what); }, step);
  }
  return std::move(checks_);
}

void Machine::act(const MemoryFill& fill) {
  std::vector<std::uint8_t> bytes;
  for (std::uint64_t done = 0; done < fill.size; done += bytes.size()) {
    bytes.resize(std::min(fill.size - done, Memory::kPageBytes));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = filling(fill.with, fill.address + done + i);
    }
    memory_.write(fill.address + done, bytes);
  }
}

void Machine::act(const MemoryBytes& bytes) { memory_.write(bytes.address, bytes.bytes); }

void Machine::act(const CrcCheck& check) {
  std::vector<std::uint8_t> bytes(check.size);
  memory_.read(check.address, bytes);
  checks_.push_back(
      {check.line, true, check.address, check.size, check.crc, crc32(bytes), 0, distinct(bytes)});
}

void Machine::act(const ImageCheck& check) {
  const auto& expected = check.expected.bytes;
  std::vector<std::uint8_t> bytes(expected.size());
  memory_.read(check.expected.address, bytes);
  std::uint64_t differing = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) differing += bytes[i] != expected[i] ? 1 : 0;
  checks_.push_back({check.line, false, check.expected.address, bytes.size(), crc32(expected),
                     crc32(bytes), differing, distinct(bytes)});
}

void Machine::act(const LayerStep& step) {
  const auto& layer = *step.layer;
  if (layer.sdp) {
    sdp(step);
  } else if (layer.pdp) {
    const auto& p = *layer.pdp;
    const Surfaces in = read_surfaces(memory_, p.in, *p.source, p.precision, lanes(p.precision));
    write_surfaces(memory_, run_pdp(p, in), p.destination, p.precision);
  } else {
    const auto& c = *layer.cdp;
    Surfaces cube = read_surfaces(memory_, c.cube, c.source, c.precision, lanes(c.precision));
    run_cdp(c, cube);
    write_surfaces(memory_, cube, c.destination, c.precision);
  }
}

Surfaces Machine::convolution(const LayerStep& step) {
  const auto& c = *step.layer->convolution;
  const auto missing = [&](std::string_view what) {
    throw base::WorkloadError(fmt::format(
        "{}:{}: the convolution reuses {} in the buffer, but the layer before left none that fit",
        program_.file, step.line, what));
  };
  if (!c.reuse_data) {
    kept_input_ = read_input(c, memory_, lanes(c.precision));
  } else if (!kept_input_ || kept_input_->cube != c.in) {
    missing("data");
  }
  if (!c.reuse_weights) {
    kept_weights_.emplace(weight_bytes(c));
    memory_.read(c.weight_base, *kept_weights_);
  } else if (!kept_weights_ || kept_weights_->size() != weight_bytes(c)) {
    missing("weights");
  }
  Surfaces sums = convolve(c, program_.configuration, *kept_input_, *kept_weights_);
  if (!c.keep_data) kept_input_.reset();
  if (!c.keep_weights) kept_weights_.reset();
  return sums;
}

void Machine::sdp(const LayerStep& step) {
  const auto& s = *step.layer->sdp;
  Surfaces cube =
      s.source ? read_surfaces(memory_, s.cube, *s.source, s.in_precision, lanes(s.in_precision))
               : convolution(step);
  cube.cube = s.cube;  // of the same surfaces
  bool writes = true;
  run_sdp(s, memory_, cube, writes);
  cube = in_atoms_of(cube, lanes(s.out_precision));
  if (step.layer->pdp) {
    const auto& p = *step.layer->pdp;
    write_surfaces(memory_, run_pdp(p, cube), p.destination, p.precision);
  } else if (writes) {
    write_surfaces(memory_, cube, *s.destination, s.out_precision);
  }
}

}  // namespace sim::values::nvdla
