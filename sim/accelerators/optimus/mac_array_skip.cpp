#include "sim/accelerators/optimus/mac_array_skip.h"

#include <algorithm>

#include "sim/accelerators/optimus/mac_array_tick.h"
#include "sim/base/math.h"

namespace sim::optimus {

MacArraySkip::MacArraySkip(const Config& config, bool reuse, WeightFetch* weights)
    : MacArrayEngine(config, weights),
      drain_cycles_(config.mac_array.pipeline_depth_cycles - 1),
      stream_config_(StreamConfig::of(config)),
      reuse_(reuse),
      prefetch_(config.memories.prefetch_weights) {}

void MacArraySkip::prepare(const Program& program) {
  for (const Layer& layer : program.layers) {
    if (!layer.matrix) continue;
    const auto& blocks = layer.matrix->blocks;
    for (std::size_t i = 0; i < layer.occupancy.size(); ++i) {
      occupancies_[&blocks[i]] = layer.occupancy[i];
    }
    for (const EncodedBlock& block : blocks) occupancy(block);
  }
}

const Occupancy& MacArraySkip::occupancy(const EncodedBlock& block) {
  auto& entry = occupancies_[&block];
  if (!entry) entry = std::make_shared<const Occupancy>(block);
  return *entry;
}

StreamCounts MacArraySkip::stream(const SparsePass& pass, std::uint64_t cycle) {
  if (pass.part) {
    const Occupancy occupancy(*pass.block, Occupancy::Use::kOnce);
    return stream_skip(*pass.block, occupancy, stream_config_, pass.tokens);
  }
  return weights_ == nullptr ? stream_resident(pass) : stream_fetched(pass, cycle);
}

StreamCounts MacArraySkip::stream_resident(const SparsePass& pass) {
  if (!reuse_) return stream_skip(*pass.block, occupancy(*pass.block), stream_config_, pass.tokens);
  const auto [found, is_new] = timed_.try_emplace({pass.block, pass.tokens});
  if (is_new) {
    found->second.counts =
        stream_skip(*pass.block, occupancy(*pass.block), stream_config_, pass.tokens);
  }
  return found->second.counts;
}

StreamCounts MacArraySkip::stream_fetched(const SparsePass& pass, std::uint64_t cycle) {
  DramFetch& dram = weights_->dram();
  if (!reuse_ || prefetch_ || !dram.repeats(cycle)) return fetched(pass, cycle);
  const auto [found, is_new] = timed_.try_emplace({pass.block, pass.tokens});
  if (!is_new) {
    dram.repeat(found->second.fetch, cycle);
    return found->second.counts;
  }
  const DramRecord before = dram.counted(cycle + 1);
  found->second.counts = fetched(pass, cycle);
  found->second.fetch = between(before, dram.counted(std::max(dram.until(), cycle + 1)));
  return found->second.counts;
}

/// Runs the DRAM ahead to the pass's last byte.
StreamCounts MacArraySkip::fetched(const SparsePass& pass, std::uint64_t cycle) {
  weights_->begin(*pass.block, pass.next, cycle);
  const std::uint64_t first = cycle + issue_cycles_ + pass.preload_cycles;
  return stream_skip(*pass.block, occupancy(*pass.block), stream_config_, pass.tokens,
                     weights_->arrivals(first));
}

/// A piece of so many cycles, of which only the end is seen.
void MacArraySkip::begin(std::uint64_t cycle, std::uint64_t cycles) {
  events_.clear();
  passed_ = 0;
  if (cycles > 0) events_.push_back({cycle + cycles - 1, 0});
}

void MacArraySkip::start_sparse(const SparsePass& pass, std::uint64_t cycle) {
  const StreamCounts s = stream(pass, cycle);
  counts_ = {};
  counts_.sparse_macs = s.useful;
  counts_.fillers = s.fillers;
  counts_.load_stalls = s.load_stalls + macs_ * pass.preload_cycles;
  counts_.weight_stalls = s.weight_stalls;
  counts_.conflict_stalls = s.conflict_stalls;
  counts_.imbalance = s.imbalance;
  counts_.issue = macs_ * issue_cycles_;
  counts_.drain = macs_ * drain_cycles_;
  begin(cycle, issue_cycles_ + pass.preload_cycles + s.cycles + drain_cycles_);
}

void MacArraySkip::start_reduction(std::uint64_t cycles, std::uint64_t cycle) {
  counts_ = {};
  counts_.reduce = macs_ * cycles;
  begin(cycle, cycles);
}

void MacArraySkip::start_dense(const DenseProduct& product, std::uint64_t cycle) {
  begin(cycle, 0);
  parts_ready_ = 0;
  DensePart sum;
  std::uint64_t stream = 0;  // cycles until the part's last product
  for (std::uint32_t i = 0; i < product.parts.size(); ++i) {
    const DensePart& part = product.parts[i];
    sum.compute += part.compute;
    sum.fetch_elements += part.fetch_elements;
    sum.load_elements += part.load_elements;
    sum.macs += part.macs;
    stream = std::max({std::uint64_t{1}, base::ceil_div(sum.compute, product.compute_rate),
                       base::ceil_div(sum.fetch_elements, product.fetch_rate),
                       base::ceil_div(sum.load_elements, product.load_rate)});
    const std::uint64_t in =
        cycle + issue_cycles_ + product.preload_cycles + stream + product.latency_cycles - 1;
    if (events_.empty() || in > events_.back().cycle) events_.push_back({in, 0});
    events_.back().parts_ready = i + 1;
  }
  const std::uint64_t compute = base::ceil_div(sum.compute, product.compute_rate);
  counts_ = {};
  counts_.dense_macs = sum.macs;
  counts_.edge_idle = macs_ * compute - sum.macs;
  counts_.load_stalls = macs_ * (stream - compute + product.preload_cycles);
  counts_.issue = macs_ * issue_cycles_;
  counts_.reduce = macs_ * product.latency_cycles;
}

void MacArraySkip::run_to(std::uint64_t cycle) {
  for (; passed_ < events_.size() && events_[passed_].cycle <= cycle; ++passed_) {
    parts_ready_ = events_[passed_].parts_ready;
  }
}

std::unique_ptr<MacArrayEngine> make_mac_array_engine(core::Engine engine, const Config& config,
                                                      bool reuse, WeightFetch* weights) {
  switch (engine) {
    case core::Engine::kTick:
      return std::make_unique<MacArrayTick>(config, weights);
    case core::Engine::kSkip:
      break;
  }
  return std::make_unique<MacArraySkip>(config, reuse, weights);
}

}  // namespace sim::optimus
