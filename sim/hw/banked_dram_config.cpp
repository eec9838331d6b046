#include "sim/hw/banked_dram_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "sim/base/check.h"
#include "sim/hw/dram_presets.h"

namespace sim::hw {
namespace {

constexpr std::pair<std::string_view, AddressField> kFields[] = {
    {"row", AddressField::kRow},       {"rank", AddressField::kRank},
    {"group", AddressField::kGroup},   {"bank", AddressField::kBank},
    {"column", AddressField::kColumn}, {"channel", AddressField::kChannel}};

/// A key of DRAM clock cycles whose default is the preset's.
void read_clocks(base::ConfigReader& in, std::string_view name, std::uint32_t& value,
                 std::string_view meaning, std::uint64_t min = 1) {
  value = in.integer32({.name = name,
                        .unit = "clocks",
                        .min = min,
                        .max = 1048576,
                        .fallback = value,
                        .meaning = meaning});
}

void read_count(base::ConfigReader& in, std::string_view name, std::string_view unit,
                std::uint32_t& value, std::uint64_t max, std::string_view meaning) {
  value = in.integer32(
      {.name = name, .unit = unit, .min = 1, .max = max, .fallback = value, .meaning = meaning});
}

/// The first of the keys that the file states: a preset's value is never the mistake.
std::string_view given_of(const base::ConfigReader& in,
                          std::initializer_list<std::string_view> keys) {
  const auto* given = std::ranges::find_if(keys, [&](std::string_view key) { return in.has(key); });
  return given == keys.end() ? *keys.begin() : *given;
}

void read_parts(base::ConfigReader& in, BankedDramConfig& c) {
  read_count(in, "clock_mhz", "MHz", c.clock_mhz, 100000, "clock of commands");
  read_count(in, "channels", "channels", c.channels, 64, "channels, each with a queue of its own");
  read_count(in, "ranks", "ranks", c.ranks, 16, "ranks of a channel");
  read_count(in, "bank_groups", "groups", c.bank_groups, 16, "bank groups of a rank");
  read_count(in, "banks", "banks", c.banks, 64, "banks of a bank group");
  read_count(in, "rows", "rows", c.rows, 1048576, "rows of a bank");
  read_count(in, "row_bytes", "bytes", c.row_bytes, 1048576, "a row, of all devices of the rank");
  read_count(in, "bus_bits", "bits", c.bus_bits, 4096, "data bus of a channel");
  read_count(in, "burst_length", "transfers", c.burst_length, 64, "transfers of a column command");
  read_count(in, "transfers_per_clock", "transfers/clock", c.transfers_per_clock, 64,
             "2: double data rate");
  if (c.bus_bits % 8 != 0) in.fail("bus_bits", "must be whole bytes");
  if (c.burst_length % c.transfers_per_clock != 0) {
    in.fail("burst_length", "must be a multiple of transfers_per_clock");
  }
  if (c.row_bytes % c.burst_bytes() != 0) {
    in.fail(
        given_of(in, {"row_bytes", "bus_bits", "burst_length"}),
        fmt::format("a row of {} bytes is not whole bursts of {}", c.row_bytes, c.burst_bytes()));
  }
}

void read_timing(base::ConfigReader& in, DramTiming& t) {
  read_clocks(in, "trcd_clocks", t.trcd, "ACT to RD or WR of a bank");
  read_clocks(in, "trp_clocks", t.trp, "PRE to ACT of a bank");
  read_clocks(in, "trp_ab_clocks", t.trp_ab, "PREA to REF of a rank");
  read_clocks(in, "tras_clocks", t.tras, "ACT to PRE of a bank");
  read_clocks(in, "tcl_clocks", t.tcl, "RD to its first data");
  read_clocks(in, "tcwl_clocks", t.tcwl, "WR to its first data");
  read_clocks(in, "tccd_s_clocks", t.tccd_s, "RD to RD, WR to WR of different bank groups");
  read_clocks(in, "tccd_l_clocks", t.tccd_l, "RD to RD, WR to WR of a bank group");
  read_clocks(in, "trrd_s_clocks", t.trrd_s, "ACT to ACT of different bank groups");
  read_clocks(in, "trrd_l_clocks", t.trrd_l, "ACT to ACT of different banks of a bank group");
  read_clocks(in, "tfaw_clocks", t.tfaw, "ACT to the fourth ACT after it of a rank");
  read_clocks(in, "twr_clocks", t.twr, "end of write data to PRE of a bank");
  read_clocks(in, "twtr_s_clocks", t.twtr_s, "end of write data to RD of another bank group", 0);
  read_clocks(in, "twtr_l_clocks", t.twtr_l, "end of write data to RD of the bank group", 0);
  read_clocks(in, "trtp_clocks", t.trtp, "RD to PRE of a bank");
  read_clocks(in, "trtrs_clocks", t.trtrs,
              "idle clocks on the bus before another rank or direction", 0);
  read_clocks(in, "trfc_clocks", t.trfc, "REF to ACT or REF of a rank");
  read_clocks(in, "trefi_clocks", t.trefi, "between refreshes of a rank");
}

void check_timing(const base::ConfigReader& in, const BankedDramConfig& c) {
  const DramTiming& t = c.timing;
  if (t.tccd_s < c.burst_clocks()) {
    in.fail("tccd_s_clocks", fmt::format("a burst takes {} clocks on the bus", c.burst_clocks()));
  }
  if (t.tccd_l < t.tccd_s) in.fail("tccd_l_clocks", "must not be below tccd_s_clocks");
  if (t.trp_ab < t.trp) in.fail("trp_ab_clocks", "must not be below trp_clocks");
  if (t.trfc < t.trp) in.fail("trfc_clocks", "must not be below trp_clocks");
  if (t.trrd_l < t.trrd_s) in.fail("trrd_l_clocks", "must not be below trrd_s_clocks");
  if (t.trrd_l > std::uint64_t{t.tras} + t.trp) {
    in.fail("trrd_l_clocks", "must not be above tras_clocks and trp_clocks together");
  }
  if (t.tfaw >= t.trefi) in.fail("tfaw_clocks", "must be below trefi_clocks");
  if (t.twtr_l < t.twtr_s) in.fail("twtr_l_clocks", "must not be below twtr_s_clocks");
  if (t.tcwl >= t.tcl + c.burst_clocks() + t.trtrs) {
    in.fail("tcwl_clocks", "the data of a write would come more than a burst after that of a read");
  }
  const std::uint64_t closing = std::uint64_t{t.trcd} + t.tcwl + c.burst_clocks() + t.twr + t.tras;
  if (t.trefi <= closing + t.trp_ab + t.trfc) {
    in.fail("trefi_clocks", "refreshing would leave no time for data");
  }
}

}  // namespace

std::uint32_t BankedDramConfig::size(AddressField field) const {
  switch (field) {
    case AddressField::kRow:
      return rows;
    case AddressField::kRank:
      return ranks;
    case AddressField::kGroup:
      return bank_groups;
    case AddressField::kBank:
      return banks;
    case AddressField::kColumn:
      return columns();
    case AddressField::kChannel:
      return channels;
  }
  SIM_CHECK(false, "no such part of an address");
  return 0;
}

std::uint64_t BankedDramConfig::capacity_bytes() const {
  return std::uint64_t{channels} * ranks * banks_of_rank() * rows * row_bytes;
}

std::uint64_t BankedDramConfig::peak_bytes_per_clock() const {
  return std::uint64_t{channels} * bus_bits / 8 * transfers_per_clock;
}

std::vector<AddressField> parse_mapping(const base::ConfigReader& in, const std::string& text) {
  std::vector<AddressField> mapping;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('_', begin), text.size());
    const std::string_view word = std::string_view(text).substr(begin, end - begin);
    const auto* field = std::ranges::find(kFields, word, [](const auto& f) { return f.first; });
    if (field == std::end(kFields)) {
      in.fail("mapping",
              fmt::format("'{}' is none of row, rank, group, bank, column, channel", word));
    }
    if (std::ranges::count(mapping, field->second) > 0) {
      in.fail("mapping", fmt::format("{} stands twice", word));
    }
    mapping.push_back(field->second);
    begin = end + 1;
  }
  if (mapping.size() != std::size(kFields)) {
    in.fail("mapping", "must name each of row, rank, group, bank, column, channel");
  }
  return mapping;
}

BankedDramConfig BankedDramConfig::from(base::ConfigReader& in) {
  BankedDramConfig c = dram_preset(in.choice<DramStandard>(
      "standard",
      {{"ddr4_2400", DramStandard::kDdr4_2400},
       {"lpddr4_3200", DramStandard::kLpddr4_3200},
       {"hbm2", DramStandard::kHbm2},
       {"gddr6", DramStandard::kGddr6}},
      DramStandard::kDdr4_2400, "whose parts and times are the defaults of the keys below"));
  read_parts(in, c);
  read_timing(in, c.timing);
  check_timing(in, c);
  c.queue_depth = 32;
  read_count(in, "queue_depth", "bursts", c.queue_depth, 4096,
             "bursts that a channel chooses from");
  c.row_hit_cap = 16;
  read_count(in, "row_hit_cap", "bursts", c.row_hit_cap, 1048576,
             "bursts of an open row that may overtake the oldest burst of the bank");
  c.mapping = parse_mapping(
      in, in.text_value("mapping", "row_rank_bank_column_group_channel",
                        "parts of an address, most significant first, as "
                        "row_rank_bank_column_group_channel; below them the bytes of a burst"));
  return c;
}

}  // namespace sim::hw
