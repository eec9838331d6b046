#include "sim/workload/lut_program_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "sim/base/error.h"
#include "sim/reference/lut_cascade.h"
#include "tests/support/lut_parts.h"
#include "tests/support/random_luts.h"

namespace sim::workload {
namespace {

using nlohmann::json;
using test::LutParts;
using testing::HasSubstr;

/// Inputs, scores, the outputs of the first `with_levels` samples, and right classes.
LutVectors vectors_of(const LutProgram& program, BitRows inputs, std::uint32_t with_levels) {
  LutVectors v;
  v.stimulus = "drawn";
  for (const LutLevel& level : program.levels) v.levels.emplace_back(with_levels, level.luts);
  for (std::uint32_t r = 0; r < inputs.rows; ++r) {
    const auto signals = reference::lut_signals(program, inputs, r);
    for (const std::int32_t s : reference::lut_scores(program, signals)) v.scores.push_back(s);
    v.labels.push_back(static_cast<std::uint16_t>(r % program.classes));
    for (std::size_t k = 0; r < with_levels && k < program.levels.size(); ++k) {
      const auto first = static_cast<std::size_t>(program.first_signal(k));
      for (std::size_t i = 0; i < program.levels[k].luts; ++i) {
        v.levels[k].set(r, i, signals[first + i] != 0);
      }
    }
  }
  v.inputs = std::move(inputs);
  return v;
}

/// Inputs 0 to 2; level "a" of fan-in 2: signals 3 to 5; level "b" of fan-in 7: signals 6 and 7.
LutTask small_task() {
  base::Rng rng(4);
  LutTask task;
  task.program.name = "small";
  task.program.inputs = 3;
  task.program.classes = 2;
  task.program.score_bits = 3;
  task.program.levels.resize(2);
  LutLevel& a = task.program.levels[0];
  a.name = "a";
  a.fan_in = 2;
  a.luts = 3;
  a.sources = {0, 1, 1, 2, -2, 2};
  a.tables = {6, 9, 13};
  a.label_names = {"row", "column"};
  a.labels = {0, 0, 0, 1, 0, 2};
  LutLevel& b = task.program.levels[1];
  b.name = "b";
  b.fan_in = 7;
  b.luts = 2;
  b.sources = {0, 1, 2, 3, 4, 5, -1, 5, 4, 3, 2, 1, 0, -2};
  b.tables = {rng.next(), rng.next(), rng.next(), rng.next()};
  task.program.outputs = {6, 7, 3, 0, -1, 4};
  task.vectors = vectors_of(task.program, test::random_bits(rng, 9, 3), 4);
  return task;
}

LutTask read(const std::vector<std::byte>& bytes) {
  return read_lut_program(TensorFile(bytes, "t"));
}

std::string refusal(const std::vector<std::byte>& bytes) {
  try {
    read(bytes);
  } catch (const base::WorkloadError& e) {
    return e.what();
  }
  return "no error";
}

std::string refusal_after(const std::function<void(LutParts&)>& change) {
  LutParts parts = test::lut_parts(small_task());
  change(parts);
  return refusal(parts.bytes());
}

/// The refusal after setting one element of a tensor.
template <class T>
std::string element_refusal(const std::string& tensor, std::size_t index, T value) {
  return refusal_after([&](LutParts& p) {
    std::memcpy(p.tensors.at(tensor).bytes.data() + index * sizeof(T), &value, sizeof(T));
  });
}

std::string source_refusal(const std::string& tensor, std::size_t index, std::int32_t signal) {
  return element_refusal(tensor, index, signal);
}

std::string field_refusal(const std::string& field, const json& value) {
  return refusal_after([&](LutParts& p) { p.program[field] = value; });
}

std::string level_refusal(const std::string& field, const json& value) {
  return refusal_after([&](LutParts& p) { p.program["levels"][1][field] = value; });
}

void expect_equal(const LutTask& a, const LutTask& b) {
  EXPECT_EQ(a.program.name, b.program.name);
  EXPECT_EQ(a.program.outputs, b.program.outputs);
  EXPECT_EQ(a.program.signed_scores, b.program.signed_scores);
  ASSERT_EQ(a.program.levels.size(), b.program.levels.size());
  for (std::size_t k = 0; k < a.program.levels.size(); ++k) {
    const LutLevel& x = a.program.levels[k];
    const LutLevel& y = b.program.levels[k];
    EXPECT_EQ(x.name, y.name);
    EXPECT_EQ(x.luts, y.luts);
    EXPECT_EQ(x.sources, y.sources);
    EXPECT_EQ(x.tables, y.tables);
    EXPECT_EQ(x.label_names, y.label_names);
    EXPECT_EQ(x.labels, y.labels);
  }
  EXPECT_EQ(a.vectors.stimulus, b.vectors.stimulus);
  EXPECT_EQ(a.vectors.inputs.words, b.vectors.inputs.words);
  EXPECT_EQ(a.vectors.scores, b.vectors.scores);
  EXPECT_EQ(a.vectors.labels, b.vectors.labels);
  ASSERT_EQ(a.vectors.levels.size(), b.vectors.levels.size());
  for (std::size_t k = 0; k < a.vectors.levels.size(); ++k) {
    EXPECT_EQ(a.vectors.levels[k].words, b.vectors.levels[k].words);
  }
}

TEST(LutProgramFile, EverythingIsRead) {
  const LutTask task = small_task();
  expect_equal(read(test::lut_parts(task).bytes()), task);
}

TEST(LutProgramFile, ProgramsOfAnyShapeAreRead) {
  base::Rng rng(5);
  for (int i = 0; i < 100; ++i) {
    LutTask task;
    task.program = test::random_luts(rng, kMaxFanIn);
    task.vectors = vectors_of(task.program, test::random_bits(rng, 3, task.program.inputs), 2);
    expect_equal(read(test::lut_parts(task).bytes()), task);
  }
}

TEST(LutProgramFile, VectorsMayBeMissing) {
  const LutTask task = read([] {
    LutParts parts = test::lut_parts(small_task());
    std::erase_if(parts.tensors, [](const auto& t) { return t.first.starts_with("vectors."); });
    return parts.bytes();
  }());
  EXPECT_EQ(task.vectors.inputs.rows, 0u);
  EXPECT_EQ(refusal_after([](LutParts& p) {
              std::erase_if(p.tensors,
                            [](const auto& t) { return t.first.starts_with("vectors.l"); });
            }),
            "no error");
}

TEST(LutProgramFile, LoopsAreRefused) {
  EXPECT_EQ(source_refusal("level.0.sources", 3, 5),
            "t: level 0 'a': LUT 1, pin 1: reads signal 5, LUT 2 of level 'a', and would close a "
            "loop; must be 0 to 2, -1 (constant 0) or -2 (constant 1)");
  EXPECT_THAT(
      source_refusal("level.0.sources", 0, 3),
      HasSubstr("LUT 0, pin 0: reads signal 3, LUT 0 of level 'a', and would close a loop"));
  EXPECT_THAT(source_refusal("level.0.sources", 0, 7),
              HasSubstr("reads signal 7, LUT 1 of level 'b', and would close a loop"));
  EXPECT_THAT(source_refusal("level.1.sources", 13, 6),
              HasSubstr("level 1 'b': LUT 1, pin 6: reads signal 6, LUT 0 of level 'b'"));
}

TEST(LutProgramFile, DanglingPinsAndOutputsAreRefused) {
  EXPECT_EQ(source_refusal("level.1.sources", 0, 8),
            "t: level 1 'b': LUT 0, pin 0: reads signal 8, which does not exist; must be 0 to 5, "
            "-1 (constant 0) or -2 (constant 1)");
  EXPECT_THAT(source_refusal("level.0.sources", 2, -3),
              HasSubstr("LUT 1, pin 0: reads signal -3, which does not exist"));
  EXPECT_THAT(source_refusal("level.0.sources", 2, INT32_MAX), HasSubstr("does not exist"));
  EXPECT_THAT(source_refusal("level.0.sources", 2, INT32_MIN), HasSubstr("does not exist"));
  EXPECT_EQ(source_refusal("outputs", 4, 8),
            "t: outputs: class 1, bit 1: reads signal 8, which does not exist; must be 0 to 7, -1 "
            "(constant 0) or -2 (constant 1)");
}

TEST(LutProgramFile, TablesMustHaveTheSizeOfTheirFanIn) {
  EXPECT_EQ(level_refusal("fan_in", 8),
            "t: level 1 'b': tensor 'level.1.sources' is I32[2, 7]; "
            "must be I32[2, 8]");
  EXPECT_EQ(refusal_after([](LutParts& p) {
              p.tensors["level.1.tables"] = test::uint8({2, 15}, std::vector<std::uint8_t>(30));
            }),
            "t: level 1 'b': tensor 'level.1.tables' is U8[2, 15]; must be U8[2, 16]");
  EXPECT_EQ(element_refusal("level.0.tables", 1, std::uint8_t{0x19}),
            "t: level 0 'a': LUT 1: its table has bits set beyond the 4 that 2 pins address");
}

TEST(LutProgramFile, BitsBehindARowAreRefused) {
  EXPECT_EQ(element_refusal("vectors.inputs", 2, std::uint8_t{0x08}),
            "t: tensor vectors.inputs: sample 2 has bits set beyond its 3");
  EXPECT_EQ(element_refusal("vectors.level.1", 3, std::uint8_t{0x80}),
            "t: tensor vectors.level.1: sample 3 has bits set beyond its 2");
}

TEST(LutProgramFile, VectorsAreChecked) {
  EXPECT_EQ(element_refusal("vectors.scores", 3, std::int32_t{4}),
            "t: tensor vectors.scores: sample 1, class 1: 4; must be -4 to 3");
  EXPECT_EQ(element_refusal("vectors.labels", 8, std::uint16_t{2}),
            "t: tensor vectors.labels: sample 8: class 2; must be 0 to 1");
  const auto without = [](const std::string& tensor) {
    return refusal_after([&](LutParts& p) { p.tensors.erase(tensor); });
  };
  EXPECT_THAT(without("vectors.scores"),
              HasSubstr("t: tensor vectors.scores: tensor 'vectors.scores' is not in the file"));
  EXPECT_EQ(without("vectors.level.0"), "no error");  // of some levels only
  EXPECT_THAT(without("vectors.inputs"),
              HasSubstr("nothing reads it; a program has outputs, level.K.* of its levels"));
  EXPECT_EQ(refusal_after([](LutParts& p) {
              p.tensors["vectors.level.1"] = test::uint8({3, 1}, {0, 0, 0});
            }),
            "t: tensor vectors.level.1: 3 samples; level 0 has 4");
  EXPECT_EQ(refusal_after([](LutParts& p) {
              p.tensors["vectors.level.0"] = test::uint8({10, 1}, std::vector<std::uint8_t>(10));
            }),
            "t: tensor vectors.level.0: 10 samples; at most 9 are allowed");
}

TEST(LutProgramFile, HostileHeadersAreRefused) {
  EXPECT_EQ(field_refusal("inputs", 65537),
            "t: program: inputs is 65537; must be a whole number from 1 to 65536");
  EXPECT_THAT(field_refusal("classes", 0), HasSubstr("must be a whole number from 1 to 4096"));
  EXPECT_THAT(field_refusal("score_bits", 33), HasSubstr("must be a whole number from 1 to 32"));
  EXPECT_THAT(field_refusal("score_bits", 3.0), HasSubstr("score_bits is 3.0"));
  EXPECT_THAT(field_refusal("signed_scores", 1), HasSubstr("must be true or false"));
  EXPECT_EQ(field_refusal("levels", json::array()), "t: program: 0 levels; must be 1 to 256");
  EXPECT_THAT(field_refusal("levels", 7), HasSubstr("levels is 7; must be a list"));
  EXPECT_THAT(field_refusal("stimulus", 1), HasSubstr("must be a text"));
  EXPECT_THAT(field_refusal("extra", 1), HasSubstr("unknown field 'extra'"));
  EXPECT_THAT(level_refusal("fan_in", 13), HasSubstr("fan_in is 13; must be a whole number from "
                                                     "1 to 12"));
  EXPECT_THAT(level_refusal("luts", 1048577), HasSubstr("must be a whole number from 1 to"));
  EXPECT_THAT(refusal_after([](LutParts& p) {
                json level = p.program["levels"][0];
                level["luts"] = 1048576;
                for (int i = 0; i < 254; ++i) {
                  level["name"] = fmt::format("x{}", i);
                  p.program["levels"].push_back(level);
                }
                p.program["levels"].push_back(p.program["levels"][0]);
              }),
              HasSubstr("257 levels; must be 1 to 256"));
  EXPECT_THAT(refusal_after([](LutParts& p) {
                p.program["levels"].clear();
                for (int i = 0; i < 16; ++i) {
                  p.program["levels"].push_back({{"name", fmt::format("x{}", i)},
                                                 {"fan_in", 1},
                                                 {"luts", 1048576},
                                                 {"labels", json::array()}});
                }
              }),
              HasSubstr("16777219 inputs and LUTs; at most 16777215 are allowed"));
}

TEST(LutProgramFile, NamesBecomePartsOfInstanceNames) {
  for (const char* name : {"", "A", "1a", "a-b", "a b", "\xc3\xa4"}) {
    EXPECT_THAT(level_refusal("name", name),
                HasSubstr("must be a letter a-z, then up to 63 of a-z, 0-9 and _"))
        << name;
  }
  EXPECT_EQ(level_refusal("name", "a"), "t: program: two levels are called 'a'");
  EXPECT_THAT(level_refusal("labels", {"x", "x"}), HasSubstr("two labels have the same name"));
  EXPECT_THAT(level_refusal("labels", {"a", "b", "c", "d", "e"}), HasSubstr("at most 4"));
  EXPECT_THAT(level_refusal("labels", {1}), HasSubstr("label 1; must be a text"));
  EXPECT_THAT(level_refusal("labels", {"x"}), HasSubstr("'level.1.labels' is not in the file"));
}

TEST(LutProgramFile, OtherKindsOfFileAreRefused) {
  EXPECT_EQ(refusal_after([](LutParts& p) { p.metadata["schema"] = "lockstep-trace-1"; }),
            "t: __metadata__: schema is 'lockstep-trace-1'; wanted here is 'lockstep-luts-1'");
  EXPECT_THAT(refusal_after([](LutParts& p) { p.metadata.erase("origin"); }),
              HasSubstr("'origin' is missing; must hold schema, program, origin"));
}

TEST(LutProgramFile, EveryFlippedByteIsSurvived) {
  auto bytes = test::lut_parts(small_task()).bytes();
  std::size_t refused = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    bytes[i] ^= std::byte{0x41};
    refused += refusal(bytes) != "no error";
    bytes[i] ^= std::byte{0x41};
  }
  EXPECT_GT(refused, bytes.size() / 20);
  EXPECT_EQ(refusal(bytes), "no error");
}

}  // namespace
}  // namespace sim::workload
