#include "tests/accelerators/dnnguard/pool_rows.h"

#include <algorithm>
#include <stdexcept>

#include "sim/accelerators/dnnguard/sdp_pdp_skip.h"
#include "tests/accelerators/dnnguard/unit_rows.h"

namespace sim::dnnguard::test {

namespace {

/// When a convolution's SDP writes each atom, from the RTL's last write without pooling back, by
/// the measured intervals: in a stripe, 9 cycles an atom or 3; from stripe to stripe, what the
/// array takes, or where that is less than SDP takes, 38 cycles more after two full stripes
/// (nv_small_256: none).
class Convolution {
 public:
  explicit Convolution(const RtlRow& row)
      : row_(row),
        large_(row.text("configuration") == "nv_large"),
        rows_(large_ ? 32 : 8),
        border_(row.text("configuration") == "nv_small_256" ? 0 : 38) {
    const std::uint32_t stripe = 2 * rows_ * row.count("stripe_ops");
    bound_ = stripe < 2 * rows_ * spacing() + border_;
    find_gaps();
  }

  std::uint32_t spacing() const { return large_ ? 3 : 9; }
  bool bound() const { return bound_; }
  /// Cycles from an atom's write to the next one's.
  const std::vector<std::uint64_t>& gaps() const { return gaps_; }

 private:
  std::vector<std::uint32_t> stripes() const {
    std::vector<std::uint32_t> lengths;
    for (std::uint32_t left = row_.count("out_width") * row_.count("out_height"); left > 0;) {
      const std::uint32_t two = 2 * rows_;
      lengths.push_back(left >= 2 * two ? two : left <= two ? left : rows_);
      left -= lengths.back();
    }
    return lengths;
  }

  void find_gaps() {
    const std::uint32_t groups = (row_.count("kernels") + rows_ - 1) / rows_;
    std::uint32_t before = 0;
    for (std::uint32_t group = 0; group < groups; ++group)
      for (const std::uint32_t length : stripes()) {
        if (before > 0) gaps_.push_back(border(before, length));
        gaps_.insert(gaps_.end(), length - 1, spacing());
        before = length;
      }
  }

  std::uint64_t border(std::uint32_t before, std::uint32_t length) const {
    if (bound_) return spacing() + (before == 2 * rows_ && length == 2 * rows_ ? border_ : 0);
    // Last write of a stripe: the end of the array's work and 8 (2) cycles for each atom.
    const std::uint32_t drain = large_ ? 2 : 8;
    const std::uint32_t least = large_ ? 32 : 8;
    const std::int64_t last = std::int64_t{std::max(length, least)} * row_.count("stripe_ops") +
                              std::int64_t{drain} * (std::int64_t{length} - before);
    return static_cast<std::uint64_t>(last - std::int64_t{spacing()} * (length - 1));
  }

  const RtlRow& row_;
  bool large_;
  std::uint32_t rows_;
  std::uint32_t border_;
  bool bound_ = false;
  std::vector<std::uint64_t> gaps_;
};

PdpPlan plan(const RtlRow& row) {
  workload::nvdla::Pdp pdp;
  pdp.in = {row.count("out_width"), row.count("out_height"), row.count("kernels")};
  pdp.out = {row.count("pool_width"), row.count("pool_height"), row.count("kernels")};
  pdp.kernel_width = pdp.kernel_height = row.count("pool_kernel");
  pdp.stride_x = pdp.stride_y = row.count("pool_stride");
  pdp.pad_left = pdp.pad_top = row.count("pool_pad");
  const auto on = configuration(row.text("configuration"));
  return plan_pdp(pdp, on.geometry, on.rates);
}

struct Pooled {
  UnitCounters counts;
  std::uint64_t first = 0;  // SDP's first write
};

/// SDP runs at most so many atoms ahead of PDP, which then slows the convolution down: those that
/// its pipe holds at 3 cycles an atom, without and with operand stages.
std::uint64_t ahead(const RtlRow& row) { return 5 + row.count("stage_cycles") / 3; }

Pooled pooled(const RtlRow& row) {
  const Convolution convolution(row);
  std::vector<std::uint64_t> gaps = convolution.gaps();
  const std::uint64_t first = row.count("sdp_first"), last = row.count("sdp_last");
  if (row.number("even") == 0) gaps.assign(gaps.size(), (last - first) / gaps.size());
  std::uint64_t write = last;
  for (const std::uint64_t gap : gaps) write -= gap;
  Pooled result{.counts = {}, .first = write};
  PoolOnTheFly pool(plan(row), {});
  std::vector<std::uint64_t> taken{pool.take(write)};
  std::uint64_t free_running = write;
  for (const std::uint64_t gap : gaps) {
    free_running += gap;
    write =
        convolution.bound() ? write + gap : std::max(free_running, write + convolution.spacing());
    if (taken.size() >= ahead(row)) write = std::max(write, taken[taken.size() - ahead(row)]);
    taken.push_back(pool.take(write));
  }
  if (!pool.done()) throw std::logic_error("PDP waits for more than the convolution writes");
  result.counts = pool.finish();
  return result;
}

}  // namespace

std::vector<RtlRow> pool_rows() { return rtl_rows("units-on-the-fly.csv"); }

std::vector<Figure> compare_pool(const RtlRow& row) {
  const Pooled model = pooled(row);
  Said said = {{"last_output", model.counts.writes.last}};
  said.emplace_back("write_beats", model.counts.writes.beats);
  std::vector<Figure> figures = beside(row, said);
  if (row.number("even") == 1)
    figures.push_back({"first_output_after_sdp",
                       row.number("first_output") - row.number("sdp_first"),
                       static_cast<std::int64_t>(model.counts.writes.first - model.first)});
  return figures;
}

std::vector<ComparedRow> compared_pools() {
  std::vector<ComparedRow> all;
  const UnitMemory memory;  // as the file's first line says
  for (const RtlRow& row : pool_rows())
    all.push_back({"pdp_on_the_fly", row.text("configuration"), memory.latency,
                   memory.read_interval, row.text("name"), false, compare_pool(row)});
  return all;
}

}  // namespace sim::dnnguard::test
