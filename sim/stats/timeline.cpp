#include "sim/stats/timeline.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "sim/base/math.h"

namespace sim::stats {
namespace {

/// Of `amount` events spread over `length` cycles, those of the first `part` cycles. Differences of
/// it over any cut of the length sum up to the amount.
std::uint64_t share(std::uint64_t amount, std::uint64_t part, std::uint64_t length) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(Wide{amount} * part / length);
}

void merge_pairs(std::vector<std::uint64_t>& amounts) {
  const std::size_t size = base::ceil_div(amounts.size(), std::size_t{2});
  for (std::size_t i = 0; i < size; ++i) {
    const bool pair = 2 * i + 1 < amounts.size();
    amounts[i] = amounts[2 * i] + (pair ? amounts[2 * i + 1] : 0);
  }
  amounts.resize(size);
}

bool all_zero(const Series& series) {
  return std::all_of(series.amounts.begin(), series.amounts.end(),
                     [](std::uint64_t amount) { return amount == 0; });
}

}  // namespace

Timeline::Timeline(CycleWindow window, TimelineLimits limits) : limits_(limits) {
  data_.window = window;
  data_.spans_before = std::numeric_limits<std::uint64_t>::max();
}

void Timeline::span(std::string unit, std::string name, std::uint64_t begin, std::uint64_t end) {
  if (begin >= data_.window.to || end <= data_.window.from) return;
  if (begin >= data_.spans_before) {
    ++data_.spans_left_out;
    return;
  }
  data_.spans.push_back({std::move(unit), std::move(name), begin, end});
  if (data_.spans.size() >= 2 * limits_.spans) keep_earliest();
}

void Timeline::keep_earliest() {
  auto& spans = data_.spans;
  if (spans.size() <= limits_.spans) return;
  const auto by_begin = [](const Span& a, const Span& b) { return a.begin < b.begin; };
  const auto first_over = spans.begin() + static_cast<std::ptrdiff_t>(limits_.spans);
  std::nth_element(spans.begin(), first_over, spans.end(), by_begin);
  data_.spans_before = first_over->begin;
  const auto late = [&](const Span& s) { return s.begin >= data_.spans_before; };
  data_.spans_left_out += static_cast<std::uint64_t>(std::erase_if(spans, late));
}

std::size_t Timeline::series(std::string unit, std::string name, std::string rate_unit) {
  data_.series.push_back({std::move(unit), std::move(name), std::move(rate_unit), {}});
  return data_.series.size() - 1;
}

void Timeline::make_room(std::uint64_t end) {
  const auto steps = [&] { return base::ceil_div(end - data_.window.from, data_.step); };
  while (steps() > limits_.steps) {
    data_.step *= 2;
    for (Series& s : data_.series) merge_pairs(s.amounts);
  }
}

void Timeline::add(std::size_t series, std::uint64_t begin, std::uint64_t end,
                   std::uint64_t amount) {
  const auto [from, to] = data_.window;
  if (begin == end) begin > 0 ? --begin : ++end;
  const std::uint64_t first = std::max(begin, from);
  const std::uint64_t last = std::min(end, to);
  if (first >= last) return;
  make_room(last);
  auto& amounts = data_.series[series].amounts;
  amounts.resize(std::max<std::size_t>(amounts.size(), base::ceil_div(last - from, data_.step)));
  std::uint64_t before = share(amount, first - begin, end - begin);
  for (std::uint64_t cycle = first; cycle < last;) {
    const std::uint64_t i = (cycle - from) / data_.step;
    cycle = std::min(last, from + (i + 1) * data_.step);
    const std::uint64_t until = share(amount, cycle - begin, end - begin);
    amounts[i] += until - std::exchange(before, until);
  }
}

TimelineData Timeline::take(std::uint64_t cycles) {
  keep_earliest();
  auto& window = data_.window;
  window.to = std::max(window.from, std::min(window.to, cycles));
  data_.spans_before = std::min(data_.spans_before, window.to);
  make_room(window.to);
  std::erase_if(data_.series, all_zero);
  for (Series& s : data_.series) {
    s.amounts.resize(base::ceil_div(window.to - window.from, data_.step));
  }
  std::sort(data_.spans.begin(), data_.spans.end(), [](const Span& a, const Span& b) {
    return std::tie(a.begin, a.end, a.unit, a.name) < std::tie(b.begin, b.end, b.unit, b.name);
  });
  return std::move(data_);
}

}  // namespace sim::stats
