#pragma once

#include <deque>
#include <optional>

#include "sim/accelerators/optimus/mac_array_engine.h"
#include "sim/accelerators/optimus/stream_tick.h"

namespace sim::optimus {

/// The attention product's stream, one clock at a time: products, K/V elements and operand elements
/// advance side by side, each at its own rate; a part's results leave the adder `latency_cycles`
/// after its last product.
class DenseTick {
 public:
  explicit DenseTick(DenseProduct product) : product_(std::move(product)) {}

  void tick();
  bool computing() const;  // products are left
  bool streaming() const { return streamed_ < product_.parts.size(); }
  bool done() const { return left_adder_ == product_.parts.size(); }
  std::uint32_t parts_ready() const { return left_adder_; }
  const DenseProduct& product() const { return product_; }

 private:
  void pass_parts();

  DenseProduct product_;
  std::uint64_t cycle_ = 0;
  std::uint64_t computed_ = 0;  // amounts so far, over all parts
  std::uint64_t fetched_ = 0;
  std::uint64_t loaded_ = 0;
  DensePart needed_;            // amounts up to and with the part that streams
  bool opened_ = false;         // needed_ includes the part that streams
  std::uint32_t streamed_ = 0;  // parts whose products are all done
  std::uint32_t left_adder_ = 0;
  std::deque<std::uint64_t> leaves_adder_;  // cycles
};

class MacArrayTick final : public hw::Stepping<MacArrayEngine> {
 public:
  MacArrayTick(const Config& config, WeightFetch* weights);

  void start_sparse(const SparsePass& pass, std::uint64_t cycle) override;
  void start_reduction(std::uint64_t cycles, std::uint64_t cycle) override;
  void start_dense(const DenseProduct& product, std::uint64_t cycle) override;
  bool done() const override;

 private:
  void tick() override;
  void tick_stream();
  void tick_dense();

  ColumnsHere ask_for_weights(const SparsePass& pass, std::uint64_t cycle);

  std::uint64_t drain_cycles_;
  StreamConfig stream_config_;

  std::uint64_t issue_left_ = 0;
  std::uint64_t preload_left_ = 0;
  std::optional<StreamTick> stream_;
  std::optional<DenseTick> dense_;
  std::uint64_t drain_left_ = 0;
  std::uint64_t reduce_left_ = 0;
};

}  // namespace sim::optimus
