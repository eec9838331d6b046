#include "tests/accelerators/optimus/work_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "sim/base/check.h"

namespace sim::optimus::test {
namespace {

using workload::OperatorKind;
using workload::Phase;

std::uint64_t up(std::uint64_t a, std::uint64_t b) { return a / b + (a % b != 0); }

/// Bits that can name `count` things.
std::uint64_t bits_for(std::uint64_t count) {
  std::uint64_t bits = 0;
  while ((std::uint64_t{1} << bits) < count) ++bits;
  return bits;
}

/// One execution of a layer: query positions, and the keys that each of them sees.
struct Execution {
  std::uint64_t queries = 0;
  std::uint64_t keys = 0;
  bool triangle = false;  // query i sees i + 1 keys

  std::uint64_t pairs() const { return triangle ? queries * (queries + 1) / 2 : queries * keys; }
};

class Judge {
 public:
  Judge(const Program& program, const Config& config) : program_(program), c_(config) {}

  void sentence(std::uint64_t source, std::uint64_t target) {
    for (const Layer& layer : program_.layers) {
      for (const Execution& e : executions(layer, source, target)) add(layer, e);
    }
  }

  /// Words of entries, one list after the other. Those that only bridge a distance are stored, too,
  /// visits of columns are not.
  std::vector<std::uint64_t> words_of_lists(const EncodedBlock& block) const {
    const bool delta = c_.mac_array.sparse.column_mark == ColumnMark::kDelta;
    std::vector<std::uint64_t> words(block.begin.size() - 1);
    for (std::size_t l = 0; l < words.size(); ++l) {
      std::uint64_t room = 0;  // in the last word
      for (std::uint32_t i = block.begin[l]; i < block.begin[l + 1]; ++i) {
        if (!delta && block.entries[i].slot == kFillerSlot) continue;
        if (room == 0) {
          ++words[l];
          room = c_.memories.weight_entries_per_fetch;
        }
        --room;
      }
    }
    return words;
  }

  /// A pointer to each column and to the end, or a length of each column, of lists with entries.
  std::vector<std::uint64_t> marks_of_lists(const EncodedBlock& block) const {
    const ColumnMark mark = c_.mac_array.sparse.column_mark;
    std::vector<std::uint64_t> marks(block.begin.size() - 1);
    if (mark == ColumnMark::kDelta) return marks;
    for (std::size_t l = 0; l < marks.size(); ++l) {
      if (block.begin[l + 1] == block.begin[l]) continue;
      marks[l] = block.columns + (mark == ColumnMark::kPointer ? 1 : 0);
    }
    return marks;
  }

  std::uint64_t entry_bits(const EncodedMatrix& matrix) const {
    const bool delta = c_.mac_array.sparse.column_mark == ColumnMark::kDelta;
    const std::uint64_t zeros = c_.mac_array.sparse.row_bits;  // 0: the slot is stated
    return c_.precision.weight_bits + (zeros > 0 ? zeros : bits_for(largest_slots(matrix))) +
           (delta ? c_.mac_array.sparse.delta_bits : 0);
  }

  std::vector<std::string> banks() const {
    Bank weights;
    Bank even;  // of columns 0, 2, …; with lengths of all columns
    const bool pointers = c_.mac_array.sparse.column_mark == ColumnMark::kPointer;
    const bool queues = c_.mac_array.sparse.way_choice == WayChoice::kRuntime;
    const std::uint64_t lists = c_.mac_array.macs / (queues ? c_.mac_array.sparse.ways : 1);
    for (const Layer& layer : program_.layers) {
      if (!layer.matrix) continue;
      for (const EncodedBlock& block : layer.matrix->blocks) {
        weights.hold(words_of_lists(block),
                     c_.memories.weight_entries_per_fetch * entry_bits(*layer.matrix), c_.memories);
        std::vector<std::uint64_t> marks = marks_of_lists(block);
        for (std::uint64_t& m : marks) m = pointers ? m / 2 + m % 2 : m;
        even.hold(marks, mark_bits(block), c_.memories);
      }
    }
    std::vector<std::string> all = {weights.text("weight_banks", c_.mac_array.macs,
                                                 queues ? c_.mac_array.sparse.ways : 1,
                                                 c_.memories.weight_access_cycles)};
    if (c_.mac_array.sparse.column_mark == ColumnMark::kDelta) return all;
    all.push_back(even.text("column_banks", pointers ? 2 * lists : lists, 1,
                            c_.memories.column_access_cycles));
    return all;
  }

  Work work;

 private:
  /// What the lists of a place hold at the same time: all blocks, or one or two at a time.
  struct Bank {
    std::vector<std::uint64_t> bits;
    std::uint64_t width = 1;

    void hold(const std::vector<std::uint64_t>& words, std::uint64_t word_bits, const Memories& m) {
      bits.resize(std::max(bits.size(), words.size()));
      width = std::max(width, word_bits);
      for (std::size_t l = 0; l < words.size(); ++l) {
        const std::uint64_t more = words[l] * word_bits;
        if (m.weight_store == WeightStore::kResident) {
          bits[l] += more;
        } else {
          bits[l] = std::max(bits[l], m.prefetch_weights ? 2 * more : more);
        }
      }
    }

    std::string text(const char* name, std::uint64_t banks, std::uint64_t spread,
                     std::uint64_t cycles) const {
      const std::uint64_t most = *std::max_element(bits.begin(), bits.end());
      return fmt::format("static {} 0 bits clocked 0 {} x {} B x {} bits in {} cycles\n", name,
                         banks, std::max<std::uint64_t>(1, up(most, 8 * spread)), width, cycles);
    }
  };

  std::vector<Execution> executions(const Layer& layer, std::uint64_t source,
                                    std::uint64_t target) const {
    const Skipping& skip = c_.skipping;
    if (layer.phase == Phase::kEncoder) return {{source, source, false}};
    if (layer.phase == Phase::kCross) {
      const bool once = skip.redundant_decoding || skip.cross_kv_once;
      return std::vector<Execution>(once ? 1 : target, {source, source, false});
    }
    const bool last_only = layer.kind == OperatorKind::kLogits && !skip.project_all_positions;
    std::vector<Execution> all;
    for (std::uint64_t t = 1; t <= target; ++t) {
      const std::uint64_t queries = skip.redundant_decoding || last_only ? 1 : t;
      const bool triangle = layer.mask.causal && skip.masked_scores && queries > 1;
      all.push_back({queries, reads_source(layer) ? source : t, triangle});
    }
    return all;
  }

  /// Attention whose keys are made of the source.
  bool reads_source(const Layer& layer) const {
    const Layer* scores = &layer;
    while (scores->kind != OperatorKind::kAttentionScores) {
      if (scores->inputs.empty() || scores->unit == UnitId::kEmbedder) return false;
      if (scores->kind != OperatorKind::kSoftmax && scores->kind != OperatorKind::kAttentionValues)
        return false;
      scores = &program_.layers[scores->inputs[0]];
    }
    return program_.layers[scores->inputs[1]].phase != Phase::kDecoder;
  }

  void add(const Layer& layer, const Execution& e) {
    if (layer.matrix) return add_sparse(layer, e);
    switch (layer.kind) {
      case OperatorKind::kAttentionScores:
      case OperatorKind::kAttentionValues:
        return add_dense(layer, e);
      case OperatorKind::kSoftmax:
        work["softmax_elements"] += layer.heads * e.pairs();
        return;
      case OperatorKind::kNorm:
        work["add_norm_elements"] += layer.outputs * e.queries;
        return;
      case OperatorKind::kEmbedding:
        work["embedder_elements"] += layer.outputs * e.queries;
        return;
      default:
        SIM_CHECK(layer.matrix != nullptr, "{} is of a kind that the judge does not know",
                  layer.name);
    }
  }

  void add_sparse(const Layer& layer, const Execution& e) {
    for (const EncodedBlock& block : layer.matrix->blocks) add_block(layer, block, e);
    work["results"] += layer.outputs * e.queries;
    if (layer.kind == OperatorKind::kLogits) return;
    work["kv_written"] += layer.kv_outputs * e.queries;
    work["buffer_written"] += (layer.outputs - layer.kv_only_outputs) * e.queries;
  }

  void add_block(const Layer& layer, const EncodedBlock& block, const Execution& e) {
    const std::uint64_t n = c_.mac_array.macs;
    const std::uint64_t m = c_.mac_array.sparse.ways;
    const bool added = c_.mac_array.accumulators == Accumulators::kPrivate;
    const std::uint64_t passes = up(e.queries, tile(*layer.matrix));
    work["tile_tokens"] =
        std::max({work["tile_tokens"], std::uint64_t{1}, std::min(e.queries, tile(*layer.matrix))});
    const std::uint64_t sums = n / m * block.slots * e.queries;
    work["sparse_macs"] += kept(block) * e.queries;
    for (const std::uint64_t words : words_of_lists(block)) work["weight_reads"] += words * passes;
    for (const std::uint64_t marks : marks_of_lists(block)) {
      const bool pointers = c_.mac_array.sparse.column_mark == ColumnMark::kPointer;
      if (marks > 0) work["column_reads"] += (pointers ? 2 : 1) * block.columns * passes;
    }
    work["window_loads"] += layer.columns * e.queries;
    work["window_copies"] += own_windows() ? columns_of_sets(block) * e.queries : 0;
    work["window_reads"] += kept(block) * e.queries;
    work["accumulations"] += kept(block) * e.queries;
    work["reduction_reads"] += sums * (added ? m : 1);
    work["reduction_adds"] += sums * (added ? m - 1 : 0);
    work["issue"] += n * c_.mac_array.issue_cycles * passes;
    work["drain"] += n * (c_.mac_array.pipeline_depth_cycles - 1) * passes;
    work["reduce"] += n * e.queries * (block.slots + (added ? bits_for(m) : 0));
    if (c_.memories.weight_store == WeightStore::kResident) return;
    work["weight_writes"] = work["weight_reads"];
    for (const std::uint64_t marks : marks_of_lists(block)) work["column_writes"] += marks * passes;
    work["dram_bytes"] += streamed_bytes(block, *layer.matrix) * passes;
    add_waits(layer, e, tile(*layer.matrix));
  }

  /// Cycles that a pass begins to stream late when all its weights come at once, `latency` cycles
  /// and 4 more after it began: to the DMA, to the memory, back, and to the array. It then waits
  /// for whole beats.
  void add_waits(const Layer& layer, const Execution& e, std::uint64_t tile) {
    const std::uint64_t here = 4 + c_.memories.dram.fixed.latency_cycles;
    for (std::uint64_t done = 0; done < e.queries; done += tile) {
      const std::uint64_t held = std::min(tile, e.queries - done);
      const std::uint64_t load =
          c_.load_compute_matching
              ? 0
              : up(layer.columns * held, c_.window.load_width_elements_per_cycle);
      const std::uint64_t before = c_.mac_array.issue_cycles + load;
      if (here > before) work["dram_wait_cycles"] += up(here - before, held) * held;
    }
  }

  bool own_windows() const { return c_.window.scope != WindowScope::kGlobal; }

  /// Columns of which a set has any entry, all sets together.
  static std::uint64_t columns_of_sets(const EncodedBlock& block) {
    const std::size_t lists_per_set = (block.begin.size() - 1) / block.sets;
    std::set<std::pair<std::size_t, std::uint32_t>> taken;
    for (std::size_t l = 0; l + 1 < block.begin.size(); ++l) {
      for (std::uint32_t i = block.begin[l]; i < block.begin[l + 1]; ++i) {
        taken.emplace(l / lists_per_set, block.entries[i].column);
      }
    }
    return taken.size();
  }

  /// Tokens for which an entry is held: one, or as many as all accumulators of a row allow.
  std::uint64_t tile(const EncodedMatrix& matrix) const {
    const MacArrayConfig& array = c_.mac_array;
    if (!array.weight_hold) return 1;
    const bool shared = array.accumulators == Accumulators::kShared;
    const std::uint64_t room = array.accumulators_per_mac * (shared ? array.sparse.ways : 1);
    const std::uint64_t most = std::max<std::uint64_t>(1, room / largest_slots(matrix));
    return array.tile_tokens.count > 0 ? std::min<std::uint64_t>(array.tile_tokens.count, most)
                                       : most;
  }

  static std::uint64_t largest_slots(const EncodedMatrix& matrix) {
    std::uint64_t most = 1;
    for (const EncodedBlock& b : matrix.blocks) most = std::max<std::uint64_t>(most, b.slots);
    return most;
  }

  static std::uint64_t kept(const EncodedBlock& block) {
    return static_cast<std::uint64_t>(
        std::count_if(block.entries.begin(), block.entries.end(),
                      [](const Entry& e) { return e.slot != kFillerSlot; }));
  }

  /// Each column of a block comes in whole bytes: its entries, and a mark of each list that has
  /// any entry.
  std::uint64_t streamed_bytes(const EncodedBlock& block, const EncodedMatrix& matrix) const {
    const bool delta = c_.mac_array.sparse.column_mark == ColumnMark::kDelta;
    const std::uint64_t entry = entry_bits(matrix);
    std::vector<std::uint64_t> bits(block.columns, marks(block));
    for (const Entry& e : block.entries) {
      if (delta || e.slot != kFillerSlot) bits[e.column] += entry;
    }
    std::uint64_t bytes = 0;
    for (const std::uint64_t b : bits) bytes += up(b, 8);
    return bytes;
  }

  /// Bits of a mark of each list that has any.
  std::uint64_t marks(const EncodedBlock& block) const {
    std::uint64_t lists = 0;
    for (const std::uint64_t marks : marks_of_lists(block)) lists += marks > 0;
    return lists > 0 ? lists * mark_bits(block) : 0;
  }

  /// Enough for the kept entries of any list, or of any of its columns.
  std::uint64_t mark_bits(const EncodedBlock& block) const {
    const bool pointers = c_.mac_array.sparse.column_mark == ColumnMark::kPointer;
    std::uint64_t most = 0;
    for (std::size_t l = 0; l + 1 < block.begin.size(); ++l) {
      std::map<std::uint64_t, std::uint64_t> counted;
      for (std::uint32_t i = block.begin[l]; i < block.begin[l + 1]; ++i) {
        const Entry& e = block.entries[i];
        if (e.slot != kFillerSlot) most = std::max(most, ++counted[pointers ? 0 : e.column]);
      }
    }
    return bits_for(most + 1);
  }

  void add_dense(const Layer& layer, const Execution& e) {
    const std::uint64_t n = c_.mac_array.macs;
    const std::uint64_t width = std::uint64_t{layer.heads} * layer.head_size;  // of K or V
    const bool scores = layer.kind == OperatorKind::kAttentionScores;
    const std::uint64_t macs = width * e.pairs();
    work["dense_macs"] += macs;
    work["window_reads"] += macs;
    work["accumulations"] += macs;
    work["kv_reads"] += width * e.keys * times_fetched(layer, e);
    work["window_loads"] += scores ? width * e.queries : layer.heads * e.pairs();
    work["window_copies"] += own_windows() ? taken_operands(layer, e) : 0;
    const std::uint64_t results = scores ? layer.heads * e.pairs() : width * e.queries;
    work["results"] += results;
    work["buffer_written"] += results;
    work["issue"] += n * c_.mac_array.issue_cycles;
    work["reduce"] += n * (c_.mac_array.pipeline_depth_cycles + bits_for(c_.mac_array.sparse.ways));
  }

  /// Row after row of all heads that run at once goes to a set until it has its share; the set
  /// takes what these heads are multiplied with. A single query has one head at once.
  std::uint64_t taken_operands(const Layer& layer, const Execution& e) const {
    const bool scores = layer.kind == OperatorKind::kAttentionScores;
    const std::uint64_t sets = c_.mac_array.macs / c_.mac_array.sparse.ways;
    std::uint64_t elements = 0;
    for (std::uint64_t query = 0; query < e.queries; ++query) {
      const std::uint64_t keys = e.triangle ? query + 1 : e.keys;
      const std::uint64_t rows = scores ? keys : layer.head_size;
      const std::uint64_t at_once = e.queries == 1 ? 1 : layer.heads;
      std::set<std::pair<std::uint64_t, std::uint64_t>> pairs;
      for (std::uint64_t row = 0; row < at_once * rows; ++row) {
        pairs.emplace(row / up(at_once * rows, sets), row / rows);
      }
      elements += pairs.size() * (scores ? layer.head_size : keys) * (layer.heads / at_once);
    }
    return elements;
  }

  /// K and V come once for as many query positions as the accumulators have room for.
  std::uint64_t times_fetched(const Layer& layer, const Execution& e) const {
    if (e.queries == 1) return 1;
    if (!c_.mac_array.weight_hold) return e.queries;
    const bool scores = layer.kind == OperatorKind::kAttentionScores;
    const std::uint64_t rows = layer.heads * (scores ? e.keys : layer.head_size);
    const std::uint64_t room = c_.mac_array.accumulators_per_mac / up(rows, c_.mac_array.macs);
    return up(e.queries, std::max<std::uint64_t>(1, room));
  }

  const Program& program_;
  const Config& c_;
};

}  // namespace

Work work_of(const Program& program, const Config& config,
             const std::vector<SentenceLengths>& sentences) {
  Judge judge(program, config);
  for (const SentenceLengths& s : sentences) judge.sentence(s.source_tokens, s.target_tokens);
  return judge.work;
}

std::vector<std::string> banks_of(const Program& program, const Config& config) {
  return Judge(program, config).banks();
}

}  // namespace sim::optimus::test
