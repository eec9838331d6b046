#include "sim/app/outcome.h"

#include <new>
#include <string_view>

#include "sim/base/error.h"
#include "sim/base/memory.h"
#include "sim/base/printable.h"

namespace sim::app {
namespace {

constexpr std::size_t kMaxMessage = 2000;  // characters

/// Whatever the message holds, of a file, a name or an argument, becomes one line for a terminal.
Outcome failure(ExitCode code, std::string_view message) {
  return {code, base::printable(message, kMaxMessage)};
}

}  // namespace

Outcome outcome_of(const std::function<void()>& act) {
  try {
    act();
    return {};
  } catch (const base::Interrupted&) {
    return {kInterrupted, "interrupted; nothing was written, existing results are intact"};
  } catch (const base::MemoryError& e) {
    return failure(kOutOfMemory, e.what());
  } catch (const base::FileError& e) {
    return failure(kFileTrouble, e.what());
  } catch (const base::UserError& e) {
    return failure(kUserMistake, e.what());
  } catch (const std::bad_alloc&) {
    return {kOutOfMemory, "out of memory"};
  } catch (const std::exception& e) {
    return failure(kCheckFailed, e.what());
  }
}

}  // namespace sim::app
