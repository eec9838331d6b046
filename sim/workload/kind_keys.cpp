#include "sim/workload/kind_keys.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "sim/base/check.h"

namespace sim::workload {
namespace {

using base::ConfigReader;
using base::KeyDoc;

struct KeysOfKind {
  std::string_view kind;
  std::vector<KeyDoc> keys;
};

/// A key as one of the kinds has it.
struct Reading {
  std::string_view kind;
  const KeyDoc* key;
};

std::vector<KeysOfKind> keys_by_kind(const WorkloadKinds& kinds) {
  std::vector<KeysOfKind> all;
  for (const WorkloadKind* kind : kinds) {
    auto in = ConfigReader::describe();
    kind->configure(in);
    all.push_back({kind->name(), in.docs()});
  }
  return all;
}

/// The key in each kind that has it; for the path of no block, "", every kind without a key.
std::vector<Reading> readings(const std::vector<KeysOfKind>& all, std::string_view path) {
  std::vector<Reading> found;
  for (const KeysOfKind& of : all) {
    const auto key = std::ranges::find(of.keys, path, &KeyDoc::path);
    if (key != of.keys.end()) {
      found.push_back({of.kind, &*key});
    } else if (path.empty()) {
      found.push_back({of.kind, nullptr});
    }
  }
  return found;
}

/// The path of the block, or of the list of blocks, that a key stands in; "" for none.
std::string_view block_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return "";
  const std::string_view block = path.substr(0, dot);
  return block.ends_with("[]") ? block.substr(0, block.size() - 2) : block;
}

/// "kind is a or b", or "kind is not c" when all but one read the key.
std::string kinds_in_words(const std::vector<Reading>& some, const std::vector<Reading>& all) {
  std::vector<std::string_view> names;
  std::vector<std::string_view> others;
  for (const Reading& r : all) {
    const bool reads = std::ranges::find(some, r.kind, &Reading::kind) != some.end();
    (reads ? names : others).push_back(r.kind);
  }
  if (names.size() > 1 && others.size() == 1) return fmt::format("kind is not {}", others[0]);
  return fmt::format("kind is {}", fmt::join(names, " or "));
}

/// "kind is a, or b with x 1", for kinds that read the key under conditions of their own.
std::string variants_in_words(const std::vector<Reading>& some) {
  std::vector<std::string> variants;
  for (const Reading& r : some) {
    std::string condition = r.key->applies;
    if (const auto is = condition.find(" is "); is != std::string::npos) condition.erase(is, 3);
    variants.push_back(condition.empty() ? std::string(r.kind)
                                         : fmt::format("{} with {}", r.kind, condition));
  }
  return fmt::format("kind is {}", fmt::join(variants, ", or "));
}

/// When a key is read in a block that is read: by which kinds, and under which own condition.
std::string whole_condition(const std::vector<KeysOfKind>& all, const std::string& path) {
  const std::vector<Reading> some = readings(all, path);
  const std::vector<Reading> possible = readings(all, block_of(path));
  const std::string& own = some[0].key->applies;
  const bool alike =
      std::ranges::all_of(some, [&](const auto& r) { return r.key->applies == own; });
  if (!alike) return variants_in_words(some);
  if (some.size() == possible.size()) return own;
  const std::string kinds = kinds_in_words(some, possible);
  return own.empty() ? kinds : fmt::format("{} and {}", kinds, own);
}

/// Kinds that share a key document it alike.
void check_alike(const std::vector<Reading>& some) {
  const auto text = [](const KeyDoc& k) {
    return std::tie(k.type, k.unit, k.minimum, k.maximum, k.choices, k.fallback, k.required,
                    k.meaning);
  };
  for (const Reading& r : some) {
    SIM_CHECK(text(*r.key) == text(*some[0].key), "kinds {} and {} differ in the key {}",
              some[0].kind, r.kind, r.key->path);
  }
}

using Paths = std::vector<std::string>;

bool is_first_where_it_is(const std::string& path, const std::vector<Paths>& lists) {
  return std::ranges::all_of(lists, [&](const Paths& list) {
    const auto found = std::ranges::find(list, path);
    return found == list.begin() || found == list.end();
  });
}

/// All paths once, in an order that keeps that of every list, as far as they agree.
Paths merged(std::vector<Paths> lists) {
  Paths order;
  for (;;) {
    std::erase_if(lists, [](const Paths& list) { return list.empty(); });
    if (lists.empty()) return order;
    const auto ready = std::ranges::find_if(
        lists, [&](const Paths& list) { return is_first_where_it_is(list[0], lists); });
    order.push_back(ready == lists.end() ? lists[0][0] : (*ready)[0]);
    for (Paths& list : lists) std::erase(list, order.back());
  }
}

Paths order_of(const std::vector<KeysOfKind>& all) {
  std::vector<Paths> lists;
  for (const KeysOfKind& of : all) {
    Paths& paths = lists.emplace_back();
    for (const KeyDoc& key : of.keys) paths.push_back(key.path);
  }
  return merged(std::move(lists));
}

std::map<std::string, std::string> conditions_of(const std::vector<KeyDoc>& keys) {
  std::map<std::string, std::string> conditions;
  for (const KeyDoc& key : keys) {
    if (!key.applies.empty()) conditions.emplace(key.path, key.applies);
  }
  return conditions;
}

}  // namespace

std::vector<KeyDoc> described_keys(const WorkloadKinds& kinds) {
  auto in = ConfigReader::describe();
  read_kind(in, kinds);
  std::vector<KeyDoc> rows = in.docs();
  const std::vector<KeysOfKind> all = keys_by_kind(kinds);
  for (const std::string& path : order_of(all)) {
    const std::vector<Reading> some = readings(all, path);
    check_alike(some);
    rows.push_back(*some[0].key);
    rows.back().applies = whole_condition(all, path);
  }
  return rows;
}

const WorkloadKind& read_kind(ConfigReader& in, const WorkloadKinds& kinds) {
  std::vector<std::pair<std::string_view, const WorkloadKind*>> named;
  std::vector<std::string> meanings;
  for (const WorkloadKind* kind : kinds) {
    named.emplace_back(kind->name(), kind);
    meanings.push_back(fmt::format("{}: {}", kind->name(), kind->description()));
  }
  return *in.choice<const WorkloadKind*>("kind", named, std::nullopt,
                                         fmt::format("{}", fmt::join(meanings, "; ")));
}

std::unique_ptr<const WorkloadSource> read_source(ConfigReader& in, const WorkloadKinds& kinds) {
  in.set_conditions(conditions_of(described_keys(kinds)));
  auto source = read_kind(in, kinds).configure(in);
  in.finish();
  return source;
}

}  // namespace sim::workload
