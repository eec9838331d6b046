#include "sim/accelerators/dnnguard/program_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <variant>

namespace sim::dnnguard {
namespace {

using Faults = std::vector<ProgramFault>;

/// Complains about the operands of one instruction.
class OperandCheck {
 public:
  OperandCheck(const PlacedInstruction& placed, const ProgramMachine& machine, Faults& faults)
      : placed_(placed), machine_(machine), faults_(faults) {}

  void run() {
    network("net", placed_.instruction.net);
    std::visit([&](const auto& op) { check(op); }, placed_.instruction.operation);
  }

 private:
  void fault(std::string what) {
    faults_.push_back({placed_.line, fmt::format("{}: {}", mnemonic(placed_.instruction.operation),
                                                 std::move(what))});
  }
  /// Of things numbered from 0 on.
  void below(std::string_view name, std::uint64_t value, std::uint64_t count,
             std::string_view what) {
    if (value < count) return;
    fault(count == 0 ? fmt::format("{} is {}; there are no {}", name, value, what)
                     : fmt::format("{} is {}; the {} are 0 to {}", name, value, what, count - 1));
  }
  void network(std::string_view name, std::uint32_t value) {
    below(name, value, machine_.networks, "networks");
  }
  void bank(std::uint32_t value) { below("bank", value, machine_.banks, "banks"); }
  void at_most(std::string_view name, std::uint32_t value, std::uint32_t most) {
    if (value > most) fault(fmt::format("{} is {}; the machine has {}", name, value, most));
  }

  void check(const Configure& op) {
    below("descriptor", op.descriptor, machine_.descriptors.size(), "descriptors");
  }
  void check(const Reserve& op) {
    at_most("rows", op.rows, machine_.rows);
    at_most("banks", op.banks, machine_.banks);
  }
  void check(const Layer& /*any*/) {}
  void check(const CpuTask& op) { below("handler", op.handler, machine_.handlers, "handlers"); }
  void check(const Wait& op) {
    const std::uint32_t token = placed_.instruction.wait;
    if (token != 0 && op.tokens.has(token)) fault(fmt::format("waits for token {} twice", token));
  }
  void check(const Signal& op) {
    if (op.token == placed_.instruction.set) fault(fmt::format("sets token {} twice", op.token));
  }
  void check(const Verdict& op) { network("judged", op.judged); }
  void check(const Load& op) { bank(op.bank); }
  void check(const Store& op) { bank(op.bank); }
  void check(const Share& op) {
    bank(op.bank);
    network("owner", op.owner);
    network("reader", op.reader);
    if (op.owner == op.reader) {
      fault(fmt::format("owner and reader are both {}; a network reads its own banks anyway",
                        op.owner));
    }
  }
  void check(const Transfer& op) { bank(op.bank); }
  void check(const Release& /*any*/) {}

  const PlacedInstruction& placed_;
  const ProgramMachine& machine_;
  Faults& faults_;
};

/// Lines where a token is set, or taken.
struct TokenUse {
  std::optional<PlacedInstruction> first{};
  bool reported = false;

  void note(const PlacedInstruction& placed, std::uint32_t token, std::string_view does,
            Faults& faults) {
    if (!first) first = placed;
    if (first->instruction.net == placed.instruction.net || reported) return;
    reported = true;
    faults.push_back(
        {placed.line,
         fmt::format("network {} {} token {}, as network {} does in line {}; that has "
                     "to be one network only, or the outcome is a matter of time",
                     placed.instruction.net, does, token, first->instruction.net, first->line)});
  }
};

/// Places within their network, from 0 on, of one network's instructions that do something.
using Places = std::vector<std::uint32_t>;

std::size_t before(const Places& places, std::uint32_t end) {
  return static_cast<std::size_t>(std::ranges::lower_bound(places, end) - places.begin());
}

/// Visits instructions with their places within their network.
template <class Visit>
void each_placed(const Program& program, Visit visit) {
  Past next{};
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    const Instruction& instruction = program.instructions[i].instruction;
    visit(i, instruction, next[instruction.net]++);
  }
}

/// Who writes which bank where.
using Fills = std::map<std::pair<std::uint32_t, std::uint32_t>, Places>;  // of network, bank

Fills fills_of(const Program& program, const ProgramMachine& machine) {
  Fills fills;
  std::array<std::uint32_t, kMaxNetworks> configured{};
  each_placed(program, [&](std::size_t, const Instruction& i, std::uint32_t place) {
    if (const auto* cfg = std::get_if<Configure>(&i.operation)) configured[i.net] = cfg->descriptor;
    if (const auto* load = std::get_if<Load>(&i.operation)) {
      fills[{i.net, load->bank}].push_back(place);
    }
    const auto* transfer = std::get_if<Transfer>(&i.operation);
    if (transfer != nullptr && transfer->to == TransferTo::kBank) {
      fills[{i.net, transfer->bank}].push_back(place);
    }
    if (std::holds_alternative<Layer>(i.operation) && !machine.descriptors.empty()) {
      for (const std::uint32_t bank : machine.descriptors[configured[i.net]].written_banks) {
        fills[{i.net, bank}].push_back(place);
      }
    }
  });
  return fills;
}

}  // namespace

void check_operands(const Program& program, const ProgramMachine& machine, Faults& faults) {
  for (const PlacedInstruction& placed : program.instructions) {
    OperandCheck(placed, machine, faults).run();
  }
}

void check_tokens(const Program& program, Faults& faults) {
  std::array<TokenUse, kTokens> set{};
  std::array<TokenUse, kTokens> took{};
  for (const PlacedInstruction& placed : program.instructions) {
    for (std::uint32_t t = 1; t < kTokens; ++t) {
      if (set_tokens(placed.instruction).has(t)) set[t].note(placed, t, "sets", faults);
      if (taken(placed.instruction).has(t)) took[t].note(placed, t, "takes", faults);
    }
  }
  for (std::uint32_t t = 1; t < kTokens; ++t) {
    if (took[t].first && !set[t].first) {
      faults.push_back({took[t].first->line,
                        fmt::format("network {} waits for token {}, which nothing ever sets",
                                    took[t].first->instruction.net, t)});
    }
    if (set[t].first && !took[t].first) {
      faults.push_back(
          {set[t].first->line, fmt::format("network {} sets token {}, which nothing ever waits for",
                                           set[t].first->instruction.net, t)});
    }
  }
}

void check_layers(const Program& program, Faults& faults) {
  std::array<bool, kMaxNetworks> configured{};
  for (const PlacedInstruction& placed : program.instructions) {
    bool& ready = configured.at(placed.instruction.net);
    if (std::holds_alternative<Configure>(placed.instruction.operation)) ready = true;
    if (!std::holds_alternative<Layer>(placed.instruction.operation)) continue;
    if (!ready) {
      faults.push_back(
          {placed.line, fmt::format("nn.layer: network {} has no nn.cfg before it since "
                                    "its last layer",
                                    placed.instruction.net)});
    }
    ready = false;
  }
}

void check_releases(const Program& program, const TokenFlow& flow, Faults& faults) {
  std::array<std::array<Places, kMaxNetworks>, kMaxNetworks> verdicts{};  // judged, by whom
  each_placed(program, [&](std::size_t, const Instruction& i, std::uint32_t place) {
    const auto* verdict = std::get_if<Verdict>(&i.operation);
    if (verdict != nullptr) verdicts.at(verdict->judged).at(i.net).push_back(place);
  });
  std::array<std::size_t, kMaxNetworks> released{};
  each_placed(program, [&](std::size_t index, const Instruction& i, std::uint32_t) {
    if (!std::holds_alternative<Release>(i.operation)) return;
    const std::size_t needed = ++released[i.net];
    if (!flow.past[index]) return;
    std::size_t sure = 0;
    for (std::uint32_t by = 0; by < kMaxNetworks; ++by) {
      sure += before(verdicts[i.net][by], (*flow.past[index])[by]);
    }
    if (sure >= needed) return;
    faults.push_back(
        {program.instructions[index].line,
         fmt::format("nn.release: network {} lets its result number {} out, but only {} nn.verdict "
                     "on it are sure to come before",
                     i.net, needed, sure)});
  });
}

void check_shares(const Program& program, const ProgramMachine& machine, const TokenFlow& flow,
                  Faults& faults) {
  const Fills fills = fills_of(program, machine);
  each_placed(program, [&](std::size_t index, const Instruction& i, std::uint32_t) {
    const auto* share = std::get_if<Share>(&i.operation);
    if (share == nullptr || !flow.past[index]) return;
    const auto found = fills.find({share->owner, share->bank});
    if (found != fills.end() && before(found->second, (*flow.past[index])[share->owner]) > 0)
      return;
    faults.push_back(
        {program.instructions[index].line,
         fmt::format("nn.share: bank {} has no owner yet: nothing of network {} that writes it is "
                     "sure to come before",
                     share->bank, share->owner)});
  });
}

}  // namespace sim::dnnguard
