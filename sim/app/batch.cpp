#include "sim/app/batch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <system_error>

#include "sim/app/job.h"
#include "sim/app/outcome.h"
#include "sim/app/progress.h"
#include "sim/base/error.h"
#include "sim/base/printable.h"

namespace sim::app {
namespace {

constexpr int kOutOfTime = 124;      // as of the command timeout
constexpr double kSecondsToEnd = 2;  // for a job to remove what it has begun to write

volatile std::sig_atomic_t job_process = 0;  // 0: none is running
volatile std::sig_atomic_t out_of_time = 0;

/// SIGALRM after so many seconds; 0: never.
void ring_after(double seconds) {
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(seconds);
  timer.it_value.tv_usec = static_cast<suseconds_t>((seconds - std::floor(seconds)) * 1e6);
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

/// Without a job process the time went into what this process makes for it, which nothing else
/// ends.
void end_job(int) {
  if (job_process == 0) ::_exit(kOutOfTime);
  ::kill(static_cast<pid_t>(job_process), out_of_time != 0 ? SIGKILL : SIGTERM);
  out_of_time = 1;
  ring_after(kSecondsToEnd);
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// The name of a file, and the text of an error, would end there without a word.
void refuse_zero_characters(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word.find('\0') == std::string::npos) continue;
    throw base::UserError(
        fmt::format("the argument '{}' holds the character U+0000, which none may hold",
                    base::printable(word)));
  }
}

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  try {
    words = nlohmann::json::parse(line).get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception&) {
    throw base::UserError(fmt::format("not a JSON list of arguments: {}", base::printable(line)));
  }
  refuse_zero_characters(words);
  return words;
}

/// Bytes of a message that are not UTF-8, as of a strange file name, become marks.
std::string line_of(const nlohmann::ordered_json& answer) {
  return answer.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// In the forked process: runs the job, tells its failure through `report`, and ends.
[[noreturn]] void run_and_exit(const Job& job, const RunRequest& request, pid_t parent,
                               int report) {
  catch_interrupts();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(kInterrupted);  // it died before the line above
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(nowhere, STDOUT_FILENO);
  const Outcome outcome = outcome_of([&] {
    report::ResultFolder folder(result_path(request));
    job.run(request, folder);
  });
  const bool told = ::write(report, outcome.message.data(), outcome.message.size()) >= 0;
  ::_exit(told ? outcome.code : static_cast<int>(kCheckFailed));
}

/// All that the job writes into the pipe until it ends.
std::string read_all(int pipe) {
  std::string text;
  char piece[4096];
  for (;;) {
    const ssize_t got = ::read(pipe, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(piece, static_cast<std::size_t>(got));
  }
}

int wait_for(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) fail("a job cannot be waited for");
  }
  return status;
}

struct Ended {
  int code;
  std::string message;
};

Ended ending(int status, std::string message, std::optional<double> seconds) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == kOk) return {kOk, ""};
  if (out_of_time != 0) return {kOutOfTime, fmt::format("needs more than {} s", *seconds)};
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return {128 + signal, fmt::format("ended by signal {} ({})", signal, ::strsignal(signal))};
  }
  return {WEXITSTATUS(status), std::move(message)};
}

Ended run_in_fork(const Job& job, const RunRequest& request, std::optional<double> seconds) {
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) fail("no pipe to a job");
  const pid_t parent = ::getpid();
  sigset_t time_is_up;
  sigset_t before;
  ::sigemptyset(&time_is_up);
  ::sigaddset(&time_is_up, SIGALRM);
  ::sigprocmask(SIG_BLOCK, &time_is_up, &before);  // until the handler knows the new process
  const pid_t process = ::fork();
  if (process == 0) run_and_exit(job, request, parent, report[1]);
  ::close(report[1]);
  job_process = process > 0 ? process : 0;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (process < 0) fail("a job cannot be started");
  std::string message = read_all(report[0]);
  ::close(report[0]);
  const int status = wait_for(process);
  ring_after(0);
  job_process = 0;
  return ending(status, std::move(message), seconds);
}

Ended run_job(const std::string& line, std::optional<double> seconds, const ParseRun& parse,
              SharedWork& shared) {
  out_of_time = 0;
  ring_after(seconds.value_or(0));
  Ended ended{};
  const Outcome outcome = outcome_of([&] {
    const RunRequest request = parse(words_of(line));
    report::ResultFolder::try_out(result_path(request));
    const Job job = Job::prepare(request, shared);
    ended = run_in_fork(job, request, seconds);
  });
  ring_after(0);
  return outcome.code == kOk ? ended : Ended{outcome.code, outcome.message};
}

}  // namespace

void batch(std::istream& jobs, std::optional<double> seconds, const ParseRun& parse,
           const Answer& answer) {
  // This process has nothing to clean up: signals end it, and each of its jobs learns of that.
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  struct sigaction action {};
  action.sa_handler = end_job;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGALRM, &action, nullptr);
  SharedWork shared;
  for (std::string line; std::getline(jobs, line);) {
    const Ended ended = run_job(line, seconds, parse, shared);
    answer(line_of({{"code", ended.code}, {"message", ended.message}}));
  }
}

void plan(std::istream& jobs, const ParseRun& parse, const Answer& answer) {
  SharedWork shared;
  for (std::string line; std::getline(jobs, line);) {
    SharingKeys keys;
    outcome_of(
        [&] { keys = SharingKeys::of(parse(words_of(line)), shared); });  // a refusal comes later
    answer(line_of({{"workload", keys.workload}, {"mapping", keys.mapping}}));
  }
}

}  // namespace sim::app
