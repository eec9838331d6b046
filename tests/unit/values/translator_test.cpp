#include "sim/values/translator.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "sim/base/error.h"
#include "sim/reference/attention.h"
#include "sim/reference/layers.h"
#include "tests/support/mac_formulas.h"
#include "tests/support/random_model.h"

namespace sim::values {
namespace {

using reference::Int8Tensor;
using test::RandomModel;
using test::RandomModelShape;
using workload::Network;
using workload::Operator;
using workload::OperatorKind;
using workload::Phase;

std::vector<std::uint32_t> all_operators(const Network& model) {
  std::vector<std::uint32_t> all(model.operators.size());
  std::iota(all.begin(), all.end(), 0U);
  return all;
}

/// Every operator on whole tensors by the reference arithmetic, the decoder fed with its own
/// tokens.
class ReferenceRun {
 public:
  ReferenceRun(const Network& model, std::vector<std::int32_t> source,
               const std::vector<std::int32_t>& produced)
      : model_(model), source_(std::move(source)) {
    target_ = {static_cast<std::int32_t>(model.limits.bos)};
    target_.insert(target_.end(), produced.begin(), produced.end() - 1);
    for (std::uint32_t i = 0; i < model.operators.size(); ++i) compute(i);
  }

  std::map<std::uint32_t, Int8Tensor> int8;
  reference::Int32Tensor logits;

 private:
  const Int8Tensor& input(const Operator& op, std::size_t i) { return int8.at(op.inputs[i]); }

  void compute(std::uint32_t i) {
    const Operator& op = model_.operators[i];
    switch (op.kind()) {
      case OperatorKind::kEmbedding:
        int8[i] = reference::embedding(op.as<workload::Embedding>(),
                                       op.inputs[0] == workload::kSourceTokens ? source_ : target_);
        break;
      case OperatorKind::kLinear:
        int8[i] = reference::linear(op.as<workload::Linear>(), input(op, 0));
        break;
      case OperatorKind::kLogits:
        logits = reference::logits(op.as<workload::Logits>(), input(op, 0));
        break;
      case OperatorKind::kAttentionScores:
        int8[i] = reference::attention_scores(op.as<workload::AttentionScores>(), input(op, 0),
                                              input(op, 1));
        break;
      case OperatorKind::kSoftmax:
        int8[i] = reference::softmax(op.as<workload::Softmax>(), input(op, 0));
        break;
      case OperatorKind::kAttentionValues:
        int8[i] = reference::attention_values(op.as<workload::AttentionValues>(), input(op, 0),
                                              input(op, 1));
        break;
      case OperatorKind::kNorm:
        int8[i] = reference::norm(op.as<workload::Norm>(), input(op, 0), input(op, 1));
        break;
      default:
        FAIL() << op.name;
    }
  }

  const Network& model_;
  std::vector<std::int32_t> source_;
  std::vector<std::int32_t> target_;
};

/// Greedy by the reference, every token the best continuation of those before it.
void expect_equals_reference(const Network& model, const std::vector<std::int32_t>& source,
                             const Translation& got) {
  const ReferenceRun expected(model, source, got.tokens);
  for (const Output& output : got.outputs) {
    const std::string& name = model.operators[output.op].name;
    if (model.operators[output.op].kind() == OperatorKind::kLogits) {
      EXPECT_EQ(output.int32, expected.logits) << name;
    } else {
      EXPECT_EQ(output.int8, expected.int8.at(output.op)) << name;
    }
  }
  for (std::uint32_t t = 0; t < got.steps(); ++t) {
    EXPECT_EQ(got.tokens[t], reference::arg_max(expected.logits, t)) << "step " << t;
  }
}

std::vector<Decoding> all_decodings() {
  return {{.skip_redundant = true},
          {.skip_redundant = false},
          {.skip_redundant = false, .cross_kv_once = true, .project_all_positions = true}};
}

TEST(Translator, EveryOperatorAndTokenEqualsTheReferenceHoweverItDecodes) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    const auto heads = static_cast<std::uint32_t>(1 + seed % 3);
    RandomModel random({.d_model = heads * static_cast<std::uint32_t>(3 + seed),
                        .heads = heads,
                        .encoder_layers = static_cast<std::uint32_t>(1 + seed % 2),
                        .decoder_layers = static_cast<std::uint32_t>(1 + seed / 2 % 2)},
                       seed);
    const auto source = random.random_sentence(static_cast<std::uint32_t>(1 + seed));
    std::vector<std::int32_t> tokens;
    for (const Decoding& decoding : all_decodings()) {
      Translator translator(random.model, decoding);
      const auto got = translator.translate(source, 20, all_operators(random.model));
      expect_equals_reference(random.model, source, got);
      if (tokens.empty()) tokens = got.tokens;
      EXPECT_EQ(got.tokens, tokens);
    }
  }
}

TEST(Translator, RandomModelsProduceVariedTokensAndSomeEndEarly) {
  std::size_t distinct = 0;
  bool one_ended = false;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    RandomModel random({}, seed);
    const auto got = Translator(random.model).translate(random.random_sentence(7), 24);
    std::vector<std::int32_t> tokens = got.tokens;
    std::ranges::sort(tokens);
    const auto repeated = std::ranges::unique(tokens);
    distinct = std::max(distinct, tokens.size() - repeated.size());
    one_ended |= got.steps() < 24;
    EXPECT_TRUE(got.steps() == 24 || got.tokens.back() == 2);
    EXPECT_EQ(std::ranges::count(got.tokens, 2), got.tokens.back() == 2 ? 1 : 0);
  }
  EXPECT_GE(distinct, 4u);
  EXPECT_TRUE(one_ended);
}

TEST(Translator, SentencesDoNotInfluenceEachOther) {
  RandomModel random({}, 5);
  const auto first = random.random_sentence(9);
  const auto second = random.random_sentence(3);
  Translator translator(random.model);
  const auto all = all_operators(random.model);
  const auto alone = translator.translate(first, 12, all);
  translator.translate(second, 20, all);
  const auto again = translator.translate(first, 12, all);
  EXPECT_EQ(again.tokens, alone.tokens);
  EXPECT_EQ(again.macs, alone.macs);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(again.outputs[i].int8, alone.outputs[i].int8) << random.model.operators[i].name;
  }
}

struct MacCase {
  std::uint32_t n;
  std::uint32_t t;
};

class TranslatorMacs : public testing::TestWithParam<MacCase> {
 protected:
  PhaseMacs count(const Decoding& decoding) {
    Translator translator(random_.model, decoding);
    const auto got = translator.translate(random_.random_sentence(GetParam().n), GetParam().t);
    EXPECT_EQ(got.steps(), GetParam().t);
    return got.macs;
  }
  static test::Macs decoder(const PhaseMacs& macs) {
    MacCounts sum = macs[Phase::kCross];
    sum += macs[Phase::kDecoder];
    return {.weights = sum.weights, .attention = sum.scores + sum.values};
  }
  static void expect_same(const test::Macs& got, const test::Macs& expected) {
    EXPECT_EQ(got.weights, expected.weights);
    EXPECT_EQ(got.attention, expected.attention);
  }
  const RandomModelShape& shape() const { return shape_; }

  const RandomModelShape shape_{.never_ends = true};
  RandomModel random_{shape_, 3};
};

TEST_P(TranslatorMacs, WithSkippingFollowTheClosedForms) {
  const auto macs = count({.skip_redundant = true});
  const MacCounts& encoder = macs[Phase::kEncoder];
  expect_same({.weights = encoder.weights, .attention = encoder.scores + encoder.values},
              test::encoder_macs(shape(), GetParam().n));
  expect_same(decoder(macs), test::decoder_macs_with_skipping(shape(), GetParam().n, GetParam().t));
}

TEST_P(TranslatorMacs, WithoutSkippingFollowTheClosedForms) {
  const auto macs = count({.skip_redundant = false});
  EXPECT_EQ(macs[Phase::kEncoder], count({.skip_redundant = true})[Phase::kEncoder]);
  expect_same(decoder(macs),
              test::decoder_macs_without_skipping(shape(), GetParam().n, GetParam().t));
}

TEST_P(TranslatorMacs, VariantsWithoutSkippingDifferByTheirTerm) {
  const std::uint64_t n = GetParam().n, t = GetParam().t, d = shape().d_model;
  const std::uint64_t layers = shape().decoder_layers, vocabulary = shape().vocabulary;
  const test::Macs plain = decoder(count({.skip_redundant = false}));
  const test::Macs once = decoder(count({.skip_redundant = false, .cross_kv_once = true}));
  EXPECT_EQ(plain.weights - once.weights, layers * (t - 1) * 2 * n * d * d);
  const test::Macs all = decoder(count({.skip_redundant = false, .project_all_positions = true}));
  EXPECT_EQ(all.weights - plain.weights, (t * (t + 1) / 2 - t) * d * vocabulary);
  const test::Macs masked = decoder(count({.skip_redundant = false, .masked_scores = true}));
  std::uint64_t later = 0;  // entries above the diagonal in all steps
  for (std::uint64_t step = 1; step <= t; ++step) later += step * (step - 1) / 2;
  EXPECT_EQ(plain.attention - masked.attention, layers * 2 * later * d);
}

TEST_P(TranslatorMacs, KeptWeightsAreThoseOfTheMasks) {
  const auto macs = count({.skip_redundant = true});
  std::uint64_t cross = 0;
  for (const Operator& op : random_.model.operators) {
    if (op.phase == Phase::kCross) cross += op.mask->count();
  }
  EXPECT_EQ(macs[Phase::kCross].kept_weights, GetParam().n * cross);
  EXPECT_LT(macs[Phase::kDecoder].kept_weights, macs[Phase::kDecoder].weights);
}

INSTANTIATE_TEST_SUITE_P(Lengths, TranslatorMacs,
                         testing::Values(MacCase{1, 1}, MacCase{1, 9}, MacCase{8, 1}, MacCase{5, 7},
                                         MacCase{20, 32}),
                         [](const auto& info) {
                           return fmt::format("n{}T{}", info.param.n, info.param.t);
                         });

/// Published scale: Transformer-base with 37,000 sub-words, millions of MACs.
TEST(MacFormulas, GiveTheTableOfTransformerBase) {
  const RandomModelShape base{.d_model = 512,
                              .heads = 8,
                              .d_ff = 2048,
                              .encoder_layers = 6,
                              .decoder_layers = 6,
                              .vocabulary = 37000};
  struct Row {
    std::uint64_t n, encoder, skip, no_skip;
  };
  for (const Row& row : {Row{10, 189, 442, 1721}, Row{20, 380, 886, 6305}, Row{25, 476, 1109, 9680},
                         Row{30, 572, 1332, 13783}, Row{50, 959, 2229, 37543}}) {
    const auto millions = [](const test::Macs& macs) {
      return (macs.total() + 500'000) / 1'000'000;
    };
    EXPECT_EQ(millions(test::encoder_macs(base, row.n)), row.encoder);
    EXPECT_EQ(millions(test::decoder_macs_with_skipping(base, row.n, row.n)), row.skip);
    EXPECT_EQ(millions(test::decoder_macs_without_skipping(base, row.n, row.n)), row.no_skip);
  }
}

struct TranslatorRefuses : testing::Test {
  std::string refusal(std::vector<std::int32_t> source, std::uint32_t limit) {
    try {
      Translator(random.model).translate(source, limit);
    } catch (const base::WorkloadError& e) {
      return e.what();
    }
    return "no error";
  }
  RandomModel random{{}, 1};
};

TEST_F(TranslatorRefuses, SentencesThatTheModelCannotTake) {
  EXPECT_EQ(refusal({}, 5), "a sentence of 0 tokens; model 'random' takes 1 … 32");
  EXPECT_EQ(refusal(std::vector<std::int32_t>(33, 4), 5),
            "a sentence of 33 tokens; model 'random' takes 1 … 32");
  EXPECT_EQ(refusal({3, 40}, 5), "source token 40 is outside of the vocabulary (0 … 39)");
  EXPECT_EQ(refusal({3, -1}, 5), "source token -1 is outside of the vocabulary (0 … 39)");
  EXPECT_EQ(refusal({3}, 0), "a limit of 0 target tokens; model 'random' takes 1 … 32");
  EXPECT_EQ(refusal({3}, 33), "a limit of 33 target tokens; model 'random' takes 1 … 32");
}

TEST_F(TranslatorRefuses, ModelsWhoseValuesCannotBeComputed) {
  Operator& generator = random.model.operators.back();
  const workload::Weights weights = *generator.weights();
  generator.body = workload::Linear{weights};
  EXPECT_EQ(refusal({3}, 5), "model 'random' has 0 output projections; decoding needs one");
  generator.shape.features = 65537;
  EXPECT_EQ(refusal({3}, 5),
            "operator 'generator' has 65537 features; at most 65536 can be computed");
  generator.body = workload::Norm{};
  generator.shape.features = 16385;
  EXPECT_EQ(refusal({3}, 5),
            "operator 'generator' has 16385 features; at most 16384 can be computed");
  random.model.limits.max_tokens = 65537;
  EXPECT_EQ(refusal({3}, 5), "model 'random' allows 65537 tokens; at most 65536 can be computed");
  random.model.has_values = false;
  EXPECT_EQ(refusal({3}, 5), "model 'random' states shapes only; its values cannot be computed");
}

}  // namespace
}  // namespace sim::values
