#include "sim/accelerators/optimus/progress.h"

#include <algorithm>
#include <limits>

#include "sim/base/vector_clones.h"

namespace sim::optimus {
namespace {

constexpr std::uint32_t kWaysAByte = 4;
constexpr std::uint8_t kLargestCode = 3;

SIM_VECTOR_CLONES std::uint32_t least_unfinished(const std::uint32_t* executed,
                                                 const std::uint32_t* length, std::size_t lanes) {
  std::uint32_t least = std::numeric_limits<std::uint32_t>::max();
  for (std::size_t l = 0; l < lanes; ++l) {
    const std::uint32_t candidate =
        executed[l] < length[l] ? executed[l] : std::numeric_limits<std::uint32_t>::max();
    least = std::min(least, candidate);
  }
  return least;
}

/// Returns how far the most advanced way is ahead.
SIM_VECTOR_CLONES std::uint32_t write_row(const std::uint32_t* executed,
                                          const std::uint32_t* length, std::uint32_t least,
                                          std::uint8_t* row, std::size_t lanes) {
  std::uint32_t most = 0;
  for (std::size_t l = 0; l < lanes; ++l) {
    const bool unfinished = executed[l] < length[l];
    const std::uint32_t distance = executed[l] - least;
    most = std::max(most, unfinished ? distance : 0u);
    row[l] = unfinished ? static_cast<std::uint8_t>(distance) : Progress::kFinished;
  }
  return most;
}

/// `packed` = least of each set, then a byte for each four ways of each set; false when some way is
/// too far above the least of its set, or has finished before others of its set.
SIM_VECTOR_CLONES bool pack(const std::uint8_t* row, std::size_t sets, std::size_t ways,
                            std::uint8_t* packed) {
  std::copy(row, row + sets, packed);
  for (std::size_t way = 1; way < ways; ++way) {
    for (std::size_t s = 0; s < sets; ++s) packed[s] = std::min(packed[s], row[way * sets + s]);
  }
  std::uint8_t furthest = 0;
  for (std::size_t way = 0; way < ways; ++way) {
    std::uint8_t* const codes = packed + (1 + way / kWaysAByte) * sets;
    const bool first = way % kWaysAByte == 0;
    const auto scale = static_cast<std::uint8_t>(1u << (2 * (way % kWaysAByte)));
    for (std::size_t s = 0; s < sets; ++s) {
      const auto above = static_cast<std::uint8_t>(row[way * sets + s] - packed[s]);
      const bool finished = row[way * sets + s] == Progress::kFinished;
      const bool alone = finished && packed[s] != Progress::kFinished;
      furthest = std::max(furthest, alone ? Progress::kFinished : above);
      codes[s] = static_cast<std::uint8_t>((first ? 0 : codes[s]) + above * scale);
    }
  }
  return furthest <= kLargestCode;
}

// By value, unlike std::min and std::max: so the compiler finds the vector instructions.
inline std::uint8_t smaller(std::uint8_t a, std::uint8_t b) { return a < b ? a : b; }
inline std::uint8_t larger(std::uint8_t a, std::uint8_t b) { return a > b ? a : b; }

/// a - b, at least 0.
inline std::uint8_t beyond(std::uint8_t a, std::uint8_t b) {
  return static_cast<std::uint8_t>(a - smaller(a, b));
}

/// A finished way's 255 is at least the slack.
SIM_VECTOR_CLONES void raise_plain(std::uint8_t* __restrict stalls,
                                   const std::uint8_t* __restrict row, std::uint8_t slack,
                                   std::size_t lanes) {
  for (std::size_t l = 0; l < lanes; ++l) stalls[l] = larger(stalls[l], beyond(slack, row[l]));
}

/// Of a set's ways 4q … 4q + 3, the one numbered `way`: how far it is above the least of its set.
inline std::uint8_t above_least(std::uint8_t codes, std::size_t way) {
  return static_cast<std::uint8_t>((codes >> (2 * way)) & kLargestCode);
}

SIM_VECTOR_CLONES void raise_packed(std::uint8_t* __restrict stalls,
                                    const std::uint8_t* __restrict packed, std::uint8_t slack,
                                    std::size_t sets, std::size_t lanes) {
  for (std::size_t first = 0; first < lanes; first += kWaysAByte * sets) {
    std::uint8_t* const way0 = stalls + first;
    std::uint8_t* const way1 = way0 + sets;
    std::uint8_t* const way2 = way1 + sets;
    std::uint8_t* const way3 = way2 + sets;
    const std::uint8_t* const codes = packed + sets + first / kWaysAByte;
    SIM_INDEPENDENT_ITERATIONS  // the four ways and the packed row do not overlap
    for (std::size_t s = 0; s < sets; ++s) {
      const std::uint8_t left = beyond(slack, packed[s]);
      way0[s] = larger(way0[s], beyond(left, above_least(codes[s], 0)));
      way1[s] = larger(way1[s], beyond(left, above_least(codes[s], 1)));
      way2[s] = larger(way2[s], beyond(left, above_least(codes[s], 2)));
      way3[s] = larger(way3[s], beyond(left, above_least(codes[s], 3)));
    }
  }
}

}  // namespace

Progress::Progress(std::uint32_t sets, std::uint32_t ways)
    : sets_(sets), ways_(ways), lanes_(std::size_t{sets} * ways) {
  if (ways >= kWaysAByte) {
    lanes_ = std::size_t{sets} * kWaysAByte * ((ways + kWaysAByte - 1) / kWaysAByte);
  }
}

Progress::Pace Progress::start(std::span<const std::uint32_t> entries_of_way) const {
  Pace pace{.executed = std::vector<std::uint32_t>(lanes_),
            .length = std::vector<std::uint32_t>(lanes_),
            .row = std::vector<std::uint8_t>(lanes_),
            .packed = std::vector<std::uint8_t>(sets_ + lanes_ / kWaysAByte)};
  for (std::uint32_t way = 0; way < entries_of_way.size(); ++way) {
    pace.length[lane(way)] = entries_of_way[way];
  }
  return pace;
}

bool Progress::append(Pace& pace) {
  least_.push_back(least_unfinished(pace.executed.data(), pace.length.data(), lanes_));
  const std::uint32_t most =
      write_row(pace.executed.data(), pace.length.data(), least_.back(), pace.row.data(), lanes_);
  if (most >= kFinished) return false;
  const bool packs = ways_ >= kWaysAByte && pack(pace.row.data(), sets_, ways_, pace.packed.data());
  const std::vector<std::uint8_t>& row = packs ? pace.packed : pace.row;
  rows_.insert(rows_.end(), row.begin(), row.end());
  begin_.push_back(rows_.size());
  return true;
}

void Progress::prefetch(std::uint32_t column) const {
  for (std::size_t at = begin_[column]; at < begin_[column + 1]; at += 64) {
    __builtin_prefetch(&rows_[at]);
  }
}

void Progress::raise(std::uint32_t column, std::uint8_t slack, std::uint8_t* stalls) const {
  const std::uint8_t* const row = &rows_[begin_[column]];
  if (packed(column)) {
    raise_packed(stalls, row, slack, sets_, lanes_);
  } else {
    raise_plain(stalls, row, slack, lanes_);
  }
}

void Progress::raise(std::uint32_t column, std::uint32_t slack, std::uint32_t* stalls) const {
  const std::uint8_t* const row = &rows_[begin_[column]];
  for (std::size_t l = 0; l < macs(); ++l) {
    const std::size_t way = l / sets_;
    const std::size_t set = l % sets_;
    const std::uint8_t* const codes = row + sets_ * (1 + way / kWaysAByte);
    const std::uint32_t ahead =
        packed(column) ? row[set] + std::uint32_t{above_least(codes[set], way % kWaysAByte)}
                       : std::uint32_t{row[l]};
    if (ahead != kFinished && ahead < slack) stalls[l] = std::max(stalls[l], slack - ahead);
  }
}

}  // namespace sim::optimus
