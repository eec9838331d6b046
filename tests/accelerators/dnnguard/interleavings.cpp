#include "tests/accelerators/dnnguard/interleavings.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

namespace sim::dnnguard::test {
namespace {

struct State {
  std::uint32_t fetched = 0;
  std::uint32_t tokens = 0;
  std::vector<std::uint32_t> started{};

  friend auto operator<=>(const State&, const State&) = default;
};

class Explorer {
 public:
  Explorer(const Program& program, std::uint32_t networks, std::uint32_t slots)
      : program_(program), slots_(slots), streams_(networks) {
    for (std::uint32_t i = 0; i < program.instructions.size(); ++i) {
      streams_[program.instructions[i].instruction.net].push_back(i);
    }
  }

  Interleavings run() {
    std::vector<State> open{{0, 0, std::vector<std::uint32_t>(streams_.size())}};
    std::set<State> seen(open.begin(), open.end());
    while (!open.empty()) {
      const State state = open.back();
      open.pop_back();
      const std::vector<State> after = moves(state);
      if (after.empty()) found_.ends.insert(state.started);
      for (const State& next : after) {
        if (seen.insert(next).second) open.push_back(next);
      }
    }
    return found_;
  }

 private:
  const Instruction& at(std::uint32_t index) const {
    return program_.instructions[index].instruction;
  }

  /// Instructions of a network that are fetched and have not started.
  std::uint32_t held(const State& state, std::uint32_t net) const {
    const auto fetched = std::ranges::count_if(
        streams_[net], [&](std::uint32_t index) { return index < state.fetched; });
    return static_cast<std::uint32_t>(fetched) - state.started[net];
  }

  std::vector<State> moves(const State& state) {
    std::vector<State> after;
    if (state.fetched < program_.instructions.size() &&
        held(state, at(state.fetched).net) < slots_) {
      after.push_back(state);
      ++after.back().fetched;
    }
    for (std::uint32_t net = 0; net < streams_.size(); ++net) {
      if (held(state, net) == 0) continue;
      const std::uint32_t index = streams_[net][state.started[net]];
      std::uint32_t needs = 0;
      std::uint32_t makes = 0;
      std::tie(needs, makes) = tokens_of(at(index));
      if ((state.tokens & needs) != needs) continue;
      const std::uint32_t rest = state.tokens & ~needs;
      if ((rest & makes) != 0) continue;
      look(state, index);
      after.push_back(state);
      after.back().tokens = rest | makes;
      ++after.back().started[net];
    }
    return after;
  }

  static std::pair<std::uint32_t, std::uint32_t> tokens_of(const Instruction& i) {
    std::uint32_t needs = i.wait == 0 ? 0 : 1U << i.wait;
    std::uint32_t makes = i.set == 0 ? 0 : 1U << i.set;
    if (std::holds_alternative<Wait>(i.operation)) needs += std::get<Wait>(i.operation).tokens.bits;
    if (std::holds_alternative<Signal>(i.operation)) {
      makes += 1U << std::get<Signal>(i.operation).token;
    }
    return {needs, makes};
  }

  /// Those of all networks that have started.
  template <class Counts>
  int started(const State& state, Counts counts) const {
    int n = 0;
    for (std::uint32_t net = 0; net < streams_.size(); ++net) {
      for (std::uint32_t k = 0; k < state.started[net]; ++k)
        n += counts(at(streams_[net][k])) ? 1 : 0;
    }
    return n;
  }

  /// What is wrong when this one starts now.
  void look(const State& state, std::uint32_t index) {
    const Instruction& now = at(index);
    if (std::holds_alternative<Release>(now.operation)) {
      const int verdicts = started(state, [&](const Instruction& i) {
        const auto* verdict = std::get_if<Verdict>(&i.operation);
        return verdict != nullptr && verdict->judged == now.net;
      });
      const int releases = started(state, [&](const Instruction& i) {
        return i.net == now.net && std::holds_alternative<Release>(i.operation);
      });
      if (releases >= verdicts) found_.early_releases.insert(index);
    }
    if (const auto* share = std::get_if<Share>(&now.operation)) {
      const int fills = started(state, [&](const Instruction& i) {
        const auto* load = std::get_if<Load>(&i.operation);
        return load != nullptr && load->bank == share->bank && i.net == share->owner;
      });
      if (fills == 0) found_.early_shares.insert(index);
    }
  }

  const Program& program_;
  std::uint32_t slots_ = 1;
  std::vector<std::vector<std::uint32_t>> streams_;
  Interleavings found_{};
};

}  // namespace

Interleavings explore(const Program& program, std::uint32_t networks, std::uint32_t slots) {
  return Explorer(program, networks, slots).run();
}

}  // namespace sim::dnnguard::test
