#include "sim/accelerators/optimus/weight_fetch.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"

namespace sim::optimus {
namespace {

/// Of columns that end at these bytes.
ColumnArrivals of_columns(const std::vector<std::uint64_t>& bytes_until,
                          const std::vector<Arrival>& arrivals, std::uint64_t first) {
  ColumnArrivals columns;
  columns.reserve(bytes_until.size());
  auto next = arrivals.begin();
  for (const std::uint64_t bytes : bytes_until) {
    while (next != arrivals.end() && next->bytes < bytes) ++next;
    const std::uint64_t cycle = bytes > 0 ? next->cycle : 0;
    columns.push_back(cycle - std::min(cycle, first));
  }
  return columns;
}

}  // namespace

WeightFetch::Asked WeightFetch::ask(const EncodedBlock& block, std::uint64_t cycle) {
  const DramLayout::Weights& weights = layout_.weights(block);
  if (weights.bytes() == 0) return {&block, {}};
  const DramRun run{weights.address, weights.bytes()};
  return {&block, dram_.ask(DramUser::kMacArray, cycle, {&run, 1})};
}

void WeightFetch::begin(const EncodedBlock& block, const EncodedBlock* next, std::uint64_t cycle) {
  if (current_ && current_->fetch) dram_.release(*current_->fetch);
  current_ = ahead_ ? std::exchange(ahead_, {}) : ask(block, cycle);
  SIM_CHECK(current_->block == &block, "the weights of another pass came ahead");
  if (next != nullptr) ahead_ = ask(*next, cycle);
}

std::uint32_t WeightFetch::columns_here(std::uint64_t cycle) {
  const auto& until = layout_.weights(*current_->block).bytes_until;
  const std::uint64_t here = current_->fetch ? dram_.bytes_here(*current_->fetch, cycle) : 0;
  return static_cast<std::uint32_t>(std::upper_bound(until.begin(), until.end(), here) -
                                    until.begin());
}

ColumnArrivals WeightFetch::arrivals(std::uint64_t first) {
  const auto& until = layout_.weights(*current_->block).bytes_until;
  if (!current_->fetch) return ColumnArrivals(until.size());
  return of_columns(until, dram_.arrivals(*current_->fetch), first);
}

ColumnArrivals arrivals_when_idle(const EncodedBlock& block, const Config& config) {
  const std::vector<std::uint64_t> until = bytes_until(block);
  if (until.back() == 0) return ColumnArrivals(until.size());
  DramFetch dram(config, core::Engine::kSkip);
  const DramRun run{0, until.back()};
  return of_columns(until, dram.arrivals(dram.ask(DramUser::kMacArray, 0, {&run, 1})), 0);
}

}  // namespace sim::optimus
