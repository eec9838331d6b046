#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/config_reader.h"

namespace sim::hw {

/// Times of a DRAM in its clock cycles, named as JEDEC names them. Times between commands are from
/// one command to the other; a command takes one clock.
struct DramTiming {
  std::uint32_t trcd;    // ACT to RD or WR, same bank
  std::uint32_t trp;     // PRE to ACT, same bank
  std::uint32_t trp_ab;  // PREA to REF, same rank
  std::uint32_t tras;    // ACT to PRE, same bank
  std::uint32_t tcl;     // RD to the first clock of its data
  std::uint32_t tcwl;    // WR to the first clock of its data
  std::uint32_t tccd_s;  // RD to RD, WR to WR, same rank, other bank group
  std::uint32_t tccd_l;  // the same, same bank group
  std::uint32_t trrd_s;  // ACT to ACT, same rank, other bank group
  std::uint32_t trrd_l;  // ACT to ACT of another bank, same bank group; one bank: tRAS and tRP
  std::uint32_t tfaw;    // ACT to the fourth ACT after it, same rank
  std::uint32_t twr;     // end of write data to PRE, same bank
  std::uint32_t twtr_s;  // end of write data to RD, same rank, other bank group
  std::uint32_t twtr_l;  // the same, same bank group
  std::uint32_t trtp;    // RD to PRE, same bank
  std::uint32_t trtrs;   // idle clocks on the bus when another rank or direction takes it
  std::uint32_t trfc;    // REF to ACT or REF, same rank
  std::uint32_t trefi;   // between refreshes of a rank
};

/// From which digit of an address a part of the place comes.
enum class AddressField { kRow, kRank, kGroup, kBank, kColumn, kChannel };

struct BankedDramConfig {
  std::uint32_t clock_mhz;  // of commands
  std::uint32_t channels;
  std::uint32_t ranks;        // of a channel
  std::uint32_t bank_groups;  // of a rank
  std::uint32_t banks;        // of a bank group
  std::uint32_t rows;         // of a bank
  std::uint32_t row_bytes;
  std::uint32_t bus_bits;  // of a channel
  std::uint32_t burst_length;
  std::uint32_t transfers_per_clock;  // 2: double data rate; 8: GDDR6
  DramTiming timing;
  std::uint32_t queue_depth;  // bursts, of a channel
  std::uint32_t row_hit_cap;
  std::vector<AddressField> mapping;  // most significant first

  std::uint32_t burst_bytes() const { return bus_bits / 8 * burst_length; }
  std::uint32_t burst_clocks() const { return burst_length / transfers_per_clock; }
  std::uint32_t columns() const { return row_bytes / burst_bytes(); }  // bursts of a row
  std::uint32_t banks_of_rank() const { return bank_groups * banks; }
  std::uint64_t capacity_bytes() const;
  std::uint64_t peak_bytes_per_clock() const;
  std::uint32_t size(AddressField field) const;

  static BankedDramConfig from(base::ConfigReader& in);
};

/// "row_rank_group_bank_column_channel" and any other order of the six; throws ConfigError.
std::vector<AddressField> parse_mapping(const base::ConfigReader& in, const std::string& text);

}  // namespace sim::hw
