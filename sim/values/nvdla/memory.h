#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>

namespace sim::values::nvdla {

/// Memory of 64 bits of addresses, of which only pages that were written exist. What nothing wrote
/// reads as 0 and is counted.
class Memory {
 public:
  static constexpr std::uint64_t kPageBytes = 4096;
  static constexpr std::uint64_t kHeldBytes = kPageBytes + kPageBytes / 8 + 64;  // of a page

  void write(std::uint64_t address, std::span<const std::uint8_t> bytes);
  void read(std::uint64_t address, std::span<std::uint8_t> into);

  std::uint64_t unset_reads() const { return unset_reads_; }  // bytes

 private:
  struct Page {
    std::array<std::uint8_t, kPageBytes> bytes{};
    std::bitset<kPageBytes> written;
  };

  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;  // by address / kPageBytes
  std::uint64_t unset_reads_ = 0;
};

}  // namespace sim::values::nvdla
