#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/accelerators/optimus/sparse_format.h"
#include "sim/workload/network.h"

namespace sim::optimus {

struct Occupancy;

enum class UnitId { kMacArray, kWritePort, kSoftmax, kAddNorm, kEmbedder, kElementwise };
/// By UnitId.
constexpr const char* kUnitNames[] = {"mac_array", "write_port", "softmax",
                                      "add_norm",  "embedder",   "elementwise"};
constexpr std::size_t kUnits = std::size(kUnitNames);
constexpr std::size_t index_of(UnitId id) { return static_cast<std::size_t>(id); }
constexpr const char* name_of(UnitId id) { return kUnitNames[index_of(id)]; }
/// A failed check when there is none of that name.
UnitId id_of(std::string_view name);
/// That executes operators of this kind.
UnitId unit_of(workload::OperatorKind kind);

/// A table of the program from which the embedder reads a row for each of a layer's positions.
struct TableRead {
  std::uint32_t table = 0;
  bool by_token = false;  // the row of the token; else that of the position
};

/// What the machine does for one operator of the model, or for several of one input that run as one
/// matrix. A row of layers.csv.
struct Layer {
  std::string name;  // as in the model; "….q+k+v" when fused
  workload::OperatorKind kind = workload::OperatorKind::kLinear;
  workload::Phase phase = workload::Phase::kEncoder;
  UnitId unit = UnitId::kMacArray;    // that executes it
  std::vector<std::uint32_t> inputs;  // layers that produce its inputs
  std::uint32_t outputs =
      0;  // features a token; of all heads together for attention values; 0: scores, softmax
  std::uint32_t columns = 0;      // sparse: input features a token
  std::uint32_t vectors = 0;      // a product by itself: its tokens; 0: those of the sentence
  workload::OutputShape shape{};  // whose rows it computes
  std::uint32_t heads = 1;
  std::uint32_t kv_heads = 1;   // attention: heads of keys and values, each for heads / kv_heads
  std::uint32_t head_size = 0;  // attention: features of a head, of its keys or of its values
  workload::AttentionMask mask{};
  bool has_bias = false;              // scores: one of their head and distance is added
  std::uint32_t kv_outputs = 0;       // of `outputs`, those that are kept in the K/V store
  std::uint32_t kv_only_outputs = 0;  // of these, those that are not in the global buffer as well
  std::optional<std::uint32_t> relu;  // sparse: the operator whose outputs behind a ReLU it reads
  std::vector<std::shared_ptr<const workload::Mask>> masks;  // sparse: of its operators
  std::shared_ptr<const EncodedMatrix> matrix;               // sparse layers only
  std::vector<std::shared_ptr<const Occupancy>> occupancy;   // of each block, when made ahead
  std::vector<TableRead> tables;                             // of the embedder; none: host's
  std::uint64_t dense_weights = 0;                           // rows x columns
  std::uint64_t kept_weights = 0;
};

/// What an operator leaves behind, and the layers that need it. Arg-maxed logits leave nothing.
struct Output {
  std::uint32_t layer = 0;     // that makes it
  std::uint32_t features = 0;  // a token; 0: scores and probabilities
  bool in_global_buffer = false;
  std::vector<std::uint32_t> buffer_readers;  // layers
  std::vector<std::uint32_t> kv_readers;      // layers that read it as K or V, from the K/V store
};

/// A table from which the embedder takes one row a token.
struct EmbeddingTable {
  std::uint64_t rows = 0;      // tokens or positions; 0: not known
  std::uint32_t features = 0;  // of a row
};

/// Constants of positions that are in no matrix, 32 bits each, every table once.
struct PositionTables {
  std::uint64_t rotary_words = 0;      // cosines and sines
  std::uint64_t score_bias_words = 0;  // of heads and distances
};

/// What the lists of the matrices ask of the memories beside the MACs.
struct ListBanks {
  std::uint32_t entry_bits = 1;    // the widest of all
  std::uint32_t column_bits = 1;   // of a column mark, the widest
  std::uint64_t weight_bytes = 1;  // of the fullest bank of entries
  std::uint64_t column_bytes = 0;  // of the fullest bank of column marks; 0: delta marks
};

/// A model compiled for one configuration: layers in execution order; or products that do not read
/// each other, each a layer.
struct Program {
  bool products = false;
  bool prompts = false;  // a sentence's source tokens are the first of its target
  std::vector<Layer> layers;
  std::vector<Output> outputs;
  std::vector<EmbeddingTable> embedding_tables;
  PositionTables position_tables;
  ListBanks list_banks;

  /// Whether any layer runs on the unit.
  bool uses(UnitId unit) const;
};

/// Lengths of a sentence, or the number of a product. The source is a prompt where the program says
/// so. The target's is the number of decoding steps, its end of sentence included; 0: none.
struct SentenceLengths {
  std::uint32_t index = 0;
  std::uint32_t source_tokens = 0;
  std::uint32_t target_tokens = 0;
};

/// One execution of a layer.
struct Command {
  std::uint32_t id = 0;               // its number on the scoreboard
  std::uint32_t layer = 0;            // index into Program::layers
  std::uint32_t tokens = 0;           // rows: positions computed; attention: query positions
  std::uint32_t tile = 0;             // tokens of a tile: its own, or of the command that feeds it
  std::uint32_t keys = 0;             // attention and softmax: key positions; average: its rows
  std::uint32_t first_position = 0;   // of its first token
  bool weights_ahead = true;          // sparse: the pass before it may ask for its first weights
  bool masked = false;                // each query i has its seen_keys(…, i, keys) only
  std::vector<std::uint32_t> after;   // commands that must be complete before it starts
  std::optional<std::uint32_t> feed;  // command whose parts it takes one by one
  // Sparse, with zero inputs skipped: inputs that are not zero, [positions x columns], of which the
  // command computes those from first_position on; null: none is zero.
  std::shared_ptr<const workload::Mask> nonzero{};
};

/// Of so many keys, those that query i sees.
std::uint32_t seen_keys(const workload::AttentionMask& mask, std::uint32_t i, std::uint32_t keys);
/// Keys for which a command computes its query number `query`.
std::uint32_t keys_of_query(const Command& command, const Layer& layer, std::uint32_t query);

}  // namespace sim::optimus
