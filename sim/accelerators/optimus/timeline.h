#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/accelerators/optimus/program.h"
#include "sim/accelerators/optimus/unit.h"
#include "sim/core/accelerator.h"

namespace sim::optimus {

/// Keeps the jobs that overlap a window of cycles.
class Timeline final : public Observer {
 public:
  Timeline(const Program& program, core::CycleWindow window) : program_(program), window_(window) {}

  void job(const std::string& unit, std::uint32_t layer, std::uint64_t begin,
           std::uint64_t end) override {
    if (begin >= window_.to || end <= window_.from) return;
    spans_.push_back({unit.substr(unit.rfind('.') + 1), program_.layers[layer].name, begin, end});
  }

  std::vector<core::Span> take() { return std::move(spans_); }

 private:
  const Program& program_;
  core::CycleWindow window_;
  std::vector<core::Span> spans_;
};

}  // namespace sim::optimus
