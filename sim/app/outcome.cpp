#include "sim/app/outcome.h"

#include <algorithm>
#include <new>

#include "sim/base/error.h"

namespace sim::app {
namespace {

Outcome failure(ExitCode code, std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  return {code, std::move(message)};
}

}  // namespace

Outcome outcome_of(const std::function<void()>& act) {
  try {
    act();
    return {};
  } catch (const base::Interrupted&) {
    return {kInterrupted, "interrupted; nothing was written, existing results are intact"};
  } catch (const base::FileError& e) {
    return failure(kFileTrouble, e.what());
  } catch (const base::UserError& e) {
    return failure(kUserMistake, e.what());
  } catch (const std::bad_alloc&) {
    return {kCheckFailed, "out of memory"};
  } catch (const std::exception& e) {
    return failure(kCheckFailed, e.what());
  }
}

}  // namespace sim::app
