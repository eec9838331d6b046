#include "sim/hw/round_robin.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"

namespace sim::hw {

RoundRobin::RoundRobin(std::vector<std::uint32_t> weights)
    : weights_(std::move(weights)), turn_(weights_.size() - 1) {
  SIM_CHECK(!weights_.empty(), "an arbiter without requesters");
  for (const std::uint32_t weight : weights_) SIM_CHECK(weight > 0, "a weight of 0");
}

std::optional<std::size_t> RoundRobin::grant(const std::vector<bool>& requests) {
  if (left_ == 0 || !requests[turn_]) {
    std::size_t tried = 0;
    do {
      turn_ = (turn_ + 1) % weights_.size();
    } while (!requests[turn_] && ++tried < weights_.size());
    if (!requests[turn_]) {
      left_ = 0;
      return std::nullopt;
    }
    left_ = weights_[turn_];
  }
  --left_;
  return turn_;
}

RoundRobin::Start RoundRobin::start(std::span<const std::size_t> requesters) const {
  const auto after = std::upper_bound(requesters.begin(), requesters.end(), turn_);
  const bool goes_on = left_ > 0 && after != requesters.begin() && *(after - 1) == turn_;
  const std::size_t first =
      after == requesters.end() ? 0 : static_cast<std::size_t>(after - requesters.begin());
  return {goes_on ? left_ : 0, first};
}

std::uint64_t RoundRobin::round(std::span<const std::size_t> requesters) const {
  std::uint64_t sum = 0;
  for (const std::size_t requester : requesters) sum += weights_[requester];
  return sum;
}

void RoundRobin::replay(std::span<const std::size_t> requesters, std::uint64_t cycles,
                        std::span<std::uint64_t> grants) {
  if (cycles == 0) return;
  if (requesters.empty()) {
    left_ = 0;
    return;
  }
  const auto [left, first] = start(requesters);
  const std::uint64_t rest_of_turn = std::min(left, cycles);
  const std::size_t last = (first + requesters.size() - 1) % requesters.size();
  if (rest_of_turn > 0) {
    grants[last] += rest_of_turn;
    left_ -= static_cast<std::uint32_t>(rest_of_turn);
  }
  cycles -= rest_of_turn;
  if (cycles == 0) return;
  const std::uint64_t rounds = cycles / round(requesters);
  cycles %= round(requesters);
  for (std::size_t i = 0; i < requesters.size(); ++i) grants[i] += rounds * weights_[requesters[i]];
  turn_ = requesters[last];
  left_ = 0;
  for (std::size_t i = first; cycles > 0; i = (i + 1) % requesters.size()) {
    const std::uint64_t turn = std::min<std::uint64_t>(cycles, weights_[requesters[i]]);
    grants[i] += turn;
    cycles -= turn;
    turn_ = requesters[i];
    left_ = static_cast<std::uint32_t>(weights_[turn_] - turn);
  }
}

std::uint64_t RoundRobin::cycles_until(std::span<const std::size_t> requesters, std::size_t which,
                                       std::uint64_t grants) const {
  const auto [left, first] = start(requesters);
  const bool has_turn = left > 0 && requesters[which] == turn_;
  if (has_turn && grants <= left) return grants;
  if (has_turn) grants -= left;
  std::uint64_t before = left;
  for (std::size_t i = first; i != which; i = (i + 1) % requesters.size()) {
    before += weights_[requesters[i]];
  }
  const std::uint64_t weight = weights_[requesters[which]];
  return before + (grants - 1) / weight * round(requesters) + (grants - 1) % weight + 1;
}

}  // namespace sim::hw
