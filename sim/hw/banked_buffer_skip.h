#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/hw/banked_buffer.h"

namespace sim::hw {

/// From one request or response to the next. In between, cycles pass in two kinds of stretches:
/// while every port stays in its bank, the bank's turns are replayed; while ports walk over
/// interleaved banks and none meets another, all advance in step.
class BankedBufferSkip final : public BankedBuffer {
 public:
  BankedBufferSkip(const BankedBufferConfig& config, std::vector<Port> ports,
                   const std::vector<std::uint32_t>& owners, BankCommandPort& commands);
  void run_to(std::uint64_t cycle) override;
  /// Not after the next response, nor after the last word of a request under way.
  std::uint64_t next_event() const override { return next_; }

 private:
  void pass(std::uint64_t end);
  std::uint64_t cycles_in_banks(std::uint64_t limit) const;
  void stay_in_banks(std::uint64_t cycles);
  void serve_bank(std::uint32_t bank, std::uint64_t cycles);
  std::uint64_t cycles_in_step(std::uint64_t limit);
  std::uint64_t words_before_clearing(std::size_t port, std::uint64_t limit) const;
  void walk_in_step(std::uint64_t cycles);
  void walk(std::size_t port, std::uint64_t cycles);
  void count_idle_banks();
  std::uint64_t find_next_event() const;

  /// The last word that a bank served in a walk.
  struct Latest {
    std::uint64_t time = 0;  // 0: none
    std::size_t port = 0;
  };

  std::vector<std::vector<std::size_t>> asking_;  // of each bank: ports, ascending
  std::vector<std::uint64_t> grants_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> walkers_;  // bank, owner
  std::vector<Latest> latest_;                                    // of each bank
  std::uint64_t until_ = 0;                                       // cycles before are done
  std::uint64_t next_ = 0;
};

}  // namespace sim::hw
