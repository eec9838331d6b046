#pragma once

#include <cstdint>
#include <string_view>

#include "sim/base/config_reader.h"
#include "sim/hw/dram_config.h"

namespace sim::optimus {

/// How a sparse matrix is dealt to the MACs. Set = MACs that share rows; ways = MACs of a set.
enum class Format {
  kCsc,     // row i belongs to MAC i mod N (EIE)
  kRcsc,    // rows sorted by length, one MAC a row
  kSaRcsc,  // rows sorted by length, a set of `ways` MACs a row
};
enum class RowOrder { kNatural, kSnake, kAsPublishedCode, kGreedyLpt };
enum class ColumnMark { kDelta, kPointer, kColumnLength };
enum class RowMark { kSlot, kZeros };
enum class WayChoice { kOffline, kRuntime };
enum class Accumulators { kPrivate, kShared };
enum class WindowScope { kGlobal, kPerSet, kTwoLevel };
/// When a set's own window has room again: when the last, or the first entry of a column is
/// executed.
enum class PlaceFreed { kAtEnd, kAtBegin };
enum class WeightStore { kResident, kStreamed };
enum class EmbeddingStore { kHost, kOnChip, kDram };

/// How large a tile is in one of its dimensions, within what the accumulators hold.
struct TileRule {
  enum class Kind { kAuto, kLargest, kFixed };

  Kind kind = Kind::kAuto;
  std::uint32_t count = 0;  // fixed: at most so many

  bool operator==(const TileRule&) const = default;
};

struct SparseFormat {
  Format format;
  RowOrder row_order;
  std::uint32_t ways;  // m
  ColumnMark column_mark;
  std::uint32_t delta_bits;  // k
  RowMark row_mark;
  std::uint32_t row_bits;  // zeros: of the number of zeros before a weight
  WayChoice way_choice;

  static SparseFormat from(base::ConfigReader& in);
};

struct InputWindow {
  WindowScope scope;
  std::uint32_t columns;                        // D; two_level: of the shared level
  std::uint32_t local_columns;                  // two_level: of each set's level
  std::uint32_t load_width_elements_per_cycle;  // B
  PlaceFreed place_freed = PlaceFreed::kAtEnd;  // per_set
  std::uint32_t pop_beats = 0;                  // per_set: between the columns of a MAC

  /// Sets work off their columns in a way of their own, and must be of one MAC.
  bool queues() const { return place_freed == PlaceFreed::kAtBegin || pop_beats > 0; }

  static InputWindow from(base::ConfigReader& in);
};

struct MacArrayConfig {
  std::uint32_t macs;                   // N
  std::uint32_t pipeline_depth_cycles;  // P
  std::uint32_t issue_cycles;           // t_first
  Accumulators accumulators;
  std::uint32_t accumulators_per_mac;  // A
  bool weight_hold;
  bool skip_zero_inputs;
  std::uint32_t pass_columns;  // at most; 0: all
  TileRule tile_tokens;
  TileRule tile_rows;  // of a set
  SparseFormat sparse;

  std::uint32_t sets() const { return macs / sparse.ways; }  // S
  /// Whether a pass may take some columns of a block only.
  bool partial_passes() const { return skip_zero_inputs || pass_columns > 0; }
  /// Accumulators that one of a set's rows can use: those of a MAC, or of the whole set.
  std::uint32_t accumulators_at_once() const {
    return accumulators == Accumulators::kShared ? accumulators_per_mac * sparse.ways
                                                 : accumulators_per_mac;
  }

  static MacArrayConfig from(base::ConfigReader& in);
};

struct Skipping {
  bool redundant_decoding;  // true: only the newest position is computed
  bool cross_kv_once;       // without skipping: cross-attention K, V once a sentence all the same
  bool project_all_positions;  // without skipping: logits of all positions
  bool masked_scores;  // without skipping: scores and A x V of existing (causal) entries only

  static Skipping from(base::ConfigReader& in);
};

struct Precision {
  std::uint32_t weight_bits;
  std::uint32_t activation_bits;
  std::uint32_t accumulator_bits;

  static Precision from(base::ConfigReader& in);
};

struct PostProcessing {
  std::uint32_t softmax_lanes;
  std::uint32_t softmax_latency_cycles;
  bool softmax_overlap;
  std::uint32_t norm_lanes;
  std::uint32_t norm_latency_cycles;
  std::uint32_t elementwise_lanes;
  std::uint32_t elementwise_latency_cycles;
  std::uint32_t output_width_elements_per_cycle;  // B_out

  static PostProcessing from(base::ConfigReader& in);
};

struct Memories {
  WeightStore weight_store;
  EmbeddingStore embedding_store;
  hw::DramConfig dram;                     // used if uses_dram()
  std::uint32_t dram_request_bytes;        // largest read
  bool prefetch_weights;                   // streamed
  std::uint32_t weight_bank_kib;           // of each MAC
  std::uint32_t weight_entries_per_fetch;  // in a word of a bank
  std::uint32_t weight_access_cycles;      // that reading such a word may take
  std::uint32_t column_bank_kib;           // of each bank of column marks
  std::uint32_t column_access_cycles;      // that reading a mark may take
  std::uint32_t embedding_kib;             // on-chip tables
  std::uint32_t global_buffer_kib;
  std::uint32_t kv_store_kib;
  std::uint32_t kv_port_elements_per_cycle;

  bool streamed() const { return weight_store == WeightStore::kStreamed; }
  bool tables_in_dram() const { return embedding_store == EmbeddingStore::kDram; }
  bool uses_dram() const { return streamed() || tables_in_dram(); }

  static Memories from(base::ConfigReader& in, ColumnMark mark);
};

/// The block `optimus:` of an architecture file. Defaults and their sources stand in README.md
/// beside this file.
struct Config {
  MacArrayConfig mac_array;
  InputWindow window;
  bool load_compute_matching;
  bool fuse_shared_inputs;  // Q, K, V of one input as one matrix with interleaved columns
  Skipping skipping;
  Precision precision;
  PostProcessing post;
  Memories memories;
  std::uint32_t clock_mhz = 0;  // of the machine, stated outside the block; for a banked DRAM only

  /// Elements of K or V read in a cycle.
  std::uint32_t kv_port() const {
    return memories.kv_port_elements_per_cycle > 0 ? memories.kv_port_elements_per_cycle
                                                   : mac_array.macs;
  }

  static Config from(base::ConfigReader& in);
};

}  // namespace sim::optimus
