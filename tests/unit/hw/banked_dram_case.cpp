#include "tests/unit/hw/banked_dram_case.h"

#include <algorithm>
#include <utility>

#include "sim/hw/banked_dram_skip.h"
#include "sim/hw/banked_dram_tick.h"

namespace sim::hw::memory_test {
namespace {

DramTiming random_timing(base::Rng& rng, std::uint32_t burst) {
  DramTiming t{};
  t.trcd = between(rng, 1, 8);
  t.trp = between(rng, 1, 8);
  t.trp_ab = t.trp + between(rng, 0, 3);
  t.tras = between(rng, 1, 25);
  t.tcl = between(rng, 1, 12);
  t.trtrs = between(rng, 0, 3);
  t.tcwl = between(rng, 1, t.tcl + burst + t.trtrs - 1);
  t.tccd_s = burst + between(rng, 0, 2);
  t.tccd_l = t.tccd_s + between(rng, 0, 4);
  t.trrd_s = between(rng, 1, 5);
  // Some are above tRC, which binds within a bank all the same.
  t.trrd_l = t.trrd_s + between(rng, 0, rng.below(4) == 0 ? 40 : 4);
  t.tfaw = between(rng, 1, 60);
  t.twr = between(rng, 1, 15);
  t.twtr_s = between(rng, 0, 5);
  t.twtr_l = t.twtr_s + between(rng, 0, 8);
  t.trtp = between(rng, 1, 12);
  t.trfc = t.trp + between(rng, 1, 60);
  const std::uint32_t least = t.trcd + t.tcwl + burst + t.twr + t.tras + t.trp_ab + t.trfc + 1;
  constexpr std::uint32_t kSpare[] = {3, 100, 2000};
  t.trefi = least + between(rng, 0, kSpare[rng.below(3)]);
  return t;
}

BankedDramConfig random_config(base::Rng& rng) {
  BankedDramConfig c{};
  c.clock_mhz = between(rng, 50, 400);
  c.channels = between(rng, 1, 3);
  c.ranks = between(rng, 1, rng.below(3) == 0 ? 8 : 3);
  c.bank_groups = between(rng, 1, 3);
  c.banks = between(rng, 1, 3);
  c.rows = between(rng, 4, 40);
  c.bus_bits = 8 * between(rng, 1, 4);
  c.transfers_per_clock = 1 + 1 * between(rng, 0, 1);
  c.burst_length = c.transfers_per_clock * between(rng, 1, 4);
  c.row_bytes = c.bus_bits / 8 * c.burst_length * between(rng, 1, 9);
  c.timing = random_timing(rng, c.burst_clocks());
  c.queue_depth = between(rng, 1, 12);
  c.row_hit_cap = between(rng, 1, 6);
  c.mapping = {AddressField::kRow,  AddressField::kRank,   AddressField::kGroup,
               AddressField::kBank, AddressField::kColumn, AddressField::kChannel};
  for (std::size_t i = c.mapping.size(); i > 1; --i) {
    std::swap(c.mapping[i - 1], c.mapping[rng.below(i)]);
  }
  return c;
}

Stream random_stream(base::Rng& rng, std::uint64_t capacity) {
  Stream s;
  s.receive_interval = between(rng, 1, rng.below(4) == 0 ? 30 : 2);
  const std::uint64_t writes = rng.below(5);  // of four
  const std::uint64_t area = std::max<std::uint64_t>(capacity >> rng.below(6), 200);
  const std::uint64_t pause = rng.below(3) == 0 ? 400 : 20;
  std::uint64_t cycle = 0;
  std::uint64_t address = 0;
  for (std::uint32_t left = between(rng, 1, 120); left > 0; --left) {
    cycle += rng.below(8) == 0 ? rng.below(pause) : rng.below(2);
    const std::uint32_t bytes = between(rng, 1, rng.below(3) == 0 ? 100 : 16);
    if (rng.below(3) == 0) address = rng.below(area);
    address %= std::min(area, capacity) - 100;
    s.requests.push_back({cycle, address, bytes, rng.below(4) < writes});
    address += bytes;
  }
  return s;
}

char letter(DramCommandKind kind) {
  switch (kind) {
    case DramCommandKind::kActivate:
      return 'A';
    case DramCommandKind::kPrecharge:
      return 'P';
    case DramCommandKind::kPrechargeAll:
      return 'a';
    case DramCommandKind::kRead:
      return 'R';
    case DramCommandKind::kWrite:
      return 'W';
    case DramCommandKind::kRefresh:
      break;
  }
  return 'F';
}

std::vector<Command> in_words_of_judge(const std::vector<IssuedCommand>& commands) {
  std::vector<Command> all;
  for (const auto& [clock, command] : commands) {
    const DramPlace& p = command.place;
    all.push_back({static_cast<std::int64_t>(clock), letter(command.kind), p.rank, p.group, p.bank,
                   p.row, p.column});
  }
  return all;
}

}  // namespace

BankedCase random_banked_case(std::uint64_t seed) {
  base::Rng rng(seed, "banked");
  BankedCase c{};
  c.port = {.outstanding = between(rng, 1, 20), .bytes_per_cycle = between(rng, 1, 32)};
  do {
    c.config = random_config(rng);
  } while (c.config.capacity_bytes() < 300);
  c.machine_mhz = between(rng, 50, 400);
  if (rng.below(3) == 0) c.machine_mhz = c.config.clock_mhz;
  c.stream = random_stream(rng, c.config.capacity_bytes());
  return c;
}

BankedCase standard_case(const char* yaml) {
  BankedCase c{};
  auto reader = base::ConfigReader::text(yaml, "dram.yaml");
  c.config = reader.read<BankedDramConfig>();
  c.port = {.outstanding = 1024, .bytes_per_cycle = 4096};
  c.machine_mhz = c.config.clock_mhz;
  return c;
}

template <class Engine>
BankedOutcome run(const BankedCase& c, std::uint64_t tail, bool disturb) {
  MemoryPort port(c.port);
  Engine engine(c.config, c.machine_mhz, port);
  std::vector<std::vector<IssuedCommand>> commands(c.config.channels);
  engine.trace_commands(commands);
  BankedOutcome outcome{drive(engine, port, c.stream, tail, disturb)};
  for (const auto& channel : commands) outcome.commands.push_back(in_words_of_judge(channel));
  return outcome;
}

template BankedOutcome run<BankedDramTick>(const BankedCase&, std::uint64_t, bool);
template BankedOutcome run<BankedDramSkip>(const BankedCase&, std::uint64_t, bool);

}  // namespace sim::hw::memory_test
