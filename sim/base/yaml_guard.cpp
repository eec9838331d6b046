#include "sim/base/yaml_guard.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>

#include "sim/base/error.h"

namespace sim::base {
namespace {

constexpr int kMaxDepth = 16;

class Guard : public YAML::EventHandler {
 public:
  explicit Guard(const std::string& file) : file_(file) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "refers to an anchor; write the values out");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    enter(mark);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    enter(mark);
  }
  void OnMapEnd() override { --depth_; }

 private:
  void enter(const YAML::Mark& mark) {
    if (++depth_ > kMaxDepth)
      refuse(mark, fmt::format("nested more than {} levels deep", kMaxDepth));
  }
  [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& why) const {
    throw ConfigError(fmt::format("{}:{}: {}", file_, mark.line + 1, why));
  }

  const std::string& file_;
  int depth_ = 0;
};

}  // namespace

void refuse_hostile_yaml(const std::string& yaml, const std::string& file) {
  std::istringstream in(yaml);
  YAML::Parser parser(in);
  Guard guard(file);
  if (!parser.HandleNextDocument(guard)) return;
  if (parser.HandleNextDocument(guard)) {
    throw ConfigError(fmt::format("{}: more than one document; a configuration is one", file));
  }
}

}  // namespace sim::base
