#include "sim/workload/lut_simplify.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace sim::workload {
namespace {

using Table = std::vector<std::uint8_t>;  // [2^pins], 0 or 1

/// A function of signals of the original program. Constants have no pins.
struct Function {
  std::vector<Signal> pins;
  Table table;
};

/// What a signal turned out to be: another signal or a constant, perhaps inverted.
struct Alias {
  Signal signal = 0;
  bool inverted = false;
};

bool is_set(std::uint32_t address, std::size_t pin) { return (address >> pin & 1) != 0; }

Alias invert(Alias alias) {
  if (alias.signal == kConstantZero) return {kConstantOne, false};
  if (alias.signal == kConstantOne) return {kConstantZero, false};
  return {alias.signal, !alias.inverted};
}

/// The LUT as a function of the distinct signals among its pins.
Function substituted(const LutLevel& level, std::size_t lut, const std::vector<Alias>& pins) {
  Function f;
  std::vector<std::size_t> place(pins.size());
  for (std::size_t k = 0; k < pins.size(); ++k) {
    if (pins[k].signal < 0) continue;
    const auto found = std::ranges::find(f.pins, pins[k].signal);
    place[k] = static_cast<std::size_t>(found - f.pins.begin());
    if (found == f.pins.end()) f.pins.push_back(pins[k].signal);
  }
  f.table.resize(std::size_t{1} << f.pins.size());
  for (std::uint32_t a = 0; a < f.table.size(); ++a) {
    std::uint32_t address = 0;
    for (std::size_t k = 0; k < pins.size(); ++k) {
      const bool value = pins[k].signal < 0 ? pins[k].signal == kConstantOne
                                            : is_set(a, place[k]) != pins[k].inverted;
      address |= std::uint32_t{value} << k;
    }
    f.table[a] = level.output(lut, address) ? 1 : 0;
  }
  return f;
}

/// The function of the pins at `places` of f, in that order; f does not depend on the others.
Function rearranged(const Function& f, const std::vector<std::size_t>& places) {
  Function result;
  for (const std::size_t p : places) result.pins.push_back(f.pins[p]);
  result.table.resize(std::size_t{1} << places.size());
  for (std::uint32_t a = 0; a < result.table.size(); ++a) {
    std::uint32_t address = 0;
    for (std::size_t k = 0; k < places.size(); ++k) {
      address |= std::uint32_t{is_set(a, k)} << places[k];
    }
    result.table[a] = f.table[address];
  }
  return result;
}

bool depends_on(const Function& f, std::size_t pin) {
  for (std::uint32_t a = 0; a < f.table.size(); ++a) {
    if (f.table[a] != f.table[a ^ std::uint32_t{1} << pin]) return true;
  }
  return false;
}

Function without_idle_pins(const Function& f) {
  std::vector<std::size_t> live;
  for (std::size_t k = 0; k < f.pins.size(); ++k) {
    if (depends_on(f, k)) live.push_back(k);
  }
  return rearranged(f, live);
}

/// The same for all orders of pins.
Function in_order_of_signals(const Function& f) {
  std::vector<std::size_t> places(f.pins.size());
  std::iota(places.begin(), places.end(), 0);
  std::ranges::sort(places, {}, [&](std::size_t p) { return f.pins[p]; });
  return rearranged(f, places);
}

class Simplifier {
 public:
  explicit Simplifier(const LutProgram& program)
      : program_(program), functions_(program.luts()), needed_(program.luts()) {
    for (std::uint32_t i = 0; i < program.inputs; ++i) {
      aliases_.push_back({static_cast<Signal>(i), false});
    }
  }

  LutProgram run() {
    for (const LutLevel& level : program_.levels) {
      for (std::size_t lut = 0; lut < level.luts; ++lut) reduce(level, lut);
    }
    for (const Signal bit : program_.outputs) outputs_.push_back(output(alias(bit)));
    mark_needed();
    return rebuilt();
  }

 private:
  using Key = std::pair<std::vector<Signal>, Table>;

  std::size_t lut_of(Signal signal) const {
    return static_cast<std::size_t>(signal) - program_.inputs;
  }
  Alias alias(Signal signal) const {
    return signal < 0 ? Alias{signal, false} : aliases_[static_cast<std::size_t>(signal)];
  }

  /// Finds what the next LUT is; what it reads is final.
  void reduce(const LutLevel& level, std::size_t lut) {
    const auto own = static_cast<Signal>(aliases_.size());
    std::vector<Alias> pins;
    for (std::uint32_t k = 0; k < level.fan_in; ++k) pins.push_back(alias(level.pins(lut)[k]));
    Function f = without_idle_pins(substituted(level, lut, pins));
    aliases_.push_back(known(f, own));
    functions_[lut_of(own)] = std::move(f);
  }

  Alias known(const Function& f, Signal own) {
    if (f.pins.empty()) return {f.table[0] != 0 ? kConstantOne : kConstantZero, false};
    if (f.pins.size() == 1) {
      const Alias source{f.pins[0], false};
      if (f.table[1] != 0) return source;
      inverters_.emplace(f.pins[0], own);
      return invert(source);
    }
    Function sorted = in_order_of_signals(f);
    return {same_.emplace(Key{std::move(sorted.pins), std::move(sorted.table)}, own).first->second,
            false};
  }

  /// An output has no table that an inverter could go into.
  Signal output(const Alias& bit) const {
    return bit.inverted ? inverters_.at(bit.signal) : bit.signal;
  }

  void mark_needed() {
    const auto mark = [&](Signal s) {
      if (s >= static_cast<Signal>(program_.inputs)) needed_[lut_of(s)] = 1;
    };
    for (const Signal bit : outputs_) mark(bit);
    for (std::size_t lut = needed_.size(); lut-- > 0;) {
      if (needed_[lut] == 0) continue;
      for (const Signal pin : functions_[lut].pins) mark(pin);
    }
  }

  LutProgram rebuilt() {
    LutProgram result = program_;
    result.levels.clear();
    renumbered_.resize(program_.signals());
    std::iota(renumbered_.begin(), renumbered_.end(), 0);
    Signal next = static_cast<Signal>(program_.inputs);
    for (std::size_t k = 0; k < program_.levels.size(); ++k) {
      LutLevel level = rebuilt_level(k, next);
      if (level.luts > 0) result.levels.push_back(std::move(level));
    }
    for (std::size_t i = 0; i < outputs_.size(); ++i) result.outputs[i] = renumbered(outputs_[i]);
    return result;
  }

  LutLevel rebuilt_level(std::size_t k, Signal& next) {
    const LutLevel& old = program_.levels[k];
    const auto first = static_cast<std::size_t>(program_.first_signal(k));
    LutLevel level;
    level.name = old.name;
    level.label_names = old.label_names;
    for (std::size_t i = 0; i < old.luts; ++i) {
      const auto& f = functions_[first - program_.inputs + i];
      if (is_needed(first + i)) {
        level.fan_in = std::max(level.fan_in, static_cast<std::uint32_t>(f.pins.size()));
      }
    }
    for (std::size_t i = 0; i < old.luts; ++i) {
      if (!is_needed(first + i)) continue;
      append(level, functions_[first - program_.inputs + i]);
      const auto labels =
          old.labels.begin() + static_cast<std::ptrdiff_t>(i * old.label_names.size());
      level.labels.insert(level.labels.end(), labels,
                          labels + static_cast<std::ptrdiff_t>(old.label_names.size()));
      renumbered_[first + i] = next++;
    }
    return level;
  }

  bool is_needed(std::size_t signal) const { return needed_[signal - program_.inputs] != 0; }
  Signal renumbered(Signal s) const { return s < 0 ? s : renumbered_[static_cast<std::size_t>(s)]; }

  void append(LutLevel& level, const Function& f) const {
    ++level.luts;
    for (std::uint32_t k = 0; k < level.fan_in; ++k) {
      level.sources.push_back(k < f.pins.size() ? renumbered(f.pins[k]) : kConstantZero);
    }
    std::vector<std::uint64_t> words(level.table_words());
    for (std::size_t a = 0; a < f.table.size(); ++a) {
      words[a / kTableWordBits] |= std::uint64_t{f.table[a]} << (a % kTableWordBits);
    }
    level.tables.insert(level.tables.end(), words.begin(), words.end());
  }

  const LutProgram& program_;
  std::vector<Alias> aliases_;          // by signal
  std::vector<Function> functions_;     // by LUT; pins are what aliases lead to
  std::map<Key, Signal> same_;          // functions of two pins or more: the first LUT
  std::map<Signal, Signal> inverters_;  // by what they invert: the first LUT
  std::vector<Signal> outputs_;
  std::vector<std::uint8_t> needed_;  // by LUT
  std::vector<Signal> renumbered_;    // by signal
};

}  // namespace

LutProgram simplify(const LutProgram& program) { return Simplifier(program).run(); }

}  // namespace sim::workload
