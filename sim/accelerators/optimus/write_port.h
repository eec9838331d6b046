#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <systemc>

#include "sim/accelerators/optimus/unit.h"
#include "sim/hw/lane_pipeline.h"

namespace sim::optimus {

/// Results of the MAC array on their way to the global buffer, the K/V store or the arg-max.
struct WritePart {
  std::uint32_t command = 0;
  std::uint32_t layer = 0;
  std::uint64_t elements = 0;
  bool first_part = true;   // of its command
  bool posts = true;        // consumers can go on after this one
  std::uint64_t since = 0;  // cycle in which it was pushed
};

/// Adds bias, applies ReLU, requantises and writes B_out elements a cycle; for logits it compares
/// instead of writing. A part taken in a cycle is written ceil(elements / B_out) cycles later and
/// then posted on the scoreboard.
class WritePort final : public Unit {
 public:
  WritePort(const sc_core::sc_module_name& name, Context& context,
            std::unique_ptr<hw::LanePipeline> engine);

  void push(WritePart part);
  /// Blocks the calling thread until everything pushed so far is written.
  void wait_idle();

  /// Elements: those written.
  UnitTotals totals() const override;

 private:
  SC_HAS_PROCESS(WritePort);
  void main();
  void write(const WritePart& part);
  WritePart pop();

  std::unique_ptr<hw::LanePipeline> engine_;
  std::deque<WritePart> parts_;
  bool writing_ = false;
  std::uint64_t elements_ = 0;
  sc_core::sc_event pushed_{"pushed"};
  sc_core::sc_event idle_{"idle"};
};

}  // namespace sim::optimus
