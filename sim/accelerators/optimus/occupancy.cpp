#include "sim/accelerators/optimus/occupancy.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/base/vector_clones.h"

namespace sim::optimus {
namespace {

/// The lists of all MACs as columns.
struct WayLists {
  std::vector<std::uint32_t> begin{0};
  std::vector<std::uint16_t> columns;

  explicit WayLists(const EncodedBlock& block) {
    const std::uint32_t ways = block.runtime_ways ? block.ways : 1;
    columns.reserve(block.entries.size());
    for (std::uint32_t l = 0; l < block.lists(); ++l) {
      const auto list = block.list(l);
      for (std::uint32_t way = 0; way < ways; ++way) {
        for (std::size_t i = way; i < list.size(); i += ways) columns.push_back(list[i].column);
        begin.push_back(static_cast<std::uint32_t>(columns.size()));
      }
    }
  }

  std::uint32_t size() const { return static_cast<std::uint32_t>(begin.size()) - 1; }
  std::uint32_t length(std::uint32_t way) const { return begin[way + 1] - begin[way]; }

  /// Calls f(column, count) for each column in which the way has entries.
  template <class F>
  void for_each_visit(std::uint32_t way, F f) const {
    for (std::uint32_t i = begin[way]; i < begin[way + 1];) {
      std::uint32_t last = i + 1;
      while (last < begin[way + 1] && columns[last] == columns[i]) ++last;
      f(columns[i], last - i);
      i = last;
    }
  }
};

void sort_visits(const WayLists& lists, std::uint32_t columns, Occupancy& occupancy) {
  std::vector<std::uint32_t>& begin = occupancy.begin;
  begin.assign(columns + 1, 0);
  for (std::uint32_t way = 0; way < lists.size(); ++way) {
    lists.for_each_visit(way, [&](std::uint16_t column, std::uint32_t) { ++begin[column + 1]; });
  }
  for (std::uint32_t j = 0; j < columns; ++j) begin[j + 1] += begin[j];
  occupancy.visits.resize(begin[columns]);
  std::vector<std::uint32_t> place(begin.begin(), begin.end() - 1);
  for (std::uint32_t way = 0; way < lists.size(); ++way) {
    lists.for_each_visit(way, [&](std::uint16_t column, std::uint32_t count) {
      occupancy.visits[place[column]++] = {static_cast<std::uint16_t>(way),
                                           static_cast<std::uint16_t>(count)};
    });
  }
}

SIM_VECTOR_CLONES void take_smaller(std::uint16_t* into, const std::uint16_t* from, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) into[i] = std::min(into[i], from[i]);
}

}  // namespace

/// Goes from the last column back. A way that has entries in column i reaches every count of
/// entries from there on earlier than from column i + 1, the others reach it as before.
class ChainBuilder {
 public:
  ChainBuilder(const WayLists& lists, const Occupancy& occupancy, std::uint32_t columns)
      : lists_(lists), occupancy_(occupancy), columns_(columns) {
    std::uint32_t longest = 0;
    for (std::uint32_t way = 0; way < lists.size(); ++way) {
      longest = std::max(longest, lists.length(way));
    }
    chain_.assign(longest + 1, static_cast<std::uint16_t>(columns));
    first_.assign(lists.begin.begin() + 1, lists.begin.end());
  }

  std::optional<Chains> build() {
    std::vector<std::uint16_t> backwards;  // chains of the last column first, each from its end
    std::vector<std::uint32_t> lengths(columns_);
    for (std::uint32_t j = columns_; j-- > 0;) {
      extend(j);
      lengths[j] = length_ + 1;
      if (backwards.size() + lengths[j] > kMaxChainColumns) return std::nullopt;
      backwards.insert(backwards.end(), chain_.rend() - lengths[j], chain_.rend());
    }
    Chains chains;
    chains.begin_.push_back(0);
    for (const std::uint32_t length : lengths) {
      chains.begin_.push_back(chains.begin_.back() + length);
    }
    for (std::uint32_t j = 0; j < columns_; ++j) {
      chains.first_.push_back(backwards[backwards.size() - 1 - chains.begin_[j]]);
    }
    chains.first_.push_back(static_cast<std::uint16_t>(columns_));
    chains.columns_.assign(backwards.rbegin(), backwards.rend());
    return chains;
  }

 private:
  void extend(std::uint32_t j) {
    for (const Visit& visit : occupancy_.column(j)) {
      first_[visit.way] -= visit.count;
      const std::uint32_t left = lists_.begin[visit.way + 1] - first_[visit.way];
      take_smaller(chain_.data(), &lists_.columns[first_[visit.way]], left);
      length_ = std::max(length_, left);
    }
  }

  const WayLists& lists_;
  const Occupancy& occupancy_;
  const std::uint32_t columns_;
  std::vector<std::uint16_t> chain_;  // from the current column; W beyond length_
  std::uint32_t length_ = 0;
  std::vector<std::uint32_t> first_;  // of each way: its first entry from the current column on
};

Occupancy::Occupancy(const EncodedBlock& block, Use use) {
  const WayLists lists(block);
  SIM_CHECK(lists.size() == block.macs() && lists.size() <= 65536, "{} MACs", lists.size());
  for (std::uint32_t way = 0; way < lists.size(); ++way) {
    entries_of_way.push_back(lists.length(way));
  }
  sort_visits(lists, block.columns, *this);
  if (use == Use::kOnce) return;
  chains = ChainBuilder(lists, *this, block.columns).build();
  if (chains) {
    progress = Progress::measure(block.columns, block.sets, block.ways, entries_of_way,
                                 [this](std::uint32_t j) { return column(j); });
  }
}

std::uint64_t Occupancy::bytes() const {
  return sizeof *this + base::capacity_bytes(entries_of_way, begin, visits) +
         (chains ? chains->bytes() : 0) + (progress ? progress->bytes() : 0);
}

}  // namespace sim::optimus
