#include "sim/accelerators/optimus/row_placement.h"

#include <algorithm>
#include <numeric>
#include <queue>
#include <utility>

#include "sim/base/check.h"
#include "sim/base/math.h"

namespace sim::optimus {
namespace {

using Order = std::vector<std::uint32_t>;

Order natural_order(std::size_t rows) {
  Order order(rows);
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

Order longest_first(std::span<const std::uint32_t> lengths) {
  Order order = natural_order(lengths.size());
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return lengths[a] > lengths[b]; });
  return order;
}

/// Cuts [first, last) into pieces of `length` and reverses every second one.
void reverse_odd_pieces(Order::iterator first, Order::iterator last, std::size_t length) {
  for (std::size_t piece = 0; first != last; ++piece) {
    const auto end = first + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(length),
                                                      std::distance(first, last));
    if (piece % 2 == 1) std::reverse(first, end);
    first = end;
  }
}

Order published_code_order(std::span<const std::uint32_t> lengths, std::uint32_t sets,
                           std::uint32_t ways) {
  Order order = longest_first(lengths);
  const std::size_t half = order.size() / 2;
  const auto kept =
      static_cast<std::ptrdiff_t>(half > 0 ? half - 1 : 0);  // off by one, as published
  std::reverse(order.begin() + kept, order.end());
  const std::size_t chunk = std::size_t{sets} * ways;
  reverse_odd_pieces(order.begin(), order.end(), chunk);
  for (std::size_t first = 0; first < order.size(); first += chunk) {
    const std::size_t last = std::min(first + chunk, order.size());
    reverse_odd_pieces(order.begin() + static_cast<std::ptrdiff_t>(first),
                       order.begin() + static_cast<std::ptrdiff_t>(last), ways);
  }
  return order;
}

/// Row order[p] to set p mod sets; with `snake`, backwards in every second round.
RowPlacement deal(const Order& order, std::uint32_t sets, bool snake) {
  RowPlacement placement;
  placement.set.resize(order.size());
  placement.slot.resize(order.size());
  for (std::size_t p = 0; p < order.size(); ++p) {
    const auto round = static_cast<std::uint32_t>(p / sets);
    const auto place = static_cast<std::uint32_t>(p % sets);
    placement.set[order[p]] = snake && round % 2 == 1 ? sets - 1 - place : place;
    placement.slot[order[p]] = round;
  }
  return placement;
}

RowPlacement greedy(std::span<const std::uint32_t> lengths, std::uint32_t sets,
                    std::uint32_t slots) {
  RowPlacement placement;
  placement.set.resize(lengths.size());
  placement.slot.resize(lengths.size());
  using Load = std::pair<std::uint64_t, std::uint32_t>;  // sum of lengths, set
  std::priority_queue<Load, std::vector<Load>, std::greater<>> lightest;
  for (std::uint32_t s = 0; s < sets; ++s) lightest.emplace(0, s);
  std::vector<std::uint32_t> used(sets);
  for (const std::uint32_t row : longest_first(lengths)) {
    const auto [load, set] = lightest.top();
    lightest.pop();
    placement.set[row] = set;
    placement.slot[row] = used[set]++;
    if (used[set] < slots) lightest.emplace(load + lengths[row], set);
  }
  return placement;
}

RowPlacement place(std::span<const std::uint32_t> lengths, std::uint32_t sets, std::uint32_t ways,
                   RowOrder order) {
  switch (order) {
    case RowOrder::kNatural:
      return deal(natural_order(lengths.size()), sets, false);
    case RowOrder::kSnake:
      return deal(longest_first(lengths), sets, true);
    case RowOrder::kAsPublishedCode:
      return deal(published_code_order(lengths, sets, ways), sets, false);
    case RowOrder::kGreedyLpt:
      return greedy(lengths, sets,
                    static_cast<std::uint32_t>(base::ceil_div(lengths.size(), sets)));
  }
  SIM_CHECK(false, "unknown row order");
}

}  // namespace

RowPlacement place_rows(std::span<const std::uint32_t> row_lengths, std::uint32_t sets,
                        std::uint32_t ways, RowOrder order) {
  SIM_CHECK(sets > 0 && ways > 0, "{} sets of {} ways", sets, ways);
  RowPlacement placement = place(row_lengths, sets, ways, order);
  placement.slots = static_cast<std::uint32_t>(base::ceil_div(row_lengths.size(), sets));
  return placement;
}

}  // namespace sim::optimus
