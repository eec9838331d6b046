#include "sim/accelerators/optimus/mac_array_tick.h"

#include <algorithm>

namespace sim::optimus {
namespace {

std::uint64_t total_compute(const DenseProduct& product) {
  std::uint64_t sum = 0;
  for (const DensePart& part : product.parts) sum += part.compute;
  return sum;
}

void add_stream(ArrayCounts& counts, const StreamCounts& stream) {
  counts.sparse_macs += stream.useful;
  counts.fillers += stream.fillers;
  counts.load_stalls += stream.load_stalls;
  counts.weight_stalls += stream.weight_stalls;
  counts.conflict_stalls += stream.conflict_stalls;
  counts.imbalance += stream.imbalance;
}

}  // namespace

bool DenseTick::computing() const { return computed_ < total_compute(product_); }

void DenseTick::tick() {
  ++cycle_;
  computed_ += product_.compute_rate;
  fetched_ += product_.fetch_rate;
  loaded_ += product_.load_rate;
  pass_parts();
  while (!leaves_adder_.empty() && leaves_adder_.front() == cycle_) {
    leaves_adder_.pop_front();
    ++left_adder_;
  }
}

void DenseTick::pass_parts() {
  while (streaming()) {
    if (!opened_) {
      const DensePart& part = product_.parts[streamed_];
      needed_.compute += part.compute;
      needed_.fetch_elements += part.fetch_elements;
      needed_.load_elements += part.load_elements;
      opened_ = true;
    }
    const bool ready = computed_ >= needed_.compute && fetched_ >= needed_.fetch_elements &&
                       loaded_ >= needed_.load_elements;
    if (!ready) return;
    leaves_adder_.push_back(cycle_ + product_.latency_cycles);
    ++streamed_;
    opened_ = false;
  }
}

MacArrayTick::MacArrayTick(const Config& config, WeightFetch* weights)
    : Stepping(config, weights),
      drain_cycles_(config.mac_array.pipeline_depth_cycles - 1),
      stream_config_(StreamConfig::of(config)) {}

void MacArrayTick::start_sparse(const SparsePass& pass, std::uint64_t cycle) {
  begin(cycle);
  counts_ = {};
  issue_left_ = issue_cycles_;
  preload_left_ = pass.preload_cycles;
  stream_.emplace(*pass.block, stream_config_, pass.tokens, ask_for_weights(pass, cycle));
  if (stream_->done()) stream_.reset();  // no entries, and the issue cycles loaded every column
  dense_.reset();
  drain_left_ = drain_cycles_;
}

/// The columns that are here in a cycle of the stream.
ColumnsHere MacArrayTick::ask_for_weights(const SparsePass& pass, std::uint64_t cycle) {
  if (weights_ == nullptr) return {};
  weights_->begin(*pass.block, pass.next, cycle);
  const std::uint64_t first = cycle + issue_cycles_ + pass.preload_cycles;
  return
      [this, first](std::uint64_t of_stream) { return weights_->columns_here(first + of_stream); };
}

void MacArrayTick::start_reduction(std::uint64_t cycles, std::uint64_t cycle) {
  begin(cycle);
  counts_ = {};
  reduce_left_ = cycles;
}

void MacArrayTick::start_dense(const DenseProduct& product, std::uint64_t cycle) {
  begin(cycle);
  counts_ = {};
  parts_ready_ = 0;
  issue_left_ = issue_cycles_;
  preload_left_ = product.preload_cycles;
  stream_.reset();
  dense_.emplace(product);
}

bool MacArrayTick::done() const {
  return issue_left_ == 0 && preload_left_ == 0 && !stream_ && !dense_ && drain_left_ == 0 &&
         reduce_left_ == 0;
}

void MacArrayTick::tick() {
  if (issue_left_ > 0) {
    --issue_left_;
    counts_.issue += macs_;
  } else if (preload_left_ > 0) {
    --preload_left_;
    counts_.load_stalls += macs_;
  } else if (stream_) {
    tick_stream();
  } else if (dense_) {
    tick_dense();
  } else if (drain_left_ > 0) {
    --drain_left_;
    counts_.drain += macs_;
  } else {
    --reduce_left_;
    counts_.reduce += macs_;
  }
}

void MacArrayTick::tick_stream() {
  stream_->tick();
  if (stream_->done()) {
    add_stream(counts_, stream_->counts());
    stream_.reset();
  }
}

void MacArrayTick::tick_dense() {
  const bool streaming = dense_->streaming();
  const bool computing = dense_->computing();
  dense_->tick();
  if (computing) {
    counts_.edge_idle += macs_;  // the products themselves are taken out below
  } else if (streaming) {
    counts_.load_stalls += macs_;
  } else {
    counts_.reduce += macs_;
  }
  parts_ready_ = dense_->parts_ready();
  if (!dense_->done()) return;
  for (const DensePart& part : dense_->product().parts) counts_.dense_macs += part.macs;
  counts_.edge_idle -= counts_.dense_macs;
  dense_.reset();
}

}  // namespace sim::optimus
