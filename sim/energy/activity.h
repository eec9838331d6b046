#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sim::energy {

/// A memory as the energy table prices it: `banks` equal single-port banks.
struct MemoryShape {
  std::uint64_t bank_bytes = 0;
  std::uint32_t width_bits = 0;  // of one access
  std::uint64_t banks = 1;
  std::uint32_t access_cycles = 1;  // clock periods that an access may take
};

/// Wires from one place to `ends` places that lie evenly over the memories of the units `over`. The
/// shortest tree has a step to each place, as long as the places are apart, sqrt(area / ends): all
/// of it is sqrt(area * ends) long. Flip-flops, of which no table says how large they are, take no
/// area.
struct WireTree {
  std::vector<std::string> over;
  std::uint64_t ends = 1;
};

/// A count of one kind of event in one unit, priced by the table's row `event` (of `width_bits`, or
/// of the memory's shape).
struct Activity {
  std::string unit;     // "mac_array"
  std::string counter;  // the counter that was counted, "macs"
  std::string event;    // "multiply", "add", "sram_read", "sram_write", "register", "dram", …
  std::uint64_t count = 0;
  std::uint32_t width_bits = 0;  // operand width; 0 when the memory's shape says it
  std::optional<MemoryShape> memory{};
  bool estimated = false;           // the count rests on an estimate, which its unit states
  std::optional<WireTree> wires{};  // counted are bits that pass it, priced for each mm
};

/// Events of `width_bits` that are no accesses to a memory.
inline Activity events(std::string unit, std::string counter, std::string event,
                       std::uint64_t count, std::uint32_t width_bits) {
  return {std::move(unit), std::move(counter), std::move(event), count, width_bits, {}};
}
/// Accesses to a memory; `event` is sram_read or sram_write.
inline Activity accesses(std::string unit, std::string counter, std::string event,
                         std::uint64_t count, const MemoryShape& memory) {
  return {std::move(unit), std::move(counter), std::move(event), count, 0, memory};
}

/// Bits that each pass all of a tree of wires.
inline Activity bits_over(std::string unit, std::string counter, std::uint64_t bits,
                          WireTree wires) {
  Activity activity = events(std::move(unit), std::move(counter), "wire", bits, 1);
  activity.wires = std::move(wires);
  return activity;
}

/// The same, counted by an estimate.
inline Activity estimated(Activity activity) {
  activity.estimated = true;
  return activity;
}

/// Something that leaks for the whole run, or is clocked in each of its `clocked_cycles`.
struct StaticPart {
  std::string unit;
  std::optional<MemoryShape> memory;     // leaks as this memory
  std::uint64_t register_bits = 0;       // leaks and is clocked as this many flip-flops
  std::uint64_t clocked_cycles = 0;      // cycles in which its clock runs
  std::uint64_t configuration_bits = 0;  // leaks as this many cells that hold a configuration
  bool estimated = false;                // that there are so many of them is an estimate
};

/// Hardware that takes room and is no static part: `count` adders, multiplexers, … of `width_bits`,
/// each with the area of the table's row `component`, or a memory that no static part lists.
struct LogicPart {
  std::string unit;
  std::string purpose;           // "products", "m-way addition": tells its parts apart
  std::string component;         // "multiply", "add", "multiplexer", …; of a memory: empty
  std::uint32_t width_bits = 0;  // of the operands; of a LUT: its inputs
  std::uint64_t count = 0;
  std::optional<MemoryShape> memory;
};

inline LogicPart logic(std::string unit, std::string purpose, std::string component,
                       std::uint32_t width_bits, std::uint64_t count) {
  return {std::move(unit), std::move(purpose), std::move(component), width_bits, count, {}};
}

/// What selects one of `choices` words of `width_bits`, `count` times: a tree of two-way
/// multiplexers, of which each has one bit.
inline LogicPart selection(std::string unit, std::string purpose, std::uint64_t choices,
                           std::uint64_t width_bits, std::uint64_t count) {
  return logic(std::move(unit), std::move(purpose), "multiplexer", 1,
               (choices - 1) * width_bits * count);
}

}  // namespace sim::energy
