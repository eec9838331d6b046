#include "sim/accelerators/dnnguard/instruction.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "sim/accelerators/dnnguard/assembler.h"
#include "sim/accelerators/dnnguard/instruction_word.h"
#include "sim/base/error.h"

namespace sim::dnnguard {
namespace {

using Random = std::mt19937_64;

/// Often the ends of the range.
std::uint64_t draw(Random& random, std::uint64_t least, std::uint64_t most) {
  if (random() % 4 == 0) return random() % 2 == 0 ? least : most;
  return std::uniform_int_distribution<std::uint64_t>(least, most)(random);
}
template <class T>
T number(Random& random, std::uint64_t least, std::uint64_t most) {
  return static_cast<T>(draw(random, least, most));
}

constexpr std::uint64_t kByte = 0xff;
constexpr std::uint64_t kNet = 15;
constexpr std::uint64_t kWord32 = 0xffff'ffff;
constexpr std::uint64_t kAddress = 0xff'ffff'ffff;

Operation random_operation(Random& r) {
  switch (r() % 12) {
    case 0:
      return Configure{number<std::uint32_t>(r, 0, kWord32)};
    case 1:
      return Reserve{number<std::uint16_t>(r, 0, 0xffff), number<std::uint16_t>(r, 0, 0xffff)};
    case 2:
      return Layer{static_cast<LayerKind>(r() % 4)};
    case 3:
      return CpuTask{number<std::uint8_t>(r, 0, kByte), number<std::uint32_t>(r, 0, kWord32),
                     number<std::uint32_t>(r, 0, kWord32),
                     number<std::uint32_t>(r, 1, (1U << 28) - 1)};
    case 4:
      return Wait{{static_cast<std::uint16_t>(draw(r, 1, 0x7fff) << 1)}};
    case 5:
      return Signal{number<std::uint8_t>(r, 1, 15)};
    case 6:
      return Verdict{static_cast<VerdictSource>(r() % 2), number<std::uint8_t>(r, 0, kNet),
                     number<std::uint32_t>(r, 0, kWord32),
                     static_cast<std::int32_t>(draw(r, 0, kWord32))};
    case 7:
      return Load{draw(r, 0, kAddress), number<std::uint8_t>(r, 0, kByte),
                  number<std::uint32_t>(r, 1, kWord32)};
    case 8:
      return Store{draw(r, 0, kAddress), number<std::uint8_t>(r, 0, kByte),
                   number<std::uint32_t>(r, 1, kWord32)};
    case 9:
      return Share{number<std::uint8_t>(r, 0, kByte), number<std::uint8_t>(r, 0, kNet),
                   number<std::uint8_t>(r, 0, kNet), number<std::uint8_t>(r, 1, kByte)};
    case 10:
      return Transfer{static_cast<TransferTo>(r() % 2), draw(r, 0, kAddress),
                      number<std::uint8_t>(r, 0, kByte), number<std::uint32_t>(r, 1, kWord32)};
    default:
      return Release{draw(r, 0, kAddress)};
  }
}

Instruction random_instruction(Random& random) {
  return {.net = number<std::uint8_t>(random, 0, kNet),
          .wait = number<std::uint8_t>(random, 0, 15),
          .set = number<std::uint8_t>(random, 0, 15),
          .operation = random_operation(random)};
}

TEST(InstructionTest, DecodingGivesBackWhatWasEncoded) {
  Random random(1);
  std::set<std::pair<std::uint64_t, std::uint64_t>> words;
  std::set<Instruction> instructions;
  for (int i = 0; i < 50'000; ++i) {
    const Instruction instruction = random_instruction(random);
    const Word word = encode(instruction);
    const auto back = decode(word);
    ASSERT_TRUE(std::holds_alternative<Instruction>(back)) << std::get<WordFault>(back).what;
    ASSERT_EQ(std::get<Instruction>(back), instruction);
    words.insert({word.high, word.low});
    instructions.insert(instruction);
  }
  EXPECT_EQ(words.size(), instructions.size());
}

/// Every word is an instruction, which has this word, or has a fault with a name.
TEST(InstructionTest, EveryWordIsAnInstructionOrHasAFault) {
  Random random(2);
  int instructions = 0;
  for (int i = 0; i < 100'000; ++i) {
    Word word{random(), random()};
    if (i % 3 != 0) word.low = (word.low & ~kByte) | (random() % 14);
    if (i % 3 == 1) word.high = 0;
    if (i % 2 == 0) word.low &= ~(std::uint64_t{0xff} << 20);
    if (i % 5 == 0) {  // a bit of a right one is turned
      word = encode(random_instruction(random));
      const std::uint64_t bit = std::uint64_t{1} << (random() % 64);
      (random() % 2 == 0 ? word.low : word.high) ^= bit;
    }
    const auto read = decode(word);
    if (const auto* instruction = std::get_if<Instruction>(&read)) {
      ++instructions;
      ASSERT_EQ(encode(*instruction), word);
    } else {
      ASSERT_FALSE(std::get<WordFault>(read).what.empty());
    }
  }
  EXPECT_GT(instructions, 5'000);
}

std::string fault(const Word& word) {
  const auto read = decode(word);
  const auto* found = std::get_if<WordFault>(&read);
  return found == nullptr ? "none" : found->what;
}

// Words below are written by hand from the tables of docs/dnnguard-instructions.md.
TEST(InstructionTest, FieldsLieWhereTheTablesSay) {
  // nn.load (8), net 1, set 2, wait 3, address 0x12'3456'789a, bank 5, 0x400 bytes
  const Instruction load{
      .net = 1, .wait = 3, .set = 2, .operation = Load{0x12'3456'789a, 5, 0x400}};
  const Word expected{8 | 1ULL << 8 | 2ULL << 12 | 3ULL << 16 | 0x12'3456'789aULL << 28,
                      0x12'3456'789aULL >> 36 | 5ULL << 4 | 0x400ULL << 12};
  EXPECT_EQ(encode(load), expected);
  // nn.xfer (11), to memory (1), address 1, bank 2, 3 bytes
  EXPECT_EQ(encode({.operation = Transfer{TransferTo::kMemory, 1, 2, 3}}),
            (Word{11 | 1ULL << 20 | 1ULL << 28, 2ULL << 4 | 3ULL << 12}));
  // nn.verdict (7), output of a network (1), judged 2, address 3, threshold -1
  EXPECT_EQ(encode({.operation = Verdict{VerdictSource::kNetworkOutput, 2, 3, -1}}),
            (Word{7 | 1ULL << 20 | 2ULL << 28 | 3ULL << 32, 0xffff'ffff}));
}

TEST(InstructionTest, FaultsOfWordsSayWhatWouldBeRight) {
  EXPECT_EQ(fault({0, 0}), "operation code 0 does not exist; 1 (nn.cfg) to 12 (nn.release) do");
  EXPECT_EQ(fault({13, 0}), "operation code 13 does not exist; 1 (nn.cfg) to 12 (nn.release) do");
  EXPECT_EQ(fault({1 | 1ULL << 20, 0}),
            "nn.cfg: the flags are 0x1; it has none, so they have to be 0");
  EXPECT_EQ(fault({3 | 4ULL << 20, 0}),
            "nn.layer: kind is number 4; 0 to 3 are conv, fc, eltwise, pool");
  EXPECT_EQ(fault({5 | 3ULL << 28, 0}),
            "nn.wait: tokens is the set 0x3; it has to hold some of the tokens 1 to 15, no other");
  EXPECT_EQ(fault({6, 0}), "nn.signal: token is 0; tokens are 1 to 15");
  EXPECT_EQ(fault({8, 0}), "nn.load: bytes is 0; it has to be 1 to 4294967295");
  EXPECT_EQ(fault({12, 1ULL << 63}), "nn.release: bits 68 to 127 have to be 0");
}

TEST(InstructionTest, OperandsThatNoFieldHoldsAreNotEncoded) {
  EXPECT_THROW(encode({.net = 16, .operation = Layer{}}), base::UserError);
  EXPECT_THROW(encode({.wait = 16, .operation = Layer{}}), base::UserError);
  EXPECT_THROW(encode({.set = 16, .operation = Layer{}}), base::UserError);
  EXPECT_THROW(encode({.operation = Release{std::uint64_t{1} << 40}}), base::UserError);
  EXPECT_THROW(encode({.operation = CpuTask{0, 0, 0, 1U << 28}}), base::UserError);
  EXPECT_THROW(encode({.operation = Wait{{1}}}), base::UserError);
}

TEST(InstructionTest, TextsOfRandomProgramsAreReadBack) {
  Random random(3);
  for (int i = 0; i < 2000; ++i) {
    Program program;
    for (std::uint64_t n = random() % 30; n > 0; --n) {
      program.instructions.push_back({random_instruction(random), 0});
    }
    const Assembly back = assemble(written(program), "p");
    ASSERT_TRUE(back.errors.empty()) << back.errors.front();
    ASSERT_EQ(back.program.instructions.size(), program.instructions.size());
    for (std::size_t n = 0; n < program.instructions.size(); ++n) {
      ASSERT_EQ(back.program.instructions[n].instruction, program.instructions[n].instruction);
      ASSERT_EQ(back.program.instructions[n].line, n + 1);
    }
  }
}

}  // namespace
}  // namespace sim::dnnguard
