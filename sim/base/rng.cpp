#include "sim/base/rng.h"

#include <cmath>
#include <numbers>

namespace sim::base {
namespace {

/// FNV-1a, to mix the part's name into the seed.
std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}

}  // namespace

Rng::Rng(std::uint64_t seed, std::string_view part) : state_(seed ^ hash(part)) { state_ = next(); }

double Rng::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace sim::base
