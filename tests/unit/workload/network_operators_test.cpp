// Fields, shapes and limits of the operators that work on maps, on elements and on rows.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/workload/network_builder.h"

namespace sim::workload {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// Of the valid feed-forward network.
std::string field(const std::string& op, const std::string& name, const json& value) {
  return field_refusal(valid_feed_forward, op, name, value);
}

std::vector<std::int8_t> zeros(std::size_t n) { return std::vector<std::int8_t>(n); }

TEST(NetworkOperators, EveryFieldMustBeThereAndNoOther) {
  for (const MakeTrace make : {valid_feed_forward, valid_decoder, valid_encoder}) {
    const TraceParts valid = make();
    for (const json& op : valid.graph["operators"]) {
      const std::string name = op["name"];
      for (const auto& [key, value] : op.items()) {
        if (key == "name" || key == "mask" || key == "bias" || key == "positions" ||
            key == "window")
          continue;
        EXPECT_THAT(missing_refusal(make, name, key), HasSubstr("field '" + key + "' is missing"))
            << name;
      }
      EXPECT_THAT(field_refusal(make, name, "reluu", false), HasSubstr("unknown field 'reluu'"))
          << name;
    }
  }
}

/// A number too far in either direction, or none, in every field that is a number.
TEST(NetworkOperators, EveryNumberIsBounded) {
  for (const MakeTrace make : {valid_feed_forward, valid_decoder, valid_encoder}) {
    const TraceParts valid = make();
    for (const json& op : valid.graph["operators"]) {
      const std::string name = op["name"];
      for (const auto& [key, value] : op.items()) {
        if (!value.is_number()) continue;
        for (const json& wrong : {json(1LL << 31), json(-1), json(1.0), json("1"), json(true)}) {
          EXPECT_THAT(field_refusal(make, name, key, wrong), HasSubstr(name + ": " + key + " is "))
              << name << " " << wrong;
        }
      }
    }
  }
}

TEST(NetworkOperators, ShiftsAndMultipliersHaveTheLimitsOfTheirKind) {
  EXPECT_THAT(field("sum", "shift", 0), HasSubstr("from 1 to 62"));
  EXPECT_THAT(field("sum", "shift", 63), HasSubstr("from 1 to 62"));
  EXPECT_THAT(field("mean", "shift", 32), HasSubstr("from 0 to 31"));
  EXPECT_EQ(field("mean", "shift", 0), "no error");
  EXPECT_THAT(field("pixel", "shift", 32), HasSubstr("from 0 to 31"));
  EXPECT_THAT(field("lrn", "table_shift", 32), HasSubstr("from 0 to 31"));
  for (const auto& [op, name] : {std::pair{"mean", "multiplier"},
                                 {"pixel", "multiplier"},
                                 {"sum", "x_multiplier"},
                                 {"sum", "y_multiplier"}}) {
    EXPECT_THAT(field(op, name, 1 << 24), HasSubstr("from 0 to 16777215")) << op;
    EXPECT_EQ(field(op, name, (1 << 24) - 1), "no error") << op;
  }
  EXPECT_EQ(field("product", "multiplier", 2147483647), "no error");
  EXPECT_THAT(field("both", "multipliers", {1, 1 << 24}), HasSubstr("from 0 to 16777215"));
  EXPECT_THAT(field_refusal(valid_decoder, "self.q", "multiplier", 1 << 24),
              HasSubstr("from 0 to 16777215"));
  EXPECT_THAT(field_refusal(valid_decoder, "norm", "x_multiplier", 1 << 16),
              HasSubstr("from 0 to 65535"));
}

TEST(NetworkOperators, NumbersOfInputsAreThoseOfTheKind) {
  EXPECT_THAT(field("fixed", "inputs", {"row"}), HasSubstr("constant takes a list of 0 names"));
  EXPECT_THAT(field("sum", "inputs", {"up"}), HasSubstr("add takes a list of 2 names"));
  EXPECT_THAT(field("both", "inputs", {"up"}), HasSubstr("concat takes a list of 2 to 64 names"));
  EXPECT_THAT(field("both", "inputs", json(std::vector<std::string>(65, "up"))),
              HasSubstr("concat takes a list of 2 to 64 names"));
  EXPECT_THAT(field_refusal(valid_decoder, "norm", "inputs", {"embed", "embed", "embed"}),
              HasSubstr("norm takes a list of 1 to 2 names"));
  EXPECT_THAT(field_refusal(valid_decoder, "norm", "inputs", {"embed", "embed"}),
              HasSubstr("field 'y_multiplier' is missing"));
  EXPECT_THAT(field_refusal(valid_decoder, "norm", "y_multiplier", 3),
              HasSubstr("unknown field 'y_multiplier'"));
}

TEST(NetworkOperators, MapsAndTokensAreTold) {
  EXPECT_THAT(field("conv", "inputs", {"row"}), HasSubstr("input row is tokens; must be a map"));
  for (const char* op : {"lrn", "pool", "mean", "up", "pixels"}) {
    EXPECT_THAT(field(op, "inputs", {"row"}), HasSubstr("input row is tokens; must be a map"));
  }
  for (const char* op : {"dense", "classes", "square"}) {
    EXPECT_THAT(field(op, "inputs", {"up"}), HasSubstr("input up is a map; must be tokens"));
  }
  EXPECT_THAT(field("rows", "inputs", {"up", "up"}), HasSubstr("axis is tokens"));
  EXPECT_THAT(field("second", "inputs", {"up"}), HasSubstr("axis is tokens"));
}

TEST(NetworkOperators, ConvolutionsFitTheirMap) {
  EXPECT_THAT(field("conv", "stride", {1}), HasSubstr("a list of 2 whole numbers from 1 to 255"));
  EXPECT_THAT(field("conv", "stride", {0, 1}), HasSubstr("from 1 to 255"));
  EXPECT_THAT(field("conv", "dilation", {1, 256}), HasSubstr("from 1 to 255"));
  EXPECT_THAT(field("conv", "padding", {0, 0, 0, 256}), HasSubstr("from 0 to 255"));
  EXPECT_THAT(field("conv", "padding", {0, 0}), HasSubstr("a list of 4 whole numbers"));
  EXPECT_THAT(field("conv", "groups", 2), HasSubstr("groups is 2; must divide the 3 channels"));
  EXPECT_THAT(field("grouped", "groups", 3), HasSubstr("groups is 3; must divide"));
  EXPECT_THAT(field("grouped", "groups", 1), HasSubstr("must be I8[4, 6, 1, 1]"));
  EXPECT_THAT(field("conv", "dilation", {4, 1}), HasSubstr("no window fits"));
  EXPECT_THAT(field("conv", "weight", "row.weight"), HasSubstr("is not in the file"));
  EXPECT_THAT(tensor_refusal(valid_feed_forward, "conv.weight", int8({6, 3, 9}, zeros(162))),
              HasSubstr("must be I8 with 4 dimensions"));
  EXPECT_THAT(tensor_refusal(valid_feed_forward, "conv.weight", int8({6, 3, 256, 1}, zeros(4608))),
              HasSubstr("a kernel of 256 x 1"));
  EXPECT_THAT(tensor_refusal(valid_feed_forward, "conv.mask", uint8({6, 3}, {})), HasSubstr("t: "));
}

TEST(NetworkOperators, MasksOfConvolutionsCountChannelsAndKernel) {
  const auto mask = [](std::uint8_t last) {
    std::vector<std::uint8_t> bits(24, 0xff);
    for (std::size_t row = 0; row < 6; ++row) bits[4 * row + 3] = last;
    return tensor_refusal(valid_feed_forward, "conv.mask", uint8({6, 4}, bits));
  };
  EXPECT_THAT(mask(0b1111), HasSubstr("row 0 has bits set beyond column 26"));
  EXPECT_THAT(mask(0b011), HasSubstr("weight [0, 26] is 2 but the mask drops it"));
}

TEST(NetworkOperators, SumsOfAConvolutionDoNotOverflow) {
  EXPECT_THAT(tensor_refusal(valid_feed_forward, "grouped.bias", int32({4}, {0, 0, 0, 2147483647})),
              HasSubstr("row 3 can reach 2147483903"));
  EXPECT_THAT(tensor_refusal(valid_feed_forward, "grouped.multiplier", int32({4}, {1, -1, 1, 1})),
              HasSubstr("multiplier of row 1 is -1"));
}

TEST(NetworkOperators, WindowsOfPoolsHaveElements) {
  EXPECT_THAT(field("pool", "padding", {3, 0, 0, 0}),
              HasSubstr("must be narrower than the window's 3"));
  EXPECT_THAT(field("mean", "padding", {0, 0, 0, 2}),
              HasSubstr("must be narrower than the window's 2"));
  EXPECT_THAT(field("pool", "kernel", {11, 1}), HasSubstr("no window fits"));
  EXPECT_THAT(field("pool", "kernel", {256, 1}), HasSubstr("from 1 to 255"));
  EXPECT_THAT(field("pool", "ceil_mode", 1), HasSubstr("must be true or false"));
  EXPECT_THAT(field("mean", "dilation", {1, 1}), HasSubstr("unknown field 'dilation'"));
}

/// Two places seven apart, one above and one below a map of six rows.
TEST(NetworkOperators, AWindowMayNotSpanItsMap) {
  EXPECT_THAT(refusal_after(valid_feed_forward,
                            [](TraceParts& t) {
                              t.op("pool").update({{"kernel", {2, 1}},
                                                   {"stride", {1, 1}},
                                                   {"dilation", {7, 1}},
                                                   {"padding", {1, 0, 1, 0}},
                                                   {"ceil_mode", false}});
                            }),
              HasSubstr("a window lies on no element"));
}

TEST(NetworkOperators, UpsamplingHasLimits) {
  EXPECT_THAT(field("up", "factor", {65, 1}), HasSubstr("from 1 to 64"));
  EXPECT_THAT(field("up", "factor", {0, 1}), HasSubstr("from 1 to 64"));
  EXPECT_THAT(field("up", "fill", "linear"), HasSubstr("must be one of nearest, zeros"));
  EXPECT_THAT(
      refusal_after(valid_feed_forward,
                    [](TraceParts& t) {
                      json up = t.op("up");
                      for (int i = 0; i < 3; ++i) {
                        up.update({{"name", "up" + std::to_string(i)},
                                   {"factor", {64, 64}},
                                   {"inputs", {i == 0 ? "mean" : "up" + std::to_string(i - 1)}}});
                        t.graph["operators"].push_back(up);
                      }
                    }),
      HasSubstr("operator up1: makes"));
}

TEST(NetworkOperators, TablesHaveTheirSizes) {
  EXPECT_THAT(tensor_refusal(valid_feed_forward, "lrn.table", uint16({1}, {7})),
              HasSubstr("table has 1 entries; must have 2 to 65536"));
  EXPECT_THAT(tensor_refusal(valid_feed_forward, "lrn.table",
                             uint16({65537}, std::vector<std::uint16_t>(65537))),
              HasSubstr("table has 65537 entries"));
  EXPECT_THAT(tensor_refusal(valid_feed_forward, "gate.table", int8({255}, zeros(255))),
              HasSubstr("must be I8[256]"));
  EXPECT_THAT(field("lrn", "size", 256), HasSubstr("from 1 to 255"));
}

TEST(NetworkOperators, SummandsAreAlikeOrOneRowOrPixel) {
  EXPECT_EQ(field("sum", "inputs", {"up", "up"}), "no error");
  for (const char* y : {"conv", "row", "image"}) {
    EXPECT_THAT(field("sum", "inputs", {"up", y}), HasSubstr("differ in shape")) << y;
  }
  EXPECT_THAT(field("sum", "inputs", {"pixel", "up"}), HasSubstr("differ in shape"));
  EXPECT_THAT(field("product", "inputs", {"sum", "conv"}), HasSubstr("differ in shape"));
  EXPECT_THAT(field_refusal(valid_encoder, "shifted", "inputs", {"mean", "self.values"}),
              HasSubstr("differ in shape"));
}

TEST(NetworkOperators, ConcatJoinsWhatAgreesInAllButTheAxis) {
  EXPECT_THAT(field("both", "inputs", {"product", "conv"}),
              HasSubstr("differ in more than the axis"));
  EXPECT_THAT(field("both", "multipliers", {4}), HasSubstr("a list of 2 whole numbers"));
  EXPECT_THAT(field("both", "axis", "channels"), HasSubstr("must be one of features, tokens"));
  EXPECT_THAT(tensor_refusal(valid_feed_forward, "fixed.value", int8({2, 3}, zeros(6))),
              HasSubstr("differ in more than the axis"));
  EXPECT_THAT(refusal_after(valid_encoder,
                            [](TraceParts& t) {
                              t.op("shifted") = {{"name", "shifted"},           {"kind", "concat"},
                                                 {"inputs", {"embed", "norm"}}, {"axis", "tokens"},
                                                 {"multipliers", {1, 1}},       {"shift", 1}};
                            }),
              HasSubstr("number depends on the sentence"));
}

TEST(NetworkOperators, PiecesLieWithinTheirInput) {
  EXPECT_EQ(field("half", "begin", 4), "no error");
  EXPECT_THAT(field("half", "begin", 5), HasSubstr("t: operator half: takes 5 to 8 of 8"));
  EXPECT_THAT(field("second", "size", 3), HasSubstr("takes 1 to 3 of 3"));
  EXPECT_THAT(field("half", "size", 0), HasSubstr("from 1 to"));
  EXPECT_THAT(field_refusal(valid_encoder, "first", "size", 2),
              HasSubstr("take the first one alone"));
  EXPECT_THAT(field_refusal(valid_encoder, "first", "begin", 1),
              HasSubstr("take the first one alone"));
}

TEST(NetworkOperators, FlattenAndUnflattenKeepAllElements) {
  EXPECT_THAT(field("square", "shape", {2, 2, 3}), HasSubstr("12 elements"));
  EXPECT_THAT(field("square", "inputs", {"pixels"}), HasSubstr("its input must be one row"));
  EXPECT_THAT(field("pixels", "to", "rows"), HasSubstr("must be one of features, tokens"));
  EXPECT_THAT(refusal_after(valid_encoder,
                            [](TraceParts& t) {
                              t.op("mean") = {{"name", "mean"},
                                              {"kind", "flatten"},
                                              {"inputs", {"norm"}},
                                              {"to", "features"}};
                            }),
              HasSubstr("number of tokens depends on the sentence"));
}

TEST(NetworkOperators, ConstantsAreTokensOrMaps) {
  EXPECT_THAT(tensor_refusal(valid_feed_forward, "fixed.value", int8({4}, zeros(4))),
              HasSubstr("is I8[4]; must be I8 with 2 dimensions"));
  EXPECT_THAT(tensor_refusal(valid_feed_forward, "fixed.value", int8({65537, 1}, zeros(65537))),
              HasSubstr("more than 65536"));
  EXPECT_THAT(tensor_refusal(valid_feed_forward, "fixed.value", int8({1, 65537}, zeros(65537))),
              HasSubstr("more than 65536"));
}

TEST(NetworkOperators, RotationsFitTheirHeads) {
  EXPECT_THAT(field_refusal(valid_decoder, "self.q", "heads", 3),
              HasSubstr("heads is 3; must divide the 4 features of q"));
  EXPECT_THAT(field_refusal(valid_decoder, "self.q", "heads", 4), HasSubstr("1 pairs a head"));
  EXPECT_THAT(field_refusal(valid_decoder, "self.q", "pairs", "thirds"),
              HasSubstr("must be one of halves, neighbours"));
  EXPECT_THAT(
      tensor_refusal(valid_decoder, "self.q.cosine", int32({7, 1}, std::vector<std::int32_t>(7))),
      HasSubstr("must be I32[8, 1]"));
  for (const std::int32_t wide : {1 << 24, -(1 << 24)}) {
    std::vector<std::int32_t> values(8);
    values[5] = wide;
    for (const char* table : {"cosine", "sine"}) {
      EXPECT_THAT(
          tensor_refusal(valid_decoder, std::string("self.k.") + table, int32({8, 1}, values)),
          HasSubstr("its magnitude must be below 2^24"));
    }
  }
}

TEST(NetworkOperators, NormsOfASumHaveEqualRows) {
  EXPECT_THAT(
      refusal_after(
          valid_encoder,
          [](TraceParts& t) {
            json norm = t.op("norm");
            norm.update({{"name", "late"}, {"inputs", {"shifted", "mean"}}, {"y_multiplier", 1}});
            t.graph["operators"].push_back(norm);
          }),
      HasSubstr("shifted and mean differ in their rows"));
  EXPECT_THAT(field_refusal(valid_decoder, "norm", "norm", "batch"),
              HasSubstr("must be one of layer, rms"));
}

TEST(NetworkOperators, WhatNeverChangesIsBounded) {
  // 4096 rows of 16384 scores are 2^26; logits of as many rows may be 16384 wide, not wider.
  const auto logits = [](std::uint64_t classes) {
    return refusal_after(valid_feed_forward, [&](TraceParts& t) {
      t.graph["model"]["inputs"][1]["shape"] = {4096, 4};
      t.tensors["reference.inputs.row"] = int8({2, 4096, 4}, zeros(2 * 4096 * 4));
      json wide = t.op("classes");
      wide.update({{"name", "wide"},
                   {"inputs", {"row"}},
                   {"weight", "w"},
                   {"bias", "b"},
                   {"multiplier", "b"}});
      t.tensors["w"] = int8({classes, 4}, zeros(classes * 4));
      t.tensors["b"] = int32({classes}, std::vector<std::int32_t>(classes));
      t.graph["operators"].push_back(wide);
    });
  };
  EXPECT_THAT(logits(16385), HasSubstr("operator wide: makes 4096 tokens, 67112960 elements"));
  EXPECT_THAT(logits(16384), testing::Not(HasSubstr("operator wide")));
}

}  // namespace
}  // namespace sim::workload
