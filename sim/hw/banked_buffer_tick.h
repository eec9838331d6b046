#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "sim/hw/banked_buffer.h"

namespace sim::hw {

/// A row of a bank that is touched.
struct BankAccess {
  std::uint64_t cycle;
  std::uint32_t bank;
  std::uint32_t row;
  std::uint32_t owner;    // for whom
  std::uint64_t request;  // its id; of a row that is cleared: 0
  enum class Kind { kRead, kWrite, kClear } kind;
};

/// One cycle at a time.
class BankedBufferTick final : public BankedBuffer {
 public:
  BankedBufferTick(const BankedBufferConfig& config, std::vector<Port> ports,
                   const std::vector<std::uint32_t>& owners, BankCommandPort& commands)
      : BankedBuffer(config, std::move(ports), owners, commands) {}
  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override { return next_; }

  /// Appends each access from now on; for judges.
  void trace_accesses(std::vector<BankAccess>& accesses) { trace_ = &accesses; }

 private:
  void run_ports(std::uint64_t cycle);
  void run_bank(std::uint32_t bank, std::uint64_t cycle);
  void serve_one(std::uint32_t bank, std::uint64_t cycle);
  void record_word(std::size_t port, std::uint64_t cycle);

  // Of each port, in the cycle:
  std::vector<bool> asks_;             // it asks a bank for a word
  std::vector<std::uint32_t> wanted_;  // which, if it asks
  std::vector<bool> asking_;           // it asks the bank whose turn it is
  std::vector<BankAccess>* trace_ = nullptr;
  std::uint64_t next_ = 0;
};

}  // namespace sim::hw
