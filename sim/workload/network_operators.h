#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

/// The operators of a network: for each kind what is fixed about one, apart from its name, its
/// inputs and its mask. Formulas and limits stand in docs/trace-format.md and, executable, in
/// sim/reference. Spans point into the trace's file and are empty where only shapes are known.
namespace sim::workload {

using Int8s = std::span<const std::int8_t>;
using Int32s = std::span<const std::int32_t>;
using Uint16s = std::span<const std::uint16_t>;

/// Of rows and of columns: [y, x].
using Pair = std::array<std::uint32_t, 2>;

/// Zeros or nothing around a map.
struct Padding {
  std::uint32_t top = 0;
  std::uint32_t left = 0;
  std::uint32_t bottom = 0;
  std::uint32_t right = 0;
};

/// Sums of products with constants, and what makes int8 of them (of logits: int32).
struct Weights {
  Int8s weight{};             // [outputs, inputs of one]
  Int32s bias{};              // [outputs]
  Int32s multipliers{};       // [outputs]
  std::uint32_t outputs = 0;  // features or channels
  std::uint32_t inputs = 0;   // that an output reads: features; channels a group x kernel
  std::uint32_t shift = 1;
  bool relu = false;
};

/// Of a network that is fed with tensors: one of them.
struct Input {
  std::uint32_t number = 0;
};

struct Embedding {
  Int8s table{};             // [pieces, features]
  Int8s positions{};         // [max_tokens, features]; empty: none
  std::uint32_t pieces = 0;  // 0: not known
  std::uint32_t features = 0;
  bool has_positions = false;
  std::int32_t token_multiplier = 0;
  std::int32_t position_multiplier = 0;
  std::uint32_t shift = 1;
};

struct Constant {
  Int8s value{};
};

struct Linear {
  Weights weights{};
};

/// As Linear, without ReLU, and its results stay int32.
struct Logits {
  Weights weights{};
};

struct Conv2d {
  Weights weights{};  // [outputs, channels / groups, kernel rows, kernel columns]
  Pair kernel{1, 1};
  Pair stride{1, 1};
  Pair dilation{1, 1};
  Padding padding{};
  std::uint32_t groups = 1;
};

/// Where the windows of a pool lie.
struct Windows {
  Pair kernel{1, 1};
  Pair stride{1, 1};
  Pair dilation{1, 1};
  Padding padding{};
  bool ceil_mode = false;
};

struct MaxPool2d {
  Windows windows{};
};

/// A sum divided by the number of its elements times 2^shift, 0 <= shift <= 31.
struct Average {
  std::int32_t multiplier = 1;
  std::uint32_t shift = 0;
};

struct AveragePool2d {
  Windows windows{};  // dilation 1
  bool count_padding = false;
  Average average{};
};

struct GlobalAverage {
  Average average{};
};

struct Add {
  std::int32_t x_multiplier = 0;
  std::int32_t y_multiplier = 0;
  std::uint32_t shift = 1;
  bool relu = false;
};

struct Multiply {
  std::int32_t multiplier = 0;
  std::uint32_t shift = 1;
};

/// Features of tokens or channels of maps; tokens.
enum class Axis { kFeatures, kTokens };

struct Concat {
  Axis axis = Axis::kFeatures;
  std::vector<std::int32_t> multipliers{};  // of each input
  std::uint32_t shift = 1;
};

struct Split {
  Axis axis = Axis::kFeatures;
  std::uint32_t begin = 0;
  std::uint32_t size = 1;
};

struct Upsample {
  enum class Fill { kNearest, kZeros };

  Pair factor{1, 1};
  Fill fill = Fill::kNearest;
};

struct Flatten {
  Axis to = Axis::kFeatures;  // kFeatures: one row of all elements; kTokens: a row a pixel
};

struct Unflatten {
  std::array<std::uint32_t, 3> shape{};  // channels, rows, columns
};

struct Activation {
  Int8s table{};  // [256], of x + 128
};

struct Norm {
  enum class Kind { kLayer, kRms };

  Kind kind = Kind::kLayer;
  Int32s gamma{};  // [features]
  Int32s beta{};   // [features]
  std::int32_t x_multiplier = 0;
  std::int32_t y_multiplier = 0;  // of the second input, if there is one
  std::uint32_t shift = 1;
};

struct LocalResponseNorm {
  Uint16s table{};         // of the sum of squares, shifted
  std::uint32_t size = 1;  // channels
  std::uint32_t table_shift = 0;
  std::uint32_t shift = 1;
};

struct Rotary {
  enum class Pairs { kHalves, kNeighbours };

  Int32s cosine{};  // [max_tokens, pairs]
  Int32s sine{};    // [max_tokens, pairs]
  std::uint32_t heads = 1;
  std::uint32_t pairs = 0;  // of a head's features
  Pairs order = Pairs::kHalves;
  std::int32_t multiplier = 0;  // of features that are in no pair
  std::uint32_t shift = 1;
};

/// Which keys a query sees.
struct AttentionMask {
  bool causal = false;                    // none behind it
  std::optional<std::uint32_t> window{};  // none as far away as this
};

struct AttentionScores {
  std::uint32_t heads = 1;
  std::uint32_t kv_heads = 1;
  AttentionMask mask{};
  Int32s bias{};  // [heads, 2 x max_tokens - 1], of key - query; empty: none
  bool has_bias = false;
  std::int32_t multiplier = 0;
  std::uint32_t shift = 1;
};

struct Softmax {
  Uint16s table{};          // [256]
  std::uint32_t heads = 1;  // of its scores, as their mask
  AttentionMask mask{};
};

struct AttentionValues {
  std::uint32_t heads = 1;
  std::uint32_t kv_heads = 1;
  AttentionMask mask{};  // of its scores
  std::int32_t multiplier = 0;
  std::uint32_t shift = 1;
};

using OperatorBody = std::variant<Input, Embedding, Constant, Linear, Logits, Conv2d, MaxPool2d,
                                  AveragePool2d, GlobalAverage, Add, Multiply, Concat, Split,
                                  Upsample, Flatten, Unflatten, Activation, Norm, LocalResponseNorm,
                                  Rotary, AttentionScores, Softmax, AttentionValues>;

}  // namespace sim::workload
