#include "tests/unit/hw/coupled_case.h"

#include <algorithm>
#include <numeric>

#include "sim/base/rng.h"

namespace sim::hw::coupled_test {
namespace {

std::uint32_t between(base::Rng& rng, std::uint32_t low, std::uint32_t high) {
  return low + static_cast<std::uint32_t>(rng.below(high - low + 1));
}

/// Mostly short, sometimes none, sometimes a long stall.
std::uint32_t stall(base::Rng& rng) {
  switch (rng.below(4)) {
    case 0:
      return 0;
    case 1:
      return between(rng, 20, 200);
    default:
      return between(rng, 1, 12);
  }
}

Stage random_stage(base::Rng& rng, std::uint32_t lanes) {
  Stage stage;
  stage.order.resize(lanes);
  std::iota(stage.order.begin(), stage.order.end(), 0);
  for (std::uint32_t i = lanes; i > 1; --i)
    std::swap(stage.order[i - 1], stage.order[rng.below(i)]);
  for (std::uint32_t left = lanes; left > 0; left -= stage.groups.back()) {
    stage.groups.push_back(between(rng, 1, std::min(left, 5u)));
  }
  for (std::uint32_t i = 0; i < lanes; ++i) {
    stage.weights.push_back(between(rng, 1, 4));
    stage.relay_cycles.push_back(stall(rng));
  }
  return stage;
}

}  // namespace

std::uint64_t Case::bursts() const {
  std::uint64_t sum = 0;
  for (const auto& p : producers) sum += p.size();
  return sum;
}

Case random_case(std::uint64_t seed) {
  base::Rng rng(seed, "coupled");
  Case c;
  const std::uint32_t lanes = between(rng, 1, 8);
  const std::uint32_t stages = between(rng, 1, 5);
  for (std::uint32_t lane = 0; lane < lanes; ++lane) {
    auto& bursts = c.producers.emplace_back(between(rng, 1, 25));
    for (Made& made : bursts) made = {stall(rng), between(rng, 1, 12)};
    auto& services = c.services.emplace_back(between(rng, 1, 10));
    for (std::uint64_t& service : services) service = stall(rng);
  }
  for (std::uint32_t i = 0; i < stages; ++i) c.stages.push_back(random_stage(rng, lanes));
  for (std::uint32_t i = 0; i <= stages; ++i) {
    auto& depths = c.depths.emplace_back(lanes);
    for (std::uint32_t& depth : depths) depth = between(rng, 1, 8);
  }
  return c;
}

Case stretched(const Case& original, std::uint32_t factor) {
  Case c = original;
  for (auto& bursts : c.producers) {
    for (Made& made : bursts) {
      made.work *= factor;
      made.beats *= factor;
    }
  }
  for (auto& services : c.services) {
    for (std::uint64_t& service : services) service *= factor;
  }
  for (Stage& stage : c.stages) {
    for (std::uint32_t& cycles : stage.relay_cycles) cycles *= factor;
  }
  return c;
}

}  // namespace sim::hw::coupled_test
