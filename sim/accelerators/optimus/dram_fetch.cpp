#include "sim/accelerators/optimus/dram_fetch.h"

#include <algorithm>
#include <limits>

#include "sim/base/check.h"
#include "sim/hw/make_dram.h"

namespace sim::optimus {
namespace {

// The sequencer fills the list of descriptors ahead; what limits the machine is its data.
constexpr std::uint32_t kDescriptors = std::numeric_limits<std::uint32_t>::max();
// The receiver takes a burst in each cycle, so that the DMA never waits for a place.
constexpr std::uint32_t kBursts = 2;

std::unique_ptr<hw::Dma> make_dma(const hw::DmaConfig& config, const hw::Dma::Ends& ends,
                                  core::Engine engine) {
  switch (engine) {
    case core::Engine::kTick:
      return std::make_unique<hw::DmaTick>(config, ends);
    case core::Engine::kSkip:
      break;
  }
  return std::make_unique<hw::DmaSkip>(config, ends);
}

template <class Counts>
Counts difference(const Counts& a, const Counts& b, std::span<const stats::Field<Counts>> fields) {
  Counts d;
  for (const auto& f : fields) d.*f.member = b.*f.member - a.*f.member;
  return d;
}

}  // namespace

DramRecord between(const DramRecord& a, const DramRecord& b) {
  return {.cycles = b.cycles - a.cycles,
          .dram = difference(a.dram, b.dram, hw::dram_fields()),
          .dma = difference(a.dma, b.dma, hw::dma_fields())};
}

DramFetch::DramFetch(const Config& config, core::Engine engine, stats::Timeline* timeline)
    : config_(config.memories.dram),
      engine_(engine),
      port_(config_.port),
      descriptors_(kDescriptors),
      done_(kBursts),
      dram_(hw::make_dram(config_, config.clock_mhz, port_, engine)),
      dma_(make_dma({.burst_bytes = config.memories.dram_request_bytes,
                     .outstanding = config_.port.outstanding},
                    {&descriptors_, &port_, &done_, nullptr}, engine)),
      coupled_dram_(*dram_, now_),
      coupled_dma_(*dma_, now_),
      series_(timeline, config, *dram_) {
  port_.connect(coupled_dma_, coupled_dram_);
}

std::uint64_t DramFetch::ask(DramUser user, std::uint64_t cycle, std::span<const DramRun> runs) {
  advance(cycle);
  SIM_CHECK(bytes_under_way_ == 0 || user == user_, "two units read from DRAM in cycle {}", cycle);
  SIM_CHECK(bytes_under_way_ > 0 || cycle >= at_rest_from_,
            "a fetch of cycle {} comes before one that is only counted has ended", cycle);
  user_ = user;
  Fetch& fetch = fetches_[asked_];
  fetch.asked = cycle;
  now_ = cycle;
  for (const DramRun& run : runs) {
    descriptors_.push(cycle, {.id = asked_, .address = run.address, .line_bytes = run.bytes});
    fetch.bytes += run.bytes;
  }
  bytes_under_way_ += fetch.bytes;
  coupled_dma_.wake();
  return asked_++;
}

std::uint64_t DramFetch::next_event() const {
  return std::min(coupled_dram_.due(), coupled_dma_.due());
}

void DramFetch::step(std::uint64_t cycle) {
  now_ = cycle;
  if (coupled_dma_.due() <= cycle) coupled_dma_.run(cycle);
  if (coupled_dram_.due() <= cycle) coupled_dram_.run(cycle);
  series_.draw_commands();
  until_ = cycle + 1;
  while (done_.can_pop(until_)) receive(until_);
}

void DramFetch::advance(std::uint64_t end) {
  SIM_CHECK(until_ <= end + 1, "DRAM is at cycle {} and asked about {}", until_, end);
  for (std::uint64_t next = next_event(); next < end; next = next_event()) step(next);
}

void DramFetch::receive(std::uint64_t cycle) {
  const hw::DmaBurst burst = done_.pop(cycle);
  Fetch& fetch = fetches_.at(burst.descriptor);
  fetch.arrivals.push_back({fetch.arrived() + burst.bytes, cycle});
  bytes_under_way_ -= burst.bytes;
  at_rest_from_ = cycle;
  if (fetch.whole()) series_.fetched(fetch.asked, cycle, fetch.bytes);
}

std::uint64_t DramFetch::bytes_here(std::uint64_t fetch, std::uint64_t cycle) {
  advance(cycle);
  const std::vector<Arrival>& all = fetches_.at(fetch).arrivals;
  const auto later = std::partition_point(all.begin(), all.end(),
                                          [&](const Arrival& a) { return a.cycle <= cycle; });
  return later == all.begin() ? 0 : (later - 1)->bytes;
}

const std::vector<Arrival>& DramFetch::arrivals(std::uint64_t fetch) {
  const Fetch& asked = fetches_.at(fetch);
  while (!asked.whole()) {
    const std::uint64_t next = next_event();
    SIM_CHECK(next != hw::kNever, "fetch {} is stuck", fetch);
    step(next);
  }
  return asked.arrivals;
}

std::uint64_t DramFetch::next_look(std::uint64_t fetch, std::uint64_t cycle) {
  switch (engine_) {
    case core::Engine::kTick:
      return bytes_here(fetch, cycle) == fetches_.at(fetch).bytes ? cycle : cycle + 1;
    case core::Engine::kSkip:
      break;
  }
  return std::max(cycle, arrivals(fetch).back().cycle);
}

DramRecord DramFetch::counted(std::uint64_t end) {
  advance(end);
  coupled_dram_.settle(end);
  coupled_dma_.settle(end);
  series_.draw_commands();
  until_ = std::max(until_, end);
  SIM_CHECK(bytes_under_way_ == 0, "{} bytes are under way in cycle {}", bytes_under_way_, end);
  DramRecord all{.cycles = end, .dram = dram_->counts(), .dma = dma_->counts()};
  stats::add(all.dram, repeated_.dram, hw::dram_fields());
  stats::add(all.dma, repeated_.dma, hw::dma_fields());
  // The engines took the cycles of what was only counted for idle ones.
  all.dram.idle_clocks -= repeated_.cycles;
  all.dma.idle -= repeated_.cycles;
  return all;
}

bool DramFetch::repeats(std::uint64_t cycle) const {
  const bool forgets =
      config_.kind != hw::DramKind::kBanked && config_.fixed.accept_interval_cycles == 1;
  return forgets && bytes_under_way_ == 0 && cycle >= at_rest_from_;
}

void DramFetch::repeat(const DramRecord& deed, std::uint64_t cycle) {
  SIM_CHECK(repeats(cycle), "a fetch is counted again in cycle {} that could go otherwise", cycle);
  stats::add(repeated_.dram, deed.dram, hw::dram_fields());
  stats::add(repeated_.dma, deed.dma, hw::dma_fields());
  repeated_.cycles += deed.cycles;
  at_rest_from_ = cycle + deed.cycles + 1;
  series_.fetched(cycle, at_rest_from_, deed.dma.read_bytes);
}

}  // namespace sim::optimus
