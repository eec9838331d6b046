// The older form, input.txn: words with blanks between, a register's name in the comment.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/base/printable.h"
#include "sim/workload/kinds/nvdla_program/statement.h"
#include "sim/workload/text.h"

namespace sim::workload::nvdla_program {
namespace {

using base::printable;

constexpr std::uint64_t kMaxWord = 0xffffffff;

/// Where a unit's registers begin: bytes, in the low 16 bits of four times a word's address.
struct UnitBase {
  std::string_view unit;
  std::uint32_t base;
};
constexpr std::array<UnitBase, 10> kBases = {{{"BDMA", 0x4000},
                                              {"CDMA", 0x5000},
                                              {"CSC", 0x6000},
                                              {"CMAC_A", 0x7000},
                                              {"CMAC_B", 0x8000},
                                              {"CACC", 0x9000},
                                              {"SDP_RDMA", 0xa000},
                                              {"SDP", 0xb000},
                                              {"PDP_RDMA", 0xc000},
                                              {"PDP", 0xd000}}};

struct Line {
  const std::string& file;
  std::uint32_t number;
  std::vector<std::string_view> words;
  std::string_view comment;

  [[noreturn]] void fail(const std::string& message) const { refuse(file, number, message); }

  void take(std::size_t count, std::string_view form) const {
    if (words.size() == count) return;
    fail(fmt::format("{} has {} arguments; it is {} {}", words[0], words.size() - 1, words[0],
                     form));
  }
  std::uint64_t value(std::size_t i, std::uint64_t max) const {
    std::uint64_t value = 0;
    if (read_number(words[i], max, value)) return value;
    fail(fmt::format("'{}'; must be a number of 0 to {:#x}, decimal or with 0x",
                     printable(words[i], 60), max));
  }
};

Line cut(std::string_view text, std::uint32_t number, const std::string& file) {
  const std::size_t hash = text.find('#');
  Line line{file, number, {}, hash == std::string_view::npos ? "" : text.substr(hash + 1)};
  text = trimmed(text.substr(0, hash));
  if (text.starts_with("//")) return line;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(" \t");
    line.words.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? "" : trimmed(text.substr(end));
  }
  return line;
}

/// From the comment, "NVDLA_UNIT.REGISTER_0 …"; nothing when it names none.
void name_register(const Line& line, Statement& s) {
  const std::size_t begin = line.comment.find("NVDLA_");
  const std::size_t dot = line.comment.find('.', begin);
  if (begin == std::string_view::npos || dot == std::string_view::npos) return;
  const std::string_view rest = line.comment.substr(dot + 1);
  const auto is_letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  std::string_view name(rest.begin(), std::ranges::find_if_not(rest, is_letter));
  if (name.ends_with("_0")) name.remove_suffix(2);
  s.unit = line.comment.substr(begin + 6, dot - begin - 6);
  s.name = name;
}

void check_base(const Line& line, const Statement& s) {
  const auto at = std::ranges::find(kBases, s.unit, &UnitBase::unit);
  const std::uint32_t base = static_cast<std::uint32_t>(s.address & 0xffff) * 4 & 0xf000;
  if (at == kBases.end() || at->base == base) return;
  line.fail(
      fmt::format("the comment names a register of {}, whose registers begin at {:#x}; the "
                  "address is one of {:#x}",
                  s.unit, at->base, base));
}

void read_register(const Line& line, Statement& s) {
  const bool writes = line.words[0] == "write_reg";
  line.take(writes ? 3 : 4, writes ? "ADDRESS VALUE" : "ADDRESS MASK VALUE");
  s.verb = writes ? Verb::kWrite : Verb::kRead;
  s.address = line.value(1, kMaxWord);
  s.value = static_cast<std::uint32_t>(line.value(line.words.size() - 1, kMaxWord));
  name_register(line, s);
  if (writes && s.name.empty()) {
    line.fail("a register without its name; a comment names it, as #NVDLA_UNIT.REGISTER_0");
  }
  check_base(line, s);
}

void read_memory(const Line& line, Statement& s) {
  line.take(4, "ADDRESS SIZE FILE");
  s.verb = line.words[0] == "load_mem" ? Verb::kLoad : Verb::kDump;
  s.address = line.value(1, ~std::uint64_t{0});
  s.size = line.value(2, ~std::uint64_t{0});
  s.name = line.words[3];
  if (s.name.size() > 2 && s.name.front() == '"' && s.name.back() == '"') {
    s.name = s.name.substr(1, s.name.size() - 2);
  }
}

}  // namespace

void read_transaction(std::string_view text, std::uint32_t number, const std::string& file,
                      std::vector<Statement>& into) {
  const Line line = cut(text, number, file);
  if (line.words.empty()) return;
  const std::string_view verb = line.words[0];
  Statement s;
  s.line = number;
  if (verb == "write_reg" || verb == "read_reg") {
    read_register(line, s);
  } else if (verb == "load_mem" || verb == "dump_mem") {
    read_memory(line, s);
  } else if (verb != "wait") {
    line.fail(
        fmt::format("unknown statement '{}'{}", printable(verb, 60),
                    suggestion(verb, {"load_mem", "write_reg", "read_reg", "wait", "dump_mem"})));
  }
  into.push_back(std::move(s));
}

}  // namespace sim::workload::nvdla_program
