#include "sim/accelerators/dnnguard/token_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <string_view>
#include <utility>

namespace sim::dnnguard {
namespace {

using Index = std::uint32_t;  // of an instruction

std::uint32_t first(TokenSet set) { return static_cast<std::uint32_t>(std::countr_zero(set.bits)); }

class Simulation {
 public:
  Simulation(const Program& program, std::uint32_t networks, std::uint32_t slots)
      : program_(program), slots_(slots), ports_(networks) {
    flow_.past.resize(program.instructions.size());
  }

  TokenFlow run() {
    for (bool moves = true; moves;) {
      fetch();
      moves = false;
      for (Port& port : ports_) moves |= start(port);
    }
    for (std::uint32_t net = 0; net < ports_.size(); ++net) note_standstill(net);
    return std::move(flow_);
  }

 private:
  struct Port {
    std::deque<Index> slots{};
    Past past{};  // of what starts next
  };
  struct Token {
    std::optional<Index> setter{};  // while it is there
    std::optional<Index> taker{};   // of the one before
  };

  const Instruction& at(Index index) const { return program_.instructions[index].instruction; }
  std::uint32_t line(Index index) const { return program_.instructions[index].line; }

  void fetch() {
    while (fetched_ < program_.instructions.size()) {
      std::deque<Index>& slots = ports_[at(fetched_).net].slots;
      if (slots.size() == slots_) return;
      slots.push_back(fetched_++);
    }
  }

  /// Tokens that keep it from starting.
  TokenSet missing(Index index) const {
    TokenSet set;
    for (std::uint32_t t = 1; t < kTokens; ++t) {
      if (taken(at(index)).has(t) && !tokens_[t].setter) set.bits |= 1U << t;
    }
    return set;
  }
  TokenSet in_the_way(Index index) const {
    TokenSet set;
    for (std::uint32_t t = 1; t < kTokens; ++t) {
      const bool sets = set_tokens(at(index)).has(t) && !taken(at(index)).has(t);
      if (sets && tokens_[t].setter) set.bits |= 1U << t;
    }
    return set;
  }

  void join(Past& past, std::optional<Index> other) const {
    if (!other) return;
    for (std::size_t net = 0; net < past.size(); ++net) {
      past[net] = std::max(past[net], (*flow_.past[*other])[net]);
    }
    past[at(*other).net] = std::max(past[at(*other).net], position_[*other] + 1);
  }

  bool start(Port& port) {
    if (port.slots.empty()) return false;
    const Index index = port.slots.front();
    if (missing(index).bits != 0 || in_the_way(index).bits != 0) return false;
    for (std::uint32_t t = 1; t < kTokens; ++t) {
      if (!taken(at(index)).has(t)) continue;
      join(port.past, tokens_[t].setter);
      tokens_[t] = {.setter = std::nullopt, .taker = index};
    }
    for (std::uint32_t t = 1; t < kTokens; ++t) {
      if (!set_tokens(at(index)).has(t)) continue;
      if (tokens_[t].taker != index) join(port.past, tokens_[t].taker);
      tokens_[t].setter = index;
    }
    position_[index] = port.past[at(index).net]++;
    flow_.past[index] = port.past;
    --(*flow_.past[index])[at(index).net];
    port.slots.pop_front();
    return true;
  }

  /// The first one from here on that does not start and fits.
  template <class Fits>
  std::optional<Index> next(Fits fits) const {
    for (Index i = 0; i < program_.instructions.size(); ++i) {
      if (!flow_.past[i] && fits(at(i))) return i;
    }
    return std::nullopt;
  }

  /// "which network 1 sets in line 12, but it stands in line 10".
  std::string other_side(std::optional<Index> other, std::string_view does) const {
    if (!other) return fmt::format("which nothing {} any more", does);
    const std::uint32_t net = at(*other).net;
    const std::string where =
        fmt::format("which network {} {} in line {}", net, does, line(*other));
    if (ports_[net].slots.empty()) return where + ", but it waits to be fetched";
    const Index stands = ports_[net].slots.front();
    if (stands == *other) return where + ", where it stands";
    return where + fmt::format(", but it stands in line {}", line(stands));
  }

  std::string not_fetched(std::uint32_t net) const {
    return fmt::format(
        "network {} gets no further instruction: line {} is next to be fetched, and "
        "the {} issue slots of network {} are full",
        net, line(fetched_), slots_, at(fetched_).net);
  }

  std::string why(std::uint32_t net) const {
    if (ports_[net].slots.empty()) return not_fetched(net);
    const Index index = ports_[net].slots.front();
    if (const TokenSet set = missing(index); set.bits != 0) {
      const std::uint32_t token = first(set);
      const auto setter = next([&](const Instruction& i) { return set_tokens(i).has(token); });
      return fmt::format("network {} waits for token {}, {}", net, token,
                         other_side(setter, "sets"));
    }
    const std::uint32_t token = first(in_the_way(index));
    const auto taker = next([&](const Instruction& i) { return taken(i).has(token); });
    return fmt::format("network {} cannot set token {}, which is still there from line {} and {}",
                       net, token, line(*tokens_[token].setter), other_side(taker, "takes"));
  }

  void note_standstill(std::uint32_t net) {
    const auto stands = next([&](const Instruction& i) { return i.net == net; });
    if (stands) flow_.standstills.push_back({*stands, why(net)});
  }

  const Program& program_;
  std::uint32_t slots_ = 1;
  std::vector<Port> ports_;
  std::array<Token, kTokens> tokens_{};
  Index fetched_ = 0;
  std::vector<std::uint32_t> position_ = std::vector<std::uint32_t>(program_.instructions.size());
  TokenFlow flow_{};
};

}  // namespace

TokenFlow flow_of(const Program& program, std::uint32_t networks, std::uint32_t slots) {
  return Simulation(program, networks, slots).run();
}

}  // namespace sim::dnnguard
