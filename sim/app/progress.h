#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "sim/core/accelerator.h"

namespace sim::app {

/// Ends a run cleanly on Ctrl-C: the first SIGINT or SIGTERM is noted, a second one kills at once.
void catch_interrupts();
/// Throws base::Interrupted when a signal came in.
void throw_if_interrupted();

/// One line about a stage that is under way, for example
/// "decode  sentence 12 of 100  3.2 M cycles  1.5 M cycles/s  9 s left".
std::string progress_line(std::string_view stage, std::uint64_t done, std::uint64_t total,
                          std::uint64_t cycles, double seconds, double stage_seconds);

/// Shows progress on stderr, rewriting one line, when that is a terminal; always looks for signals.
class TerminalProgress final : public core::Progress {
 public:
  TerminalProgress();
  ~TerminalProgress() override;  // clears the line

  void update(std::string_view stage, std::uint64_t done, std::uint64_t total,
              std::uint64_t cycles) override;

 private:
  using Clock = std::chrono::steady_clock;
  bool on_terminal_;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point stage_start_ = start_;
  Clock::time_point last_shown_;
  std::string stage_;
};

}  // namespace sim::app
