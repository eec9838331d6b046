#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "sim/base/error.h"
#include "sim/base/memory.h"
#include "sim/workload/load.h"
#include "tests/unit/workload/load_support.h"

namespace sim::workload::network {
namespace {

using test::kFolder;
using test::load_text;
using test::refusal;
using test::task;

const std::string kHead = "kind: network\nname: n\ninput: [4, 6, 6]\n";
const std::string kConv = "{op: conv2d, name: c, outputs: 8, kernel: 3, padding: 1}";

std::string net(const std::string& layers, const std::string& more = "") {
  return kHead + more + "layers: [" + layers + "]\n";
}

const Network& model(const Workload& workload) { return task(workload).model; }

TEST(NetworkKind, LayersReadTheOneBeforeAndSizesFollow) {
  const Workload w = load_text(net(
      kConv + ", {op: max_pool2d, name: p, kernel: [2, 3], stride: 2}, {op: flatten, name: f}"));
  const auto& ops = model(w).operators;
  ASSERT_EQ(ops.size(), 4u);
  EXPECT_EQ(ops[0].kind(), OperatorKind::kInput);
  EXPECT_EQ(ops[1].inputs, std::vector<std::uint32_t>{0});
  EXPECT_EQ(ops[1].shape, (OutputShape{.features = 8, .height = 6, .width = 6}));
  EXPECT_EQ(ops[1].weights()->inputs, 36u);
  EXPECT_EQ(ops[2].shape, (OutputShape{.features = 8, .height = 3, .width = 2}));
  EXPECT_EQ(ops[3].shape, (OutputShape{.features = 48}));
  EXPECT_EQ(model(w).outputs, std::vector<std::uint32_t>{3});
  EXPECT_FALSE(model(w).has_values);
  EXPECT_TRUE(ops[1].mask);
}

TEST(NetworkKind, RepeatedBlocksHaveNamesOfTheirOwn) {
  const Workload w = load_text(
      net(kConv + ", {repeat: 3, name: b, layers: [{op: conv2d, name: c, outputs: 8, kernel: 1}, "
                  "{op: add, name: a, inputs: [before, c]}]}, "
                  "{op: add, name: end, inputs: [c, b.2.a]}"));
  const auto& ops = model(w).operators;
  ASSERT_EQ(ops.size(), 9u);
  EXPECT_EQ(ops[4].name, "b.1.c");
  EXPECT_EQ(ops[4].inputs, std::vector<std::uint32_t>{3});
  EXPECT_EQ(ops[5].name, "b.1.a");
  EXPECT_EQ(ops[5].inputs, (std::vector<std::uint32_t>{3, 4}));
  EXPECT_EQ(ops[8].inputs, (std::vector<std::uint32_t>{1, 7}));
}

TEST(NetworkKind, TheCountMayBeStatedAndIsThenChecked) {
  EXPECT_EQ(refusal(net(kConv, "macs: 10368\n")), "no error");
  EXPECT_EQ(refusal(net(kConv, "macs: 10369\n")),
            "w.yaml:4: macs: is 10369; the layers make 10368");
}

TEST(NetworkKind, MasksAreDrawnFromSeedAndName) {
  const Workload w = load_text(net(kConv, "density: 0.25\n"));
  const Workload other = load_text(net(kConv, "density: 0.25\nseed: 2\n"));
  const Operator& op = model(w).operators[1];
  EXPECT_EQ(op.expected_weights, 72u);
  EXPECT_NEAR(static_cast<double>(op.mask->count()), 72, 30);
  bool same = true;
  for (std::uint32_t r = 0; r < 8; ++r) {
    same = same && op.mask->row(r)[0] == model(other).operators[1].mask->row(r)[0];
  }
  EXPECT_FALSE(same);
}

TEST(NetworkKind, ValuesKeepTheMasksAndTheShapes) {
  const std::string layers = kConv + ", {op: flatten, name: f}, {op: linear, name: l, outputs: 5}";
  const Workload shapes = load_text(net(layers, "density: 0.5\n"));
  const Workload values = load_text(net(layers, "density: 0.5\nvalues: true\n"));
  ASSERT_TRUE(model(values).has_values);
  for (std::size_t i = 1; i < 4; ++i) {
    const Operator& a = model(shapes).operators[i];
    const Operator& b = model(values).operators[i];
    EXPECT_EQ(a.shape, b.shape);
    if (!a.mask) continue;
    const Int8s weight = b.weights()->weight;
    ASSERT_EQ(weight.size(), std::size_t{a.weights()->outputs} * a.weights()->inputs);
    for (std::uint32_t r = 0; r < a.mask->rows(); ++r) {
      for (std::uint32_t c = 0; c < a.mask->columns(); ++c) {
        EXPECT_EQ(a.mask->kept(r, c), b.mask->kept(r, c));
        const bool kept = a.mask->kept(r, c);
        EXPECT_TRUE(kept || weight[std::size_t{r} * a.mask->columns() + c] == 0);
      }
    }
  }
  ASSERT_EQ(task(values).samples.size(), 1u);
  EXPECT_EQ(task(values).samples[0].inputs[0].size(), 144u);
}

TEST(NetworkKind, DecodersChooseFromTheirLogits) {
  const Workload w = load_text(
      "kind: network\nname: n\nmodel: decoder\nmax_tokens: 8\nlayers: "
      "[{op: embedding, name: e, outputs: 16, positions: true}, "
      "{op: linear, name: k, outputs: 16}, "
      "{op: attention_scores, name: s, inputs: [e, k], heads: 2, mask: causal}, "
      "{op: softmax, name: p}, {op: attention_values, name: v, inputs: [p, k], heads: 2}, "
      "{op: logits, name: l, outputs: 9}]\n"
      "sentences: {source_tokens: 5, target_tokens: 3}\nvalues: true\n");
  EXPECT_EQ(model(w).limits.vocabulary, 9u);
  EXPECT_EQ(model(w).operators[0].as<Embedding>().pieces, 9u);
  EXPECT_EQ(task(w).samples[0].source.size(), 5u);
  // Rows 0 to 6 are fed; three of the logits are needed. Queries see 1 + 2 + … + 7 keys.
  EXPECT_NE(
      w.description.find(fmt::format(" {} MACs a sample", 7 * 16 * 16 + 2 * 28 * 16 + 3 * 9 * 16)),
      std::string::npos)
      << w.description;
}

TEST(NetworkKind, MistakesAreOneLineWithTheirPlace) {
  EXPECT_EQ(refusal(net("{op: conv, name: c}")),
            "w.yaml:4: layers[0].op: 'conv' is not one of embedding, constant, linear, logits, "
            "conv2d, max_pool2d, average_pool2d, global_average, add, multiply, concat, split, "
            "upsample, flatten, unflatten, activation, norm, local_response_norm, rotary, "
            "attention_scores, softmax, attention_values; did you mean 'conv2d'?");
  EXPECT_EQ(refusal(net("{op: conv2d, name: c, kernel: 3}")),
            "w.yaml:4: layers[0].outputs: is required: a whole number 1 … 1048576 features");
  EXPECT_EQ(refusal(net("{op: conv2d, name: c, outputs: 3, kernel: [3, 3, 3]}")),
            "w.yaml:4: layers[0].kernel: must be a whole number 1 … 255 or a list of 2 of them");
  EXPECT_EQ(refusal(net("{op: flatten, name: f, kernel: 3}")),
            "w.yaml:4: layers[0].kernel: is read only when op is conv2d or max_pool2d or "
            "average_pool2d; remove it");
  EXPECT_EQ(refusal(net(kConv + ", {op: add, name: a, inputs: [c, d]}")),
            "w.yaml:4: layers[1]: operator a: input 'd' is no earlier operator; did you mean 'c'?");
  EXPECT_EQ(refusal(net(kConv + ", {op: add, name: a}")),
            "w.yaml:4: layers[1]: operator a: inputs [\"c\"]; add takes a list of 2 names");
  EXPECT_EQ(refusal(net(kConv + ", " + kConv)),
            "w.yaml:4: layers[1]: operator c: the name is taken; operator names are unique");
  EXPECT_EQ(refusal(net("{op: linear, name: l, outputs: 3}")),
            "w.yaml:4: layers[0]: operator l: input input is a map; must be tokens: flatten it");
  EXPECT_EQ(refusal(net("{op: conv2d, name: c, outputs: 8, kernel: 3, groups: 3}")),
            "w.yaml:4: layers[0]: operator c: groups is 3; must divide the 4 channels of input and "
            "the 8 of its own");
  EXPECT_EQ(refusal(net("{op: conv2d, name: c, outputs: 8, kernel: 9}")),
            "w.yaml:4: layers[0]: operator c: no window fits the map and its padding; at least one "
            "must");
  EXPECT_EQ(refusal("kind: network\nname: n\nmodel: encoder\nmax_tokens: 30\nlayers: "
                    "[{op: embedding, name: e, outputs: 8}]\n"),
            "w.yaml:5: layers[0]: operator e: pieces is required: how many tokens its table has");
  EXPECT_EQ(refusal(net("{op: rotary, name: r, heads: 1, rotated: 3}")),
            "w.yaml:4: layers[0].rotated: is 3; must be even");
  EXPECT_EQ(refusal(net(kConv, "outputs: [d]\n")),
            "w.yaml: graph: outputs: no operator 'd'; did you mean 'c'?");
  EXPECT_EQ(refusal("kind: network\nname: n\ninput: [4]\nlayers: [" + kConv + "]\n"),
            "w.yaml:3: input: must be [channels, rows, columns] or [tokens, features]");
  EXPECT_EQ(refusal("kind: network\nname: n\ninput: [1, 1, 1]\nlayers: []\n"),
            "w.yaml:4: layers: is an empty list; give one or more");
}

TEST(NetworkKind, SizesAreBounded) {
  EXPECT_EQ(
      refusal("kind: network\nname: n\ninput: [16384, 16384, 16384]\nlayers: [" + kConv + "]"),
      "w.yaml: input: makes a map of 16384 x 16384 x 16384, 4398046511104 elements; at "
      "most 67108864 are allowed");
  EXPECT_EQ(refusal(net("{op: conv2d, name: c, outputs: 1048576, kernel: 1}")),
            "w.yaml:4: layers[0]: operator c: makes 1048576 features or channels, 6 x 6; at most "
            "65536, 16384 x 16384 are allowed");
  EXPECT_EQ(refusal(net("{repeat: 1025, name: b, layers: [" + kConv + "]}")),
            "w.yaml:4: layers[0].repeat: '1025' is not a whole number 1 … 1024 copies");
  std::string bomb;
  for (int i = 0; i < 9; ++i) {
    bomb += fmt::format("{{repeat: 1024, name: b{}, layers: [{{op: flatten, name: f}}]}}, ", i);
  }
  EXPECT_EQ(refusal(net(bomb)),
            "w.yaml: layers: 9216 operators with all repeats; at most 8192 are allowed");
}

TEST(NetworkKind, WeightsTakeNoMemoryUntilTheyAreAskedFor) {
  const auto load_with = [](const LoadOptions& options) {
    auto in = base::ConfigReader::file(kFolder + "networks/vgg-16.yaml", {{"values", "true"}});
    return load(in, options);
  };
  const base::MemoryLimit limit = base::MemoryLimit::given("64M");
  EXPECT_FALSE(model(load_with({.memory = limit, .draw = Draw::kMasks})).has_values);
  EXPECT_FALSE(model(load_with({.memory = limit, .draw = Draw::kNothing})).operators[1].mask);
  EXPECT_THROW(load_with({.memory = limit}), base::MemoryError);
}

}  // namespace
}  // namespace sim::workload::network
