#include "sim/base/yaml_rules.h"

#include <vector>

#include "sim/base/yaml_lines.h"
#include "sim/base/yaml_value_rules.h"

namespace sim::base {
namespace {

/// A block of keys or a list whose entries stand in one column.
struct Open {
  std::size_t column;
  bool is_list;
  bool waits = true;  // for the value of the last entry
};

/// How blocks of keys and lists hold together, line by line.
class BlockRules {
 public:
  explicit BlockRules(const std::vector<std::string>& lines) : values_(lines) {}

  void check();

 private:
  void content(std::size_t column);
  bool is_below(std::size_t column) const { return open_.empty() || column > open_.back().column; }
  bool ends_list(bool is_entry) const;
  void node(std::size_t column);
  void entry(std::size_t column);
  void after_key(std::size_t start, std::size_t end);
  void push(std::size_t column, bool is_list);
  void value_at(std::size_t at);
  void fill();

  const YamlScanner& line() const { return values_.line(); }

  YamlValueRules values_;
  std::vector<Open> open_;
  bool root_waits_ = true;
};

void BlockRules::check() {
  for (bool started = false; values_.next_line();) {
    const std::size_t column = line().skip_spaces(0);
    if (column >= line().line.size() || line().line[column] == '#') {
      values_.end_text();
    } else if (!started && line().is_marker() && line().at(0) == '-' && line().is_rest(3)) {
      started = true;
    } else {
      values_.refuse_marker();
      started = true;
      content(column);
    }
  }
}

void BlockRules::content(std::size_t column) {
  if (values_.may_go_on() && is_below(column)) return values_.go_on(column);
  values_.end_text();
  const bool is_entry = line().is_dash(column);
  while (!open_.empty() &&
         (column < open_.back().column || (column == open_.back().column && ends_list(is_entry)))) {
    open_.pop_back();
  }
  if (is_below(column)) {
    if (!(open_.empty() ? root_waits_ : open_.back().waits)) {
      values_.fail("indented unlike the lines above it");
    }
    return node(column);
  }
  Open& top = open_.back();
  if (is_entry && !top.is_list && top.waits) return node(column);
  if (is_entry != top.is_list) values_.fail("a list and keys in one column");
  top.waits = true;
  entry(column);
}

/// A list may stand in the column of the key that it belongs to: a key ends it.
bool BlockRules::ends_list(bool is_entry) const {
  return open_.back().is_list && !is_entry && open_.size() > 1 &&
         open_[open_.size() - 2].column == open_.back().column;
}

/// A value, or the first entry of a block of keys or a list that begins in this column.
void BlockRules::node(std::size_t column) {
  if (line().is_dash(column)) {
    push(column, true);
    return entry(column);
  }
  const std::size_t end = values_.key_end(column);
  if (end == YamlScanner::kNone) return value_at(column);
  push(column, false);
  after_key(column, end);
}

void BlockRules::entry(std::size_t column) {
  if (open_.back().is_list) {
    if (!line().is_rest(column + 1)) node(line().skip_spaces(column + 1));
    return;
  }
  const std::size_t end = values_.key_end(column);
  if (end == YamlScanner::kNone) values_.fail("not a key with a colon and a space after it");
  after_key(column, end);
}

void BlockRules::after_key(std::size_t start, std::size_t end) {
  values_.check_key(line().line.substr(start, end - start), open_.size());
  if (line().is_rest(end + 1)) return;
  const std::size_t at = line().skip_spaces(end + 1);
  if (line().is_dash(at)) values_.fail("a list begins on a line of its own");
  value_at(at);
}

void BlockRules::push(std::size_t column, bool is_list) {
  fill();
  open_.push_back({column, is_list});
  values_.count(open_.size());
}

void BlockRules::fill() {
  if (!open_.empty()) open_.back().waits = false;
  root_waits_ = false;
}

void BlockRules::value_at(std::size_t at) {
  values_.check_value(at, {open_.size(), open_.empty() ? 0 : open_.back().column});
  fill();
}

/// All lines are one value.
void check_one_value(YamlValueRules rules) {
  rules.next_line();
  if (!rules.line().is_rest(0)) {
    rules.refuse_marker();
    rules.check_value(rules.line().skip_spaces(0), {});
  }
  while (rules.next_line()) {
    if (!rules.line().is_rest(0)) rules.fail("more text behind the end of a value");
  }
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).push_back('\n');
  return text;
}

}  // namespace

std::string checked_yaml(std::string_view text) {
  const std::vector<std::string> lines = yaml_lines(text);
  BlockRules(lines).check();
  return joined(lines);
}

std::string checked_yaml_value(std::string_view text) {
  const std::vector<std::string> lines = yaml_lines(text);
  check_one_value(YamlValueRules(lines));
  return joined(lines);
}

}  // namespace sim::base
