#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/error.h"

namespace sim::base {

/// The work needs more memory than it may have.
class MemoryError : public UserError {
 public:
  using UserError::UserError;
};

/// Product that stays at the largest number instead of running over.
std::uint64_t product(std::initializer_list<std::uint64_t> factors);

/// Bytes that vectors hold, with the room in which they grow.
template <class... T>
std::uint64_t capacity_bytes(const std::vector<T>&... vectors) {
  return (std::uint64_t{0} + ... + (vectors.capacity() * sizeof(T)));
}

/// What work will hold in memory at once, estimated from shapes before anything of it is made:
/// bounds from above, of parts that are named as in a message ("operator 'x': attention scores").
class MemoryNeed {
 public:
  void add(std::string part, std::uint64_t bytes);
  void add(const MemoryNeed& other);

  std::uint64_t bytes() const;
  /// The part that asks for most; for no part at all, one of 0 bytes.
  struct Part {
    std::string name;
    std::uint64_t bytes = 0;
  };
  Part largest() const;

 private:
  std::vector<Part> parts_;
};

/// How much memory work may take.
class MemoryLimit {
 public:
  MemoryLimit() = default;  // none

  /// "512M": a whole number of bytes, or of KiB, MiB, GiB or TiB with the suffix K, M, G or T (also
  /// written KiB or KB, and so on). UserError for anything else.
  static MemoryLimit given(std::string_view text);
  /// What is free: the system's available memory, less where a control group or a limit of the
  /// process's address space leaves less. `root` is the folder that holds proc and sys.
  static MemoryLimit of_this_machine(const std::string& root = "");

  std::uint64_t bytes() const { return bytes_; }
  /// Throws MemoryError "WHERE: needs about 3.2 GiB of memory, most of it (…) for …; …" when the
  /// need exceeds the limit.
  void check(const MemoryNeed& need, const std::string& where) const;

 private:
  MemoryLimit(std::uint64_t bytes, std::string source)
      : bytes_(bytes), source_(std::move(source)) {}

  std::uint64_t bytes_ = ~std::uint64_t{0};
  std::string source_;  // what sets it, for the message
};

/// "3.2 GiB".
std::string shown_bytes(std::uint64_t bytes);

}  // namespace sim::base
