#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/base/config_reader.h"

namespace sim::workload {

// Keys that several kinds of workloads read; they mean the same in each. All throw ConfigError.

/// `seed`, of everything that is drawn.
std::uint64_t read_seed(base::ConfigReader& in);

/// `program`, a file.
std::string read_program_path(base::ConfigReader& in);

/// A share of weights or values, the least of which is one in a million: what is nearly nothing can
/// be asked for, nothing at all is no workload.
double read_share(base::ConfigReader& in, std::string_view name, std::optional<double> fallback,
                  std::string_view meaning);

/// The block `sentences`.
base::ConfigReader sentences_block(base::ConfigReader& in);

/// Its key `count`, unless sentences are listed one by one.
std::uint32_t read_sentence_count(base::ConfigReader& sentences, bool are_listed);

/// Its keys `source_tokens` and `target_tokens`.
std::uint32_t read_source_tokens(base::ConfigReader& sentences);
std::uint32_t read_target_tokens(base::ConfigReader& sentences);

/// `relu_density`, of networks without values.
double read_relu_density(base::ConfigReader& in);

}  // namespace sim::workload
