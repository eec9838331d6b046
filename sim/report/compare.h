#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/accelerator.h"

namespace sim::report {

/// A number of a result; null: the result has none.
struct ComparedNumber {
  nlohmann::ordered_json value;            // as it stands in the file
  nlohmann::ordered_json without_leakage;  // of an energy or power: the same less its leakage
};

/// One number of two results. Leakage is the least certain part of an energy and can decide a
/// ratio, so a ratio of energies never stands alone: one whose leakage is not known has none.
struct Comparison {
  std::string name;  // "cycles", "energy.mac_array.total_pj", "counters.mac_array.macs"
  std::string unit;
  bool has_ratio = true;
  ComparedNumber a;
  ComparedNumber b;

  nlohmann::ordered_json difference() const;  // b - a, exact for counts; null: no finite number
  std::optional<double> ratio() const;        // b / a; nothing when a is 0
  std::optional<double> ratio_without_leakage() const;  // nothing but for energies and powers
};

/// Every number of two result folders: metrics, energy by unit, counters, in the order of A, then
/// what only B has. base::FileError for a folder without summary.json; base::UserError for a
/// summary that is not a result or of another schema.
std::vector<Comparison> compare_results(const std::string& folder_a, const std::string& folder_b);

/// The comparison as a table with the columns metric, unit, a, b, difference, ratio,
/// ratio_without_leakage.
core::Table comparison_table(const std::vector<Comparison>& rows);

/// The same as one JSON document (docs/json.md).
nlohmann::ordered_json comparison_json(const std::string& folder_a, const std::string& folder_b,
                                       const std::vector<Comparison>& rows);

}  // namespace sim::report
