#include "sim/accelerators/dnnguard/program_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/accelerators/dnnguard/interleavings.h"

namespace sim::dnnguard {
namespace {

using Lines = std::set<std::uint32_t>;

ProgramMachine machine_with(std::uint32_t networks, std::uint32_t slots) {
  return {.networks = networks, .handlers = 2, .issue_slots = slots, .descriptors = {{}, {{5}}}};
}

Program program_of(const std::vector<Instruction>& instructions) {
  Program program{.file = "p"};
  for (const Instruction& instruction : instructions) {
    program.instructions.push_back(
        {instruction, static_cast<std::uint32_t>(program.instructions.size())});
  }
  return program;
}

/// Lines of the faults whose text holds one of these.
Lines lines_with(const std::vector<std::string>& faults, const std::vector<std::string>& words) {
  Lines lines;
  for (const std::string& fault : faults) {
    const bool holds = std::ranges::any_of(
        words, [&](const std::string& word) { return fault.find(word) != std::string::npos; });
    if (holds) lines.insert(static_cast<std::uint32_t>(std::stoul(fault.substr(2))));
  }
  return lines;
}

/// Whether each token is set by one network and taken by one, and by neither if not by both.
bool tokens_pair(const Program& program) {
  std::map<std::uint32_t, std::pair<Lines, Lines>> users;  // networks that set it and take it
  for (const PlacedInstruction& placed : program.instructions) {
    const Instruction& i = placed.instruction;
    if (i.set != 0) users[i.set].first.insert(i.net);
    if (i.wait != 0) users[i.wait].second.insert(i.net);
    if (const auto* signal = std::get_if<Signal>(&i.operation)) {
      users[signal->token].first.insert(i.net);
    }
    if (const auto* wait = std::get_if<Wait>(&i.operation)) {
      for (std::uint32_t t = 1; t < 16; ++t) {
        if (wait->tokens.has(t)) users[t].second.insert(i.net);
      }
    }
  }
  return std::ranges::all_of(users, [](const auto& user) {
    return user.second.first.size() == 1 && user.second.second.size() == 1;
  });
}

/// Where each network stands in the one end that all orders lead to.
Lines standing(const Program& program, const std::vector<std::uint32_t>& end) {
  std::vector<std::uint32_t> seen(end.size());
  Lines lines;
  for (std::uint32_t i = 0; i < program.instructions.size(); ++i) {
    const std::uint32_t net = program.instructions[i].instruction.net;
    if (seen[net]++ == end[net]) lines.insert(i);
  }
  return lines;
}

struct Seen {
  int checked = 0;
  int standing = 0;
  int early_releases = 0;
  int early_shares = 0;
};

/// The check against all orders. With few slots, orders are fewer than it counts on.
void compare(const Program& program, std::uint32_t networks, std::uint32_t slots, Seen& seen) {
  const std::vector<std::string> faults = faults_of(program, machine_with(networks, slots));
  const Lines token_faults = lines_with(faults, {"nothing ever", "one network only", "twice"});
  ASSERT_EQ(token_faults.empty(), tokens_pair(program)) << written(program);
  if (!token_faults.empty()) return;
  const test::Interleavings all = test::explore(program, networks, slots);
  ASSERT_EQ(all.ends.size(), 1) << written(program);
  const Lines stands = standing(program, *all.ends.begin());
  const Lines releases = lines_with(faults, {"nn.release"});
  const Lines shares = lines_with(faults, {"nn.share"});
  ASSERT_EQ(lines_with(faults, {"waits for token", "cannot set", "no further"}), stands)
      << written(program);
  if (slots >= program.instructions.size()) {
    ASSERT_EQ(releases, all.early_releases) << written(program);
    ASSERT_EQ(shares, all.early_shares) << written(program);
  } else {
    ASSERT_TRUE(std::ranges::includes(releases, all.early_releases)) << written(program);
    ASSERT_TRUE(std::ranges::includes(shares, all.early_shares)) << written(program);
  }
  ++seen.checked;
  seen.standing += stands.empty() ? 0 : 1;
  seen.early_releases += releases.empty() ? 0 : 1;
  seen.early_shares += shares.empty() ? 0 : 1;
}

/// Tokens only: waits, signals, and an operation that does both.
std::vector<Instruction> token_alphabet() {
  std::vector<Instruction> all;
  for (std::uint8_t net = 0; net < 2; ++net) {
    for (std::uint8_t token = 1; token <= 2; ++token) {
      all.push_back({.net = net, .operation = Signal{token}});
      all.push_back({.net = net, .operation = Wait{{static_cast<std::uint16_t>(1U << token)}}});
    }
    all.push_back({.net = net, .wait = 1, .set = 2, .operation = Store{0, 0, 1}});
  }
  return all;
}

TEST(ProgramCheckTest, AllShortProgramsOfTokensEndAsAllOrdersDo) {
  const std::vector<Instruction> alphabet = token_alphabet();
  Seen seen;
  for (std::uint32_t length = 1; length <= 4; ++length) {
    std::uint32_t programs = 1;
    for (std::uint32_t n = 0; n < length; ++n)
      programs *= static_cast<std::uint32_t>(alphabet.size());
    for (std::uint32_t number = 0; number < programs; ++number) {
      std::vector<Instruction> instructions;
      for (std::uint32_t n = 0, rest = number; n < length; ++n, rest /= 10) {
        instructions.push_back(alphabet[rest % 10]);
      }
      for (const std::uint32_t slots : {1U, 2U, 4U}) {
        ASSERT_NO_FATAL_FAILURE(compare(program_of(instructions), 2, slots, seen));
      }
    }
  }
  EXPECT_GT(seen.checked, 1000);
  EXPECT_GT(seen.standing, 500);
}

Instruction random_instruction(std::mt19937& random, std::uint32_t networks) {
  const auto any = [&](std::uint32_t n) { return static_cast<std::uint8_t>(random() % n); };
  // Tokens lead from one network to one other: token t from t % networks to the next.
  const std::uint8_t net = any(networks);
  const auto token_from = [&](std::uint32_t from) {
    return static_cast<std::uint8_t>(from == 0 ? networks : from);
  };
  const std::uint8_t sets = token_from(net);
  const std::uint8_t takes = token_from((net + networks - 1) % networks);
  Instruction i{.net = net};
  if (random() % 4 == 0) i.set = sets;
  if (random() % 4 == 0) i.wait = takes;
  switch (random() % 7) {
    case 0:
      i.operation = Verdict{.judged = any(networks)};
      break;
    case 1:
      i.operation = Release{};
      break;
    case 2:
      i.operation = Load{0, any(2), 1};
      break;
    case 3:
      i.operation = Share{any(2), net, static_cast<std::uint8_t>((net + 1) % networks), 1};
      break;
    case 4:
      i.operation = Share{any(2), static_cast<std::uint8_t>((net + 1) % networks), net, 1};
      break;
    case 5:
      i = {.net = net, .set = i.set, .operation = Wait{{static_cast<std::uint16_t>(1U << takes)}}};
      break;
    default:
      i = {.net = net, .wait = i.wait, .operation = Signal{sets}};
      break;
  }
  return i;
}

TEST(ProgramCheckTest, RandomProgramsHaveTheFaultsThatAllOrdersHave) {
  std::mt19937 random(5);
  Seen seen;
  for (int n = 0; n < 20'000; ++n) {
    const std::uint32_t networks = 2U + static_cast<std::uint32_t>(random() % 2);
    std::vector<Instruction> instructions(1 + random() % 9);
    for (Instruction& i : instructions) i = random_instruction(random, networks);
    const std::uint32_t slots =
        random() % 3 == 0 ? 1U + static_cast<std::uint32_t>(random() % 3) : 16U;
    ASSERT_NO_FATAL_FAILURE(compare(program_of(instructions), networks, slots, seen));
  }
  EXPECT_GT(seen.checked, 1000);
  EXPECT_GT(seen.standing, 200);
  EXPECT_GT(seen.early_releases, 200);
  EXPECT_GT(seen.early_shares, 200);
}

std::vector<std::string> faults_of_text(const std::string& text, std::uint32_t slots = 8) {
  const Assembly assembly = assemble(text, "p");
  EXPECT_EQ(assembly.errors, std::vector<std::string>{});
  return faults_of(assembly.program, machine_with(2, slots));
}

using Faults = std::vector<std::string>;

// The target's result leaves after the detector's verdict; the detector works on a bank of the
// target's.
constexpr const char* kRight = R"(
nn.res net=0 rows=24 banks=12
nn.load net=0 address=0 bank=3 bytes=4096 set=1
nn.share net=1 wait=1 bank=3 owner=0 reader=1 uses=1
nn.cfg net=0 descriptor=1
nn.layer net=0 kind=conv
nn.cfg net=1 descriptor=0
nn.layer net=1 kind=conv
nn.cpuop net=1 handler=1 source=0 destination=64 elements=10 set=2
nn.wait net=1 tokens=2
nn.verdict net=1 source=cpu judged=0 address=64 threshold=100 set=3
nn.release net=0 wait=3 address=0
)";

TEST(ProgramCheckTest, ARightProgramHasNoFaults) { EXPECT_EQ(faults_of_text(kRight), Faults{}); }

TEST(ProgramCheckTest, OperandsThatTheMachineDoesNotHave) {
  EXPECT_EQ(faults_of_text("nn.cfg net=2 descriptor=2\n"
                           "nn.res net=0 rows=33 banks=17\n"
                           "nn.cpuop net=0 handler=2 source=0 destination=0 elements=1\n"
                           "nn.load net=0 address=0 bank=16 bytes=1\n"
                           "nn.share net=0 bank=0 owner=1 reader=1 uses=1\n"
                           "nn.verdict net=0 source=cpu judged=3 address=0 threshold=0\n"),
            (Faults{"p:1: nn.cfg: net is 2; the networks are 0 to 1",
                    "p:1: nn.cfg: descriptor is 2; the descriptors are 0 to 1",
                    "p:2: nn.res: rows is 33; the machine has 32",
                    "p:2: nn.res: banks is 17; the machine has 16",
                    "p:3: nn.cpuop: handler is 2; the handlers are 0 to 1",
                    "p:4: nn.load: bank is 16; the banks are 0 to 15",
                    "p:5: nn.share: owner and reader are both 1; a network reads its own banks "
                    "anyway",
                    "p:6: nn.verdict: judged is 3; the networks are 0 to 1"}));
}

TEST(ProgramCheckTest, TokensThatDoNotPair) {
  EXPECT_EQ(faults_of_text("nn.wait net=0 tokens=4\nnn.signal net=1 token=5\n"),
            (Faults{"p:1: network 0 waits for token 4, which nothing ever sets",
                    "p:2: network 1 sets token 5, which nothing ever waits for"}));
  EXPECT_EQ(faults_of_text("nn.signal net=0 token=1\nnn.signal net=1 token=1\n"
                           "nn.wait net=0 tokens=1\n"),
            (Faults{"p:2: network 1 sets token 1, as network 0 does in line 1; that has to be one "
                    "network only, or the outcome is a matter of time"}));
  EXPECT_EQ(
      faults_of_text("nn.wait net=0 wait=1 tokens=1\nnn.signal net=1 set=1 token=1\n"),
      (Faults{"p:1: nn.wait: waits for token 1 twice", "p:2: nn.signal: sets token 1 twice"}));
}

TEST(ProgramCheckTest, StandstillsNameWhoWaitsForWhom) {
  EXPECT_EQ(faults_of_text("nn.wait net=0 tokens=1\nnn.signal net=0 token=2\n"
                           "nn.wait net=1 tokens=2\nnn.signal net=1 token=1\n"),
            (Faults{"p:1: network 0 waits for token 1, which network 1 sets in line 4, but it "
                    "stands in line 3",
                    "p:3: network 1 waits for token 2, which network 0 sets in line 2, but it "
                    "stands in line 1"}));
  EXPECT_EQ(faults_of_text("nn.signal net=0 token=1\nnn.wait net=1 tokens=1\n"
                           "nn.wait net=1 tokens=1\n"),
            (Faults{"p:3: network 1 waits for token 1, which nothing sets any more"}));
  EXPECT_EQ(faults_of_text("nn.signal net=0 token=1\nnn.signal net=0 token=1\n"
                           "nn.signal net=0 token=1\nnn.wait net=1 tokens=1\n"),
            (Faults{"p:3: network 0 cannot set token 1, which is still there from line 2 and which "
                    "nothing takes any more"}));
}

TEST(ProgramCheckTest, FullIssueSlotsStopTheFetch) {
  const std::string text =
      "nn.wait net=0 tokens=1\nnn.wait net=0 tokens=2\nnn.signal net=1 token=1\n"
      "nn.signal net=1 token=2\n";
  EXPECT_EQ(faults_of_text(text, 2), Faults{});
  EXPECT_EQ(faults_of_text(text, 1),
            (Faults{"p:1: network 0 waits for token 1, which network 1 sets in line 3, but it "
                    "waits to be fetched",
                    "p:3: network 1 gets no further instruction: line 2 is next to be fetched, and "
                    "the 1 issue slots of network 0 are full"}));
}

TEST(ProgramCheckTest, ResultsLeaveOnlyBehindVerdicts) {
  EXPECT_EQ(
      faults_of_text("nn.verdict net=1 source=cpu judged=0 address=0 threshold=0\n"
                     "nn.release net=0 address=0\n"),
      (Faults{"p:2: nn.release: network 0 lets its result number 1 out, but only 0 nn.verdict "
              "on it are sure to come before"}));
  EXPECT_EQ(
      faults_of_text("nn.verdict net=1 source=cpu judged=0 address=0 threshold=0 set=1\n"
                     "nn.release net=0 wait=1 address=0\nnn.release net=0 address=0\n"),
      (Faults{"p:3: nn.release: network 0 lets its result number 2 out, but only 1 nn.verdict "
              "on it are sure to come before"}));
}

TEST(ProgramCheckTest, SharedBanksHaveAnOwner) {
  EXPECT_EQ(
      faults_of_text("nn.load net=0 address=0 bank=3 bytes=1\n"
                     "nn.share net=1 bank=3 owner=0 reader=1 uses=1\n"),
      (Faults{"p:2: nn.share: bank 3 has no owner yet: nothing of network 0 that writes it is "
              "sure to come before"}));
  // Descriptor 1 says that its layer writes bank 5.
  EXPECT_EQ(faults_of_text("nn.cfg net=0 descriptor=1\nnn.layer net=0 kind=conv set=1\n"
                           "nn.share net=1 wait=1 bank=5 owner=0 reader=1 uses=1\n"),
            Faults{});
  EXPECT_EQ(faults_of_text("nn.xfer net=1 to=bank address=0 bank=2 bytes=1\n"
                           "nn.share net=1 bank=2 owner=1 reader=0 uses=1\n"),
            Faults{});
}

TEST(ProgramCheckTest, LayersHaveRegisters) {
  EXPECT_EQ(faults_of_text("nn.cfg net=0 descriptor=0\nnn.layer net=0 kind=conv\n"
                           "nn.layer net=0 kind=conv\n"),
            (Faults{"p:3: nn.layer: network 0 has no nn.cfg before it since its last layer"}));
}

}  // namespace
}  // namespace sim::dnnguard
