#pragma once

#include <cstdint>
#include <vector>

namespace sim::test {

/// Bits in words of 64, bit 0 the lowest of the first.
using Bits = std::vector<std::uint64_t>;

/// A Verilated machine behind its pins; the name of the type that Verilator made stays in one
/// source, whose headers do not go together with SystemC's. After construction it is out of reset
/// and stands in the first cycle; outputs are those of the cycle, given what was driven.
class Twin {
 public:
  virtual ~Twin() = default;

  virtual void drive(bool in_valid, const Bits& in_bits, bool out_ready) = 0;
  /// The configuration port, of machines that have one.
  virtual void drive_config(bool valid, const Bits& bits) = 0;
  /// The rising edge that ends the cycle.
  virtual void clock() = 0;

  virtual bool in_ready() const = 0;
  virtual bool out_valid() const = 0;
  virtual bool config_ready() const = 0;
  virtual Bits result() const = 0;
  /// What the top shows of the inside, in an order of its own.
  virtual Bits probe() const = 0;
};

inline bool bit(const Bits& bits, std::size_t index) {
  return (bits[index / 64] >> (index % 64) & 1) != 0;
}

}  // namespace sim::test
