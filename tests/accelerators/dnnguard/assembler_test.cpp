#include "sim/accelerators/dnnguard/assembler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace sim::dnnguard {
namespace {

Instruction only(const std::string& line) {
  const Assembly assembly = assemble(line, "p.nn");
  EXPECT_EQ(assembly.errors, std::vector<std::string>{}) << line;
  return assembly.program.instructions.at(0).instruction;
}

std::string error_of(const std::string& text) {
  const Assembly assembly = assemble(text, "p.nn");
  return assembly.errors.size() == 1 ? assembly.errors.front()
                                     : std::to_string(assembly.errors.size()) + " errors";
}

TEST(AssemblerTest, ReadsEveryInstruction) {
  EXPECT_EQ(only("nn.cfg net=1 descriptor=7"), (Instruction{.net = 1, .operation = Configure{7}}));
  EXPECT_EQ(only("nn.res net=1 rows=8 banks=4"),
            (Instruction{.net = 1, .operation = Reserve{8, 4}}));
  EXPECT_EQ(only("nn.layer net=0 kind=fc"),
            (Instruction{.operation = Layer{LayerKind::kFullyConnected}}));
  EXPECT_EQ(only("nn.cpuop net=1 set=3 handler=2 source=0x10 destination=0x20 elements=1000"),
            (Instruction{.net = 1, .set = 3, .operation = CpuTask{2, 16, 32, 1000}}));
  EXPECT_EQ(only("nn.wait net=0 tokens=1,4"), (Instruction{.operation = Wait{{0x12}}}));
  EXPECT_EQ(only("nn.signal net=0 token=15"), (Instruction{.operation = Signal{15}}));
  EXPECT_EQ(only("nn.verdict net=1 source=net judged=0 address=64 threshold=-2147483648"),
            (Instruction{.net = 1,
                         .operation = Verdict{VerdictSource::kNetworkOutput, 0, 64, INT32_MIN}}));
  EXPECT_EQ(only("nn.load net=0 wait=2 address=0xffffffffff bank=3 bytes=32"),
            (Instruction{.wait = 2, .operation = Load{0xff'ffff'ffff, 3, 32}}));
  EXPECT_EQ(only("nn.store net=0 address=0 bank=3 bytes=32"),
            (Instruction{.operation = Store{0, 3, 32}}));
  EXPECT_EQ(only("nn.share net=1 bank=3 owner=0 reader=1 uses=2"),
            (Instruction{.net = 1, .operation = Share{3, 0, 1, 2}}));
  EXPECT_EQ(only("nn.xfer net=1 to=bank address=0 bank=9 bytes=8"),
            (Instruction{.net = 1, .operation = Transfer{TransferTo::kBank, 0, 9, 8}}));
  EXPECT_EQ(only("nn.release net=0 address=0x40"), (Instruction{.operation = Release{64}}));
}

TEST(AssemblerTest, CommentsBlanksAndOrderDoNotMatter) {
  const Assembly assembly = assemble(
      "# a program\r\n\n  \t\nnn.load bytes=32\tbank=3 address=0 net=0# loads\r\nnn.signal net=0 "
      "token=1",
      "p.nn");
  ASSERT_TRUE(assembly.errors.empty());
  ASSERT_EQ(assembly.program.instructions.size(), 2);
  EXPECT_EQ(assembly.program.instructions[0].line, 4);
  EXPECT_EQ(assembly.program.instructions[0].instruction,
            (Instruction{.operation = Load{0, 3, 32}}));
  EXPECT_EQ(assembly.program.instructions[1].line, 5);
}

TEST(AssemblerTest, ErrorsNameTheLineAndWhatWouldBeRight) {
  EXPECT_EQ(error_of("\nnn.lod net=0"),
            "p.nn:2: 'nn.lod' is no instruction; there are nn.cfg, nn.res, nn.layer, nn.cpuop, "
            "nn.wait, nn.signal, nn.verdict, nn.load, nn.store, nn.share, nn.xfer, nn.release");
  EXPECT_EQ(error_of("nn.signal token=1"),
            "p.nn:1: nn.signal: net is missing; its fields are net, wait, set, token");
  EXPECT_EQ(error_of("nn.signal net=0 token=16"),
            "p.nn:1: nn.signal: token is 16; tokens are 1 to 15");
  EXPECT_EQ(error_of("nn.signal net=0 set=0 token=1"),
            "p.nn:1: nn.signal: set is 0; tokens are 1 to 15");
  EXPECT_EQ(error_of("nn.signal net=0 token"),
            "p.nn:1: nn.signal: 'token' is none of its fields; they are net, wait, set, token, "
            "each as name=value");
  EXPECT_EQ(error_of("nn.signal net=0 token=1 token=1"), "p.nn:1: nn.signal: token is there twice");
  EXPECT_EQ(error_of("nn.load net=0 address=0 bank=256 bytes=1"),
            "p.nn:1: nn.load: bank is 256; it has to be 0 to 255");
  EXPECT_EQ(error_of("nn.load net=0 address=-1 bank=0 bytes=1"),
            "p.nn:1: nn.load: address is '-1'; it has to be a whole number, such as 12 or 0x1f");
  EXPECT_EQ(error_of("nn.layer net=0 kind=cnv"),
            "p.nn:1: nn.layer: kind is 'cnv'; it has to be one of conv, fc, eltwise, pool");
  EXPECT_EQ(error_of("nn.wait net=0 tokens=1,,2"),
            "p.nn:1: nn.wait: tokens is '1,,2'; it has to be tokens from 1 to 15 with commas "
            "between them, such as 1,4");
  EXPECT_EQ(error_of("nn.wait net=0 tokens=3,3"), "p.nn:1: nn.wait: tokens names token 3 twice");
  EXPECT_EQ(error_of("nn.verdict net=1 source=cpu judged=0 address=0 threshold=2147483648"),
            "p.nn:1: nn.verdict: threshold is '2147483648'; it has to be a whole number from "
            "-2147483648 to 2147483647");
  EXPECT_EQ(error_of("nn.load net=0 address=0 bank=99999999999999999999 bytes=1"),
            "p.nn:1: nn.load: bank is '99999999999999999999'; it has to be a whole number, such as "
            "12 or 0x1f");
}

TEST(AssemblerTest, EveryWrongLineHasOneError) {
  const Assembly assembly = assemble("nn.x\nnn.signal net=0 token=1\nnn.y a b c\n", "p.nn");
  ASSERT_EQ(assembly.errors.size(), 2);
  EXPECT_EQ(assembly.errors[0].substr(0, 7), "p.nn:1:");
  EXPECT_EQ(assembly.errors[1].substr(0, 7), "p.nn:3:");
  EXPECT_EQ(assembly.program.instructions.size(), 1);
}

TEST(AssemblerTest, HostileTextsHaveShortErrors) {
  EXPECT_EQ(error_of(std::string(1 << 20, 'x')),
            "p.nn:1: the line has 1048576 bytes; at most 1000 are read");
  EXPECT_EQ(error_of("nn.signal net=0 \x1b[31m=1"),
            "p.nn:1: nn.signal: '\\x1b[31m=1' is none of its fields; they are net, wait, set, "
            "token, each as name=value");
  EXPECT_EQ(error_of(std::string("nn.signal net=0 token=1\0", 24)),
            "p.nn:1: nn.signal: token is '1\\x00'; it has to be a whole number, such as 12 or "
            "0x1f");
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "?\n";
  const Assembly assembly = assemble(many, "p.nn");
  ASSERT_EQ(assembly.errors.size(), 101);
  EXPECT_EQ(assembly.errors.back(),
            "p.nn:101: there are 100 wrong lines above; from here on nothing was read");
}

/// Whatever is done to a right text, it is read or its lines are named; nothing else.
TEST(AssemblerTest, DamagedTextsAreReadOrRefused) {
  const std::string right =
      "nn.cpuop net=1 set=3 handler=2 source=0x10 destination=0x20 elements=1000\n"
      "nn.wait net=0 tokens=1,4\nnn.verdict net=1 source=net judged=0 address=64 threshold=-5\n";
  std::mt19937 random(4);
  int wrong = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = right;
    for (std::uint32_t n = random() % 4 + 1; n > 0; --n) {
      const std::size_t at = random() % text.size();
      if (random() % 2 == 0)
        text.erase(at, random() % 9);
      else
        text.insert(
            at, 1,
            random() % 2 == 0 ? static_cast<char>(random()) : right[random() % right.size()]);
      if (text.empty()) break;
    }
    const Assembly assembly = assemble(text, "p");
    wrong += assembly.errors.empty() ? 0 : 1;
    ASSERT_LE(assembly.errors.size() + assembly.program.instructions.size(),
              static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1);
    for (const std::string& error : assembly.errors) ASSERT_LT(error.size(), 400) << error;
  }
  EXPECT_GT(wrong, 10'000);
}

}  // namespace
}  // namespace sim::dnnguard
