#pragma once

#include <any>
#include <memory>
#include <string>

namespace sim::core {

/// The latest of something that is costly to make, for users who need equal ones in a row.
class Cache {
 public:
  /// What `make()` returns, a T, or what it returned the last time if that was for an equal key.
  /// The key states everything that the T depends on. The old one is given up before a new one is
  /// made, so that the two never take memory together unless somebody still uses the old one.
  template <class T, class Make>
  std::shared_ptr<const T> get(const std::string& key, Make make) {
    using Shared = std::shared_ptr<const T>;
    if (const Shared* kept = std::any_cast<Shared>(&entry_); kept != nullptr && key == key_) {
      return *kept;
    }
    clear();
    Shared made = std::make_shared<const T>(make());
    entry_ = made;
    key_ = key;
    return made;
  }

  bool holds(const std::string& key) const { return entry_.has_value() && key == key_; }
  void clear() { entry_.reset(); }

 private:
  std::string key_;
  std::any entry_;
};

}  // namespace sim::core
