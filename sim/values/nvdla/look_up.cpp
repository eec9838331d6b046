#include "sim/values/nvdla/look_up.h"

#include <bit>
#include <span>

#include "sim/values/nvdla/rounding.h"

namespace sim::values::nvdla {
namespace {

using workload::nvdla::LookUp;

enum class Place { kUnderflow, kHit, kOverflow };

/// Where x lies in a table.
struct Found {
  Place place = Place::kHit;
  std::uint32_t index = 0;
  std::int64_t fraction = 0;  // of the interval, with F bits
};

/// One of the two tables.
struct Table {
  std::span<const std::int16_t> entries;
  bool exponential = false;
  std::int32_t offset = 0;  // exponential: the first interval begins at 2^offset
  std::int32_t select = 0;  // linear: an interval has 2^select values
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::int32_t scale[2] = {};  // slopes below and above
  std::int32_t shift[2] = {};

  std::int64_t intervals() const { return static_cast<std::int64_t>(entries.size()) - 1; }
};

Table le(const LookUp& t) {
  return {t.le,
          !t.le_linear,
          t.le_index_offset,
          t.le_index_select,
          t.le_start,
          t.le_end,
          {t.le_slope_scale[0], t.le_slope_scale[1]},
          {t.le_slope_shift[0], t.le_slope_shift[1]}};
}

Table lo(const LookUp& t) {
  return {t.lo,
          false,
          0,
          t.lo_index_select,
          t.lo_start,
          t.lo_end,
          {t.lo_slope_scale[0], t.lo_slope_scale[1]},
          {t.lo_slope_shift[0], t.lo_slope_shift[1]}};
}

/// `part`, of an interval of 2^log values, with F bits.
std::int64_t fraction_of(std::int64_t part, std::int32_t log, std::int32_t f) {
  if (log <= f) return part << (f - log);
  return log - f > 62 ? 0 : part >> (log - f);
}

Found in_exponential(const Table& t, std::int64_t d, std::int32_t f) {
  const auto log = static_cast<std::int32_t>(std::bit_width(static_cast<std::uint64_t>(d))) - 1;
  const std::int32_t index = log - t.offset;
  if (index < 0) return {Place::kUnderflow};
  if (index >= t.intervals()) return {Place::kOverflow};
  return {Place::kHit, static_cast<std::uint32_t>(index),
          fraction_of(d - (std::int64_t{1} << log), log, f)};
}

Found in_linear(const Table& t, std::int64_t d, std::int32_t f) {
  if (t.select > 62) return {Place::kHit, 0, fraction_of(d, t.select, f)};
  if (t.select >= 0) {
    const std::int64_t index = d >> t.select;
    if (index >= t.intervals()) return {Place::kOverflow};
    const std::int64_t part = d & ((std::int64_t{1} << t.select) - 1);
    return {Place::kHit, static_cast<std::uint32_t>(index), fraction_of(part, t.select, f)};
  }
  // Several entries for each value. d is positive, so a far shift leaves every table.
  if (t.select < -8 || d << -t.select >= t.intervals()) return {Place::kOverflow};
  return {Place::kHit, static_cast<std::uint32_t>(d << -t.select), 0};
}

Found find(const Table& t, std::int64_t x, std::int32_t f) {
  const std::int64_t d = x - t.start;
  if (d <= 0) return {Place::kUnderflow};
  return t.exponential ? in_exponential(t, d, f) : in_linear(t, d, f);
}

/// Which of the tables counts: LO if true.
bool takes_lo(const LookUp& t, Place in_le, Place in_lo) {
  if (in_le == Place::kUnderflow && in_lo == Place::kUnderflow) return t.underflow_lo;
  if (in_le == Place::kOverflow && in_lo == Place::kOverflow) return t.overflow_lo;
  if ((in_le == Place::kHit) != (in_lo == Place::kHit)) return in_lo == Place::kHit;
  return t.hybrid_lo;
}

/// Along the slope on one side of a table.
Int128 beyond(const Table& t, bool above, std::int64_t x) {
  Int128 from = above ? t.end : t.start;
  if (!above && t.exponential && t.offset >= 0) from += Int128{1} << t.offset;
  const Int128 product = (Int128{x} - from) * t.scale[above ? 1 : 0];
  const std::int32_t shift = t.shift[above ? 1 : 0];
  const Int128 step = shift >= 0 ? rounded_wide(product, static_cast<std::uint32_t>(shift))
                                 : product * (Int128{1} << -shift);
  return step + t.entries[above ? t.entries.size() - 1 : 0];
}

Int128 between(const Table& t, const Found& at, TablesOf unit, std::int32_t f) {
  const std::int64_t low = t.entries[at.index];
  const std::int64_t high = t.entries[at.index + 1];
  const auto bits = static_cast<std::uint32_t>(f);
  if (unit == TablesOf::kCdp) return low + rounded((high - low) * at.fraction, bits);
  return rounded_wide(
      Int128{low} * ((std::int64_t{1} << f) - at.fraction) + Int128{high} * at.fraction, bits);
}

}  // namespace

std::int32_t looked_up(const LookUp& tables, std::int64_t x, TablesOf unit) {
  const std::int32_t f = unit == TablesOf::kSdp ? 35 : 16;  // bits of a fraction
  const std::uint32_t bits = unit == TablesOf::kSdp ? 32 : 16;
  const Table both[2] = {le(tables), lo(tables)};
  const Found in[2] = {find(both[0], x, f), find(both[1], x, f)};
  const std::size_t which = takes_lo(tables, in[0].place, in[1].place) ? 1 : 0;
  const Found& at = in[which];
  const Int128 y = at.place == Place::kHit ? between(both[which], at, unit, f)
                                           : beyond(both[which], at.place == Place::kOverflow, x);
  const Int128 end = Int128{1} << (bits - 1);
  return static_cast<std::int32_t>(std::clamp<Int128>(y, -end, end - 1));
}

}  // namespace sim::values::nvdla
