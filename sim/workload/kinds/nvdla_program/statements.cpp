// The form of .cfg files: name(argument, argument);
#include <fmt/format.h>

#include <array>

#include "sim/base/printable.h"
#include "sim/workload/kinds/nvdla_program/statement.h"
#include "sim/workload/text.h"

namespace sim::workload::nvdla_program {
namespace {

using base::printable;
using nvdla::Filling;

constexpr std::uint64_t kMaxWord = 0xffffffff;
constexpr std::uint64_t kMaxAddress = ~std::uint64_t{0};

/// Outside of quotes; npos when there is none.
std::size_t find_outside_quotes(std::string_view line, std::string_view what) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') quoted = !quoted;
    if (!quoted && line.substr(i).starts_with(what)) return i;
  }
  return std::string_view::npos;
}

/// One statement, cut into its arguments.
class Call {
 public:
  Call(std::string_view text, std::uint32_t line, const std::string& file)
      : line_(line), file_(file) {
    const std::size_t open = text.find('(');
    if (open == std::string_view::npos || !text.ends_with(")")) {
      fail(fmt::format("'{}' is no statement; one is NAME(ARGUMENT, …);", printable(text, 60)));
    }
    name_ = trimmed(text.substr(0, open));
    cut(text.substr(open + 1, text.size() - open - 2));
  }

  std::string_view name() const { return name_; }

  void take(std::size_t count, std::string_view form) const {
    if (arguments_.size() == count) return;
    fail(fmt::format("{} has {} arguments; it is {}({})", name_, arguments_.size(), name_, form));
  }
  std::string_view at(std::size_t i) const { return arguments_[i]; }
  std::string word(std::size_t i) const { return std::string(arguments_[i]); }

  std::uint64_t number(std::size_t i, std::uint64_t max, std::string_view what) const {
    std::uint64_t value = 0;
    if (read_number(at(i), max, value)) return value;
    fail(fmt::format("{} '{}'; must be a number of 0 to {:#x}, decimal or with 0x", what,
                     printable(at(i), 60), max));
  }

  /// A file's name in quotes.
  std::string file_name(std::size_t i) const {
    const std::string_view text = at(i);
    if (text.size() < 3 || !text.starts_with('"') || !text.ends_with('"')) {
      fail(fmt::format("file {}; must be a name in quotes", printable(text, 60)));
    }
    return std::string(text.substr(1, text.size() - 2));
  }

  [[noreturn]] void fail(const std::string& message) const { refuse(file_, line_, message); }
  std::uint32_t line() const { return line_; }

 private:
  void cut(std::string_view rest) {
    if (trimmed(rest).empty()) return;
    while (true) {
      const std::size_t comma = find_outside_quotes(rest, ",");
      arguments_.push_back(trimmed(rest.substr(0, comma)));
      if (comma == std::string_view::npos) return;
      rest = rest.substr(comma + 1);
    }
  }

  std::uint32_t line_;
  const std::string& file_;
  std::string_view name_;
  std::vector<std::string_view> arguments_;
};

/// "NVDLA_UNIT.REGISTER_0" or "NVDLA_UNIT".
void name_register(const Call& call, std::size_t i, Statement& s) {
  const std::string_view text = call.at(i);
  const std::size_t dot = text.find('.');
  if (!text.starts_with("NVDLA_") || dot == std::string_view::npos || !text.ends_with("_0")) {
    call.fail(fmt::format("register '{}'; must be of the form NVDLA_UNIT.REGISTER_0",
                          printable(text, 60)));
  }
  s.unit = text.substr(6, dot - 6);
  s.name = text.substr(dot + 1, text.size() - dot - 3);
}

Filling filling_named(const Call& call, std::size_t i) {
  struct Named {
    std::string_view name;
    Filling filling;
  };
  constexpr std::array<Named, 7> kNames = {{{"ALL_ZERO", Filling::kZeros},
                                            {"ONES", Filling::kOnes},
                                            {"AFIVE", Filling::kA5},
                                            {"FIVEA", Filling::k5A},
                                            {"ADDR", Filling::kAddress},
                                            {"RANDOM", Filling::kRandom},
                                            {"X", Filling::kRandom}}};
  std::vector<std::string> names;
  for (const Named& named : kNames) {
    if (call.at(i) == named.name) return named.filling;
    names.emplace_back(named.name);
  }
  call.fail(fmt::format("pattern '{}' is none of ALL_ZERO, ONES, AFIVE, FIVEA, ADDR, RANDOM, X{}",
                        printable(call.at(i), 60), suggestion(call.at(i), names)));
}

void read_register(const Call& call, Verb verb, Statement& s) {
  call.take(2, "NVDLA_UNIT.REGISTER_0, VALUE");
  s.verb = verb;
  name_register(call, 0, s);
  s.value = static_cast<std::uint32_t>(call.number(1, kMaxWord, "value"));
}

void read_memory(const Call& call, Statement& s) {
  const bool fills = call.name() == "mem_init";
  if (fills) {
    call.take(4, "MEMORY, ADDRESS, SIZE, PATTERN");
  } else {
    call.take(3, "MEMORY, ADDRESS, \"FILE\"");
  }
  s.verb = fills ? Verb::kFill : Verb::kLoad;
  s.address = call.number(1, kMaxAddress, "address");
  if (!fills || call.at(2).starts_with('"')) {
    s.name = call.file_name(2);
  } else {
    s.size = call.number(2, kMaxAddress, "size");
  }
  if (fills) s.filling = filling_named(call, 3);
}

void read_check(const Call& call, Statement& s) {
  call.take(5, "EVENT, MEMORY, ADDRESS, SIZE, CRC");
  s.verb = Verb::kCheck;
  s.name = call.word(0);
  s.address = call.number(2, kMaxAddress, "address");
  s.size = call.number(3, kMaxAddress, "size");
  s.value = static_cast<std::uint32_t>(call.number(4, kMaxWord, "CRC"));
}

void read_event(const Call& call, Statement& s) {
  const std::string_view name = call.name();
  if (name == "check_nothing") {
    call.take(1, "EVENT");
    s.verb = Verb::kAwait;
    s.name = call.word(0);
    return;
  }
  call.take(2, name == "intr_notify" ? "UNIT_GROUP, EVENT" : "NVDLA_UNIT, EVENT");
  s.verb = name == "intr_notify" ? Verb::kNotify
           : name == "sync_wait" ? Verb::kAwait
                                 : Verb::kSignal;
  s.unit = call.word(0);
  s.name = call.word(1);
}

/// Whether it is a statement that is known.
bool read_call(const Call& call, Statement& s) {
  const std::string_view name = call.name();
  if (name == "reg_write") {
    read_register(call, Verb::kWrite, s);
  } else if (name == "poll_reg_equal") {
    read_register(call, Verb::kPoll, s);
  } else if (name == "mem_init" || name == "mem_load") {
    read_memory(call, s);
  } else if (name == "check_crc") {
    read_check(call, s);
  } else if (name == "intr_notify" || name == "sync_notify" || name == "sync_wait" ||
             name == "check_nothing") {
    read_event(call, s);
  } else {
    return false;
  }
  return true;
}

}  // namespace

void read_statement(std::string_view text, std::uint32_t number, const std::string& file,
                    std::vector<Statement>& into) {
  text = trimmed(text.substr(0, find_outside_quotes(text, "//")));
  while (!text.empty()) {
    const std::size_t end = find_outside_quotes(text, ";");
    if (end == std::string_view::npos) refuse(file, number, "a statement without its ';'");
    const Call call(trimmed(text.substr(0, end)), number, file);
    Statement s;
    s.line = number;
    if (!read_call(call, s)) {
      call.fail(fmt::format(
          "unknown statement '{}'{}", printable(call.name(), 60),
          suggestion(call.name(),
                     {"reg_write", "mem_init", "mem_load", "poll_reg_equal", "intr_notify",
                      "check_crc", "check_nothing", "sync_notify", "sync_wait"})));
    }
    into.push_back(std::move(s));
    text = trimmed(text.substr(end + 1));
  }
}

}  // namespace sim::workload::nvdla_program
