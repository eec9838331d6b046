#include "sim/app/progress.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "sim/app/run_text.h"
#include "sim/base/error.h"

namespace sim::app {
namespace {

constexpr auto kRedrawInterval = std::chrono::milliseconds(100);
volatile std::sig_atomic_t interrupted = 0;

void note_interrupt(int) { interrupted = 1; }

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = note_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

void throw_if_interrupted() {
  if (interrupted != 0) throw base::Interrupted("interrupted");
}

std::string progress_line(std::string_view stage, std::uint64_t done, std::uint64_t total,
                          std::uint64_t cycles, double seconds, double stage_seconds) {
  std::string line = fmt::format("{}  {} of {}", stage, done, total);
  if (cycles > 0) line += fmt::format("  {} cycles", with_prefix(static_cast<double>(cycles)));
  if (cycles > 0 && seconds > 0) {
    line += fmt::format("  {} cycles/s", with_prefix(static_cast<double>(cycles) / seconds));
  }
  if (done > 0 && done < total) {
    const double left =
        stage_seconds * static_cast<double>(total - done) / static_cast<double>(done);
    line += fmt::format("  {:.0f} s left", left);
  }
  return line;
}

TerminalProgress::TerminalProgress() : on_terminal_(::isatty(STDERR_FILENO) == 1) {}

TerminalProgress::~TerminalProgress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void TerminalProgress::update(std::string_view stage, std::uint64_t done, std::uint64_t total,
                              std::uint64_t cycles) {
  throw_if_interrupted();
  if (!on_terminal_) return;
  if (stage != stage_) {
    stage_ = stage;
    stage_start_ = Clock::now();
  }
  if (shown_ && Clock::now() - last_shown_ < kRedrawInterval) return;
  const std::string line =
      progress_line(stage, done, total, cycles, seconds_since(start_), seconds_since(stage_start_));
  std::fputs(fmt::format("\r{}\033[K", line).c_str(), stderr);  // may fail: nothing depends on it
  shown_ = true;
  last_shown_ = Clock::now();
}

}  // namespace sim::app
