// A buffer of 16 banks between four ports, each with a requester that asks for `words` words at a
// time as soon as it may: skipping against ticking, the same requests in both.
//   cmake --preset bench && cmake --build build/bench --target buffer_bench
//   build/bench/tests/bench/buffer_bench

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <memory>
#include <vector>

#include "sim/base/rng.h"
#include "sim/hw/banked_buffer_skip.h"
#include "sim/hw/banked_buffer_tick.h"
#include "tests/bench/coupled_loop.h"

// libsystemc asks for it; the benchmark's main() takes its place.
extern "C" int sc_main(int, char**) { return 1; }

namespace sim::hw {
namespace {

constexpr std::uint32_t kPorts = 4;
constexpr std::uint32_t kBanks = 16;
constexpr std::uint32_t kRows = 1024;
constexpr std::uint64_t kWords = 200'000;  // of each port

/// What a port is asked for.
struct Load {
  BankMapping mapping;
  std::uint32_t words;
  bool own_banks;  // each port stays in a quarter of the addresses
};

class Requester : public Engine {
 public:
  Requester(BufferPort& port, const Load& load, std::uint64_t number)
      : port_(port), load_(load), number_(number), rng_(number, "requests") {}

  void run_to(std::uint64_t cycle) override {
    if (port_.can_receive(cycle)) {
      port_.receive(cycle);
      ++received_;
    }
    if (sent_ < requests() && port_.can_send(cycle)) {
      port_.send(cycle, {sent_, address(), load_.words, sent_ % 2 == 0});
      ++sent_;
    }
    const std::uint64_t next = cycle + 1;
    const bool acts = port_.can_receive(next) || (sent_ < requests() && port_.can_send(next));
    next_ = acts ? next : kNever;
  }
  std::uint64_t next_event() const override { return next_; }
  bool done() const { return received_ == requests(); }

 private:
  std::uint64_t requests() const { return kWords / load_.words; }
  std::uint64_t address() {
    const std::uint64_t range = std::uint64_t{kBanks} * kRows / (load_.own_banks ? kPorts : 1);
    return (load_.own_banks ? number_ * range : 0) + rng_.below(range - load_.words + 1);
  }

  BufferPort& port_;
  const Load load_;
  const std::uint64_t number_;
  base::Rng rng_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t next_ = 0;
};

struct All {
  const std::vector<std::unique_ptr<Requester>>& requesters;
  bool done() const {
    for (const auto& r : requesters) {
      if (!r->done()) return false;
    }
    return true;
  }
};

std::unique_ptr<BankedBuffer> make_buffer(const Load& load,
                                          std::vector<std::unique_ptr<BufferPort>>& ports,
                                          BankCommandPort& commands, bool skip) {
  const BankedBufferConfig config = {kBanks, kRows, load.mapping, 2};
  const std::vector<std::uint32_t> owners(kBanks, 0);
  std::vector<BankedBuffer::Port> ends;
  ends.reserve(ports.size());
  for (const auto& p : ports) ends.push_back({p.get(), 0});
  if (skip) return std::make_unique<BankedBufferSkip>(config, ends, owners, commands);
  return std::make_unique<BankedBufferTick>(config, ends, owners, commands);
}

bench::Measured run(const Load& load, bool skip) {
  std::uint64_t now = 0;
  BankCommandPort commands(1, 1);
  std::vector<std::unique_ptr<BufferPort>> ports;
  std::vector<std::unique_ptr<Requester>> requesters;
  for (std::uint64_t i = 0; i < kPorts; ++i) {
    ports.push_back(std::make_unique<BufferPort>(4, 8));
    requesters.push_back(std::make_unique<Requester>(*ports.back(), load, i));
  }
  const std::unique_ptr<BankedBuffer> buffer = make_buffer(load, ports, commands, skip);
  DueEngine unit(*buffer, now);
  DueEngine around[] = {
      {*requesters[0], now}, {*requesters[1], now}, {*requesters[2], now}, {*requesters[3], now}};
  static_assert(std::size(around) == kPorts);
  for (std::size_t i = 0; i < kPorts; ++i) ports[i]->connect(around[i], unit);
  return bench::run_until_done(All{requesters}, now,
                               {&unit, &around[0], &around[1], &around[2], &around[3]});
}

int register_all() {
  for (const std::uint32_t words : {1u, 16u, 256u}) {
    for (const bool own : {true, false}) {
      const Load blocked = {BankMapping::kBlocked, words, own};
      bench::add(fmt::format("blocked/{}/{}_words", own ? "own_banks" : "any_bank", words),
                 [blocked](bool skip) { return run(blocked, skip); });
    }
    const Load interleaved = {BankMapping::kInterleaved, words, false};
    bench::add(fmt::format("interleaved/{}_words", words),
               [interleaved](bool skip) { return run(interleaved, skip); });
  }
  return 0;
}

const int kRegistered = register_all();  // before benchmark_main runs

}  // namespace
}  // namespace sim::hw
