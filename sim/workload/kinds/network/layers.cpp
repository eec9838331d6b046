#include "sim/workload/kinds/network/layers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <variant>

#include "sim/base/printable.h"
#include "sim/workload/text.h"

namespace sim::workload::network {
namespace {

using base::ConfigReader;
using base::IntegerKey;
using Kind = OperatorKind;

constexpr std::uint32_t kMaxRepeat = 1024;
constexpr std::size_t kMaxInputs = 64;

std::vector<std::pair<std::string_view, Kind>> kinds() {
  std::vector<std::pair<std::string_view, Kind>> all;
  for (const Kind kind : operator_kinds()) {
    if (kind != Kind::kInput) all.emplace_back(name_of(kind), kind);
  }
  return all;
}

std::string read_name(ConfigReader& in) {
  const std::string name = in.text_value("name", std::nullopt, "of the operator; all differ");
  if (!is_plain_name(name) && !in.describing()) {
    in.fail("name", fmt::format("'{}'; must be 1 to 256 printable ASCII characters",
                                base::printable(name)));
  }
  return name;
}

std::vector<std::string> read_inputs(ConfigReader& in) {
  auto names = in.text_list("inputs", "names of operators above; default: the one before", false);
  if (names.size() > kMaxInputs || !std::ranges::all_of(names, is_plain_name)) {
    in.fail("inputs", fmt::format("must be at most {} names of operators", kMaxInputs));
  }
  return names;
}

/// Reads the keys of one layer. Each knows the kinds that have it.
class LayerReader {
 public:
  explicit LayerReader(ConfigReader& in) : in_(in) {}

  Layer read() {
    layer_.place = in_.place();
    layer_.kind = in_.choice<Kind>("op", kinds(), std::nullopt,
                                   "kind of operator, as in traces (docs/trace-format.md)");
    layer_.name = read_name(in_);
    if (in_.describing() || in_.has("inputs")) layer_.inputs = read_inputs(in_);
    layer_.fields = nlohmann::json::object();
    read_weights();
    read_windows();
    read_elements();
    read_attention();
    return std::move(layer_);
  }

 private:
  bool has(std::string_view key, std::initializer_list<Kind> kinds) {
    std::vector<std::string_view> names;
    for (const Kind kind : kinds) names.push_back(name_of(kind));
    return in_.applies(key, std::ranges::count(kinds, layer_.kind) > 0,
                       fmt::format("op is {}", fmt::join(names, " or ")));
  }

  void integer(IntegerKey key, std::initializer_list<Kind> kinds) {
    if (has(key.name, kinds)) layer_.fields[std::string(key.name)] = in_.integer32(key);
  }
  void list(IntegerKey key, std::size_t count, std::initializer_list<Kind> kinds) {
    if (has(key.name, kinds)) layer_.fields[std::string(key.name)] = in_.integers32(key, count);
  }
  void flag(std::string_view key, std::initializer_list<Kind> kinds, std::string_view meaning) {
    if (has(key, kinds)) layer_.fields[std::string(key)] = in_.flag(key, false, meaning);
  }
  /// The first word is the default.
  void word(std::string_view key, std::initializer_list<std::string_view> words,
            std::initializer_list<Kind> kinds, std::string_view meaning) {
    if (!has(key, kinds)) return;
    std::vector<std::pair<std::string_view, std::string_view>> choices;
    for (const std::string_view w : words) choices.emplace_back(w, w);
    layer_.fields[std::string(key)] =
        std::string(in_.choice<std::string_view>(key, choices, *words.begin(), meaning));
  }

  void read_weights() {
    if (has("outputs", {Kind::kEmbedding, Kind::kLinear, Kind::kLogits, Kind::kConv2d})) {
      layer_.outputs = in_.integer32({.name = "outputs",
                                      .unit = "features",
                                      .min = 1,
                                      .max = 1 << 20,
                                      .meaning = "features or channels that it makes"});
    }
    if (has("pieces", {Kind::kEmbedding})) {
      layer_.pieces = in_.integer32({.name = "pieces",
                                     .unit = "pieces",
                                     .max = 1 << 20,
                                     .fallback = 0,
                                     .meaning = "tokens in the table; 0, in a decoder: as many as "
                                                "logits has outputs"});
    }
    if (has("positions", {Kind::kEmbedding})) {
      layer_.positions = in_.flag("positions", false, "whether a table of positions is added");
    }
    flag("relu", {Kind::kLinear, Kind::kConv2d, Kind::kAdd}, "whether negative results become 0");
  }

  void read_windows() {
    const auto pools = {Kind::kMaxPool2d, Kind::kAveragePool2d};
    const auto all = {Kind::kConv2d, Kind::kMaxPool2d, Kind::kAveragePool2d};
    if (has("kernel", all)) {
      const auto kernel = in_.integers32({.name = "kernel",
                                          .unit = "elements",
                                          .min = 1,
                                          .max = 255,
                                          .meaning = "rows and columns of a window"},
                                         2);
      layer_.kernel = {kernel[0], kernel[1]};
      if (layer_.kind != Kind::kConv2d) layer_.fields["kernel"] = kernel;
    }
    list({.name = "stride",
          .unit = "elements",
          .min = 1,
          .max = 255,
          .fallback = 1,
          .meaning = "from window to window, of rows and columns"},
         2, all);
    list({.name = "dilation",
          .unit = "elements",
          .min = 1,
          .max = 255,
          .fallback = 1,
          .meaning = "from tap to tap of a window, of rows and columns"},
         2, {Kind::kConv2d, Kind::kMaxPool2d});
    list({.name = "padding",
          .unit = "elements",
          .max = 255,
          .fallback = 0,
          .meaning = "around the map: top, left, bottom, right"},
         4, all);
    integer({.name = "groups",
             .unit = "groups",
             .min = 1,
             .max = 16384,
             .fallback = 1,
             .meaning = "of channels, each with its own outputs"},
            {Kind::kConv2d});
    flag("ceil_mode", pools, "whether windows that hang over the edge count");
    flag("count_padding", {Kind::kAveragePool2d}, "whether padding counts as elements of 0");
  }

  void read_elements() {
    word("axis", {"features", "tokens"}, {Kind::kConcat, Kind::kSplit}, "of tokens or channels");
    integer({.name = "begin",
             .unit = "elements",
             .max = 65536,
             .fallback = 0,
             .meaning = "the first that is taken"},
            {Kind::kSplit});
    integer({.name = "size",
             .unit = "elements",
             .min = 1,
             .max = 65536,
             .meaning = "how many are taken; channels whose squares are added"},
            {Kind::kSplit, Kind::kLocalResponseNorm});
    list({.name = "factor", .min = 1, .max = 64, .meaning = "of rows and columns"}, 2,
         {Kind::kUpsample});
    word("fill", {"nearest", "zeros"}, {Kind::kUpsample}, "what stands between the elements");
    word("to", {"features", "tokens"}, {Kind::kFlatten}, "one row of all, or a row a pixel");
    if (has("shape", {Kind::kConstant, Kind::kUnflatten})) {
      layer_.shape =
          in_.integer_list({.name = "shape",
                            .unit = "elements",
                            .min = 1,
                            .max = 65536,
                            .meaning = "[tokens, features] or [channels, rows, columns]"});
      if (layer_.shape.size() != 3 &&
          (layer_.kind == Kind::kUnflatten || layer_.shape.size() != 2) && !in_.describing()) {
        in_.fail("shape", layer_.kind == Kind::kUnflatten
                              ? "must be [channels, rows, columns]"
                              : "must be [tokens, features] or [channels, rows, columns]");
      }
      if (layer_.kind == Kind::kUnflatten) layer_.fields["shape"] = layer_.shape;
    }
    if (has("function", {Kind::kActivation})) {
      layer_.function = in_.choice<Function>("function",
                                             {{"gelu", Function::kGelu},
                                              {"silu", Function::kSilu},
                                              {"sigmoid", Function::kSigmoid},
                                              {"tanh", Function::kTanh},
                                              {"leaky_relu", Function::kLeakyRelu}},
                                             std::nullopt, "what its table computes");
    }
    word("norm", {"layer", "rms"}, {Kind::kNorm}, "whether the mean is taken off");
  }

  void read_attention() {
    const auto both = {Kind::kAttentionScores, Kind::kAttentionValues};
    integer({.name = "heads", .unit = "heads", .min = 1, .max = 16384, .meaning = "of queries"},
            {Kind::kRotary, Kind::kAttentionScores, Kind::kAttentionValues});
    integer({.name = "kv_heads",
             .unit = "heads",
             .max = 16384,
             .fallback = 0,
             .meaning = "of keys and values; 0: as heads"},
            both);
    if (layer_.fields.value("kv_heads", 1u) == 0)
      layer_.fields["kv_heads"] = layer_.fields["heads"];
    word("mask", {"none", "causal"}, {Kind::kAttentionScores},
         "causal: a query sees no keys behind it");
    integer({.name = "window",
             .unit = "tokens",
             .max = 65536,
             .fallback = 0,
             .meaning = "keys as far away as this are not seen; 0: all are"},
            {Kind::kAttentionScores});
    if (layer_.fields.value("window", 1u) == 0) layer_.fields.erase("window");
    if (has("bias", {Kind::kAttentionScores})) {
      layer_.bias = in_.flag("bias", false, "whether scores have a term for the distance");
    }
    word("pairs", {"halves", "neighbours"}, {Kind::kRotary}, "which features of a head turn");
    if (has("rotated", {Kind::kRotary})) {
      layer_.rotated = in_.integer32({.name = "rotated",
                                      .unit = "features",
                                      .max = 16384,
                                      .fallback = 0,
                                      .meaning = "of a head, in pairs; 0: all of them"});
      if (layer_.rotated % 2 != 0) {
        in_.fail("rotated", fmt::format("is {}; must be even", layer_.rotated));
      }
    }
  }

  ConfigReader& in_;
  Layer layer_;
};

}  // namespace

Block Block::from(ConfigReader& in) {
  Block block;
  const bool repeated = in.has("repeat") || in.has("layers");
  if (in.applies("repeat", repeated, "op is not given")) {
    block.repeat = in.integer32({.name = "repeat",
                                 .unit = "copies",
                                 .min = 1,
                                 .max = kMaxRepeat,
                                 .meaning = "of a block of layers, each behind the last; copy I of "
                                            "layer L is called NAME.I.L"});
  }
  if (in.applies("layers", repeated, "op is not given")) {
    auto layers = in.blocks("layers",
                            "of the block, with keys as here but without repeat; inputs are first "
                            "looked up in the block; before: what the copy begins with");
    if (!in.describing() && layers.empty()) in.fail("layers", "is an empty list; give one or more");
    for (ConfigReader& layer : layers) {
      if (in.describing()) break;
      block.layers.push_back(LayerReader(layer).read());
      layer.finish();
    }
  }
  if (repeated) {
    block.name = read_name(in);
  } else {
    block.layers.push_back(LayerReader(in).read());
  }
  return block;
}

}  // namespace sim::workload::network
