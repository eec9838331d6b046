#include "sim/app/cli.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <functional>
#include <iostream>
#include <sstream>

#include "revision.h"
#include "sim/app/batch.h"
#include "sim/app/commands.h"
#include "sim/app/exit_code.h"
#include "sim/app/outcome.h"
#include "sim/app/progress.h"
#include "sim/base/error.h"
#include "sim/base/memory.h"
#include "sim/base/printable.h"

namespace sim::app {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done, 1 a check of the simulation failed, 2 mistake in the command line or an "
    "input,\n            3 a file cannot be read or written, 4 more memory needed than there may "
    "be, "
    "130 interrupted.\n"
    "Examples:\n"
    "  lockstep run optimus translation\n"
    "  lockstep run optimus translation -o out/half --set optimus.mac_array.macs=512\n"
    "  lockstep compare out/optimus-translation out/half\n"
    "  lockstep keys optimus";
constexpr const char* kArchitectureHelp =
    "architecture file, or the bare name of one in arch-configs/";
constexpr const char* kWorkloadHelp = "workload file, or the bare name of one in workloads/";
constexpr const char* kSetHelp =
    "KEY=VALUE in place of a key of the architecture file; workload.KEY=VALUE of the workload "
    "file; KEY= takes the key out";

std::vector<std::string> engine_names() {
  std::vector<std::string> names;
  for (const auto& [name, engine] : core::kEngines) names.emplace_back(name);
  return names;
}

/// The command line and, after parsing, the command to run.
struct CommandLine {
  CLI::App app{"Cycle-level simulator of published accelerators.", "lockstep"};
  std::function<std::string()> command;
  RunRequest request;
  std::string engine;
  std::string timeline;
  std::string memory_limit;
  std::string what;
  std::string folder_a;
  std::string folder_b;
  bool no_values = false;
  std::optional<double> seconds;
  bool plan = false;
};

void print(const std::string& text) {
  const std::string shown = base::printable_lines(text);
  const bool written = std::fwrite(shown.data(), 1, shown.size(), stdout) == shown.size() &&
                       std::fflush(stdout) == 0;
  if (!written) throw base::FileError("standard output cannot be written");
}

template <class Number>
bool is_number(const std::string& text, Number& number) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end;
}

/// CLI11 would take "-1" and what is too large for the largest number, and "010" for 8.
CLI::Option* add_whole_number(CLI::App& sub, const std::string& name,
                              std::optional<std::uint64_t>& number, const std::string& help) {
  const auto read = [name, &number](const std::string& text) {
    if (is_number(text, number.emplace())) return;
    throw CLI::ValidationError(
        name, fmt::format("{} is not a whole number 0 … {}", text, ~std::uint64_t{0}));
  };
  return sub.add_option_function<std::string>(name, read, help)->type_name("N");
}

/// Refuses the value of a variable that is not set.
const CLI::Validator kGiven([](std::string& text) { return text.empty() ? "has no value" : ""; },
                            "");

/// What a timer can be set to.
const CLI::Validator kSeconds(
    [](std::string& text) {
      double seconds = 0;
      const bool right = is_number(text, seconds) && seconds >= 0.001 && seconds <= 1e9;
      return right ? "" : text + " is not a number 0.001 … 1e9";
    },
    "");

void add_json(CLI::App& sub, CommandLine& line) {
  sub.add_flag_callback(
      "--json", [&line] { line.request.form = Form::kJson; },
      "as one JSON document (docs/json.md)");
}

void add_form(CLI::App& sub, CommandLine& line, const std::string& option, Form form,
              const std::string& help) {
  sub.add_flag_callback(
         option, [&line, form] { line.request.form = form; }, help)
      ->excludes("--json");
}

void add_inputs(CLI::App& sub, CommandLine& line) {
  sub.add_option("--set", line.request.settings, kSetHelp)
      ->option_text("KEY=VALUE")
      ->allow_extra_args(false);
  add_whole_number(sub, "--seed", line.request.seed,
                   "seed of everything drawn at random (a whole number)");
  sub.add_option("--memory-limit", line.memory_limit,
                 "refuse (exit code 4) what is estimated to need more memory, as 512M or 4G [what "
                 "is free]")
      ->check(kGiven)
      ->type_name("SIZE");
}

/// Options that are not kept as they are given.
void complete(CommandLine& line) {
  line.request.options.values = !line.no_values;
  for (const auto& [name, engine] : core::kEngines) {
    if (line.engine == name) line.request.options.engine = engine;
  }
  if (!line.timeline.empty()) line.request.options.timeline = parse_window(line.timeline);
  if (!line.memory_limit.empty()) {
    line.request.memory = base::MemoryLimit::given(line.memory_limit);
  }
}

void add_run(CommandLine& line) {
  auto& r = line.request;
  auto* sub = line.app.add_subcommand("run", "Simulate a workload on an architecture.");
  sub->add_option("ARCH", r.architecture, kArchitectureHelp)->required();
  sub->add_option("WORKLOAD", r.workload, kWorkloadHelp)->required();
  sub->add_option("-o,--out", r.out, "result folder [out/<arch>-<workload>]")
      ->check(kGiven)
      ->type_name("FOLDER");
  add_inputs(*sub, line);
  sub->add_option("--engine", line.engine,
                  "skip: straight to the next event; tick: clock by clock; same numbers [skip]")
      ->check(CLI::IsMember(engine_names()))
      ->option_text(fmt::format("{}", fmt::join(engine_names(), "|")));
  add_whole_number(*sub, "--max-cycles", r.options.max_cycles,
                   "fail (exit code 1) when the run needs more than N machine cycles");
  sub->add_flag("--no-values", line.no_values,
                "time only: compute no values and compare none with the reference");
  sub->add_option("--timeline", line.timeline,
                  "write timeline.json (Chrome trace events) of the cycles FROM to TO")
      ->check(kGiven)
      ->type_name("FROM:TO");
  add_json(*sub, line);
  sub->callback([&line] {
    line.command = [&line] {
      complete(line);
      return run(line.request);
    };
  });
}

void add_check(CommandLine& line) {
  auto* sub = line.app.add_subcommand("check", "Read and check input files without simulating.");
  sub->add_option("ARCH", line.request.architecture,
                  fmt::format("{}; or a workload alone", kArchitectureHelp))
      ->required();
  sub->add_option("WORKLOAD", line.request.workload, kWorkloadHelp);
  add_inputs(*sub, line);
  sub->callback([&line] {
    line.command = [&line] {
      complete(line);
      return check(line.request);
    };
  });
}

void add_rtl(CommandLine& line) {
  auto& r = line.request;
  auto* sub = line.app.add_subcommand(
      "rtl", "Write the machine with the workload's program as SystemVerilog, with a test bench.");
  sub->add_option("ARCH", r.architecture, kArchitectureHelp)->required();
  sub->add_option("WORKLOAD", r.workload, kWorkloadHelp)->required();
  sub->add_option("-o,--out", r.out, "folder that appears whole or not at all")
      ->check(kGiven)
      ->type_name("FOLDER")
      ->required();
  add_inputs(*sub, line);
  sub->callback([&line] {
    line.command = [&line] {
      complete(line);
      return rtl(line.request);
    };
  });
}

void add_keys(CommandLine& line) {
  auto* sub = line.app.add_subcommand(
      "keys", "Every key of the input files: type, unit, range, default, meaning.");
  sub->add_option("WHAT", line.what, "a machine, 'workload' or 'energy' [all]");
  add_json(*sub, line);
  add_form(*sub, line, "--markdown", Form::kMarkdown, "as docs/keys.md");
  sub->callback([&line] {
    line.command = [&line] {
      return keys(line.what.empty() ? std::nullopt : std::optional(line.what), line.request.form);
    };
  });
}

void add_compare(CommandLine& line) {
  auto* sub = line.app.add_subcommand("compare", "Two results, number by number.");
  sub->add_option("A", line.folder_a, "result folder")->required();
  sub->add_option("B", line.folder_b, "result folder")->required();
  add_json(*sub, line);
  add_form(*sub, line, "--csv", Form::kCsv, "as CSV");
  sub->callback([&line] {
    line.command = [&line] { return compare(line.folder_a, line.folder_b, line.request.form); };
  });
}

CLI::App& add_simple(CommandLine& line, const std::string& name, const std::string& help,
                     std::string (*command)(Form)) {
  auto* sub = line.app.add_subcommand(name, help);
  add_json(*sub, line);
  sub->callback(
      [&line, command] { line.command = [&line, command] { return command(line.request.form); }; });
  return *sub;
}

void add_reference(CommandLine& line) {
  add_keys(line);
  add_simple(line, "list", "Machines, architectures and workloads that are there.", list);
  auto& sub =
      add_simple(line, "metrics", "Every number of a result, with its definition.", metrics);
  add_form(sub, line, "--markdown", Form::kMarkdown, "as docs/metrics.md");
  add_simple(line, "doctor", "What is installed, what is not, and what for.", doctor);
}

/// The request of a job: the arguments of a `lockstep run`, "run" first.
RunRequest parse_run(const std::vector<std::string>& words) {
  if (words.empty() || words[0] != "run") throw base::UserError("a job is not a run");
  CommandLine line;
  add_run(line);
  try {
    line.app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& e) {
    throw base::UserError(fmt::format("{} (see lockstep run --help)", e.what()));
  }
  line.request.command_line = words;
  line.request.command_line.insert(line.request.command_line.begin(), "lockstep");
  complete(line);
  return line.request;
}

void add_batch(CommandLine& line) {
  auto* sub = line.app.add_subcommand(
      "batch",
      "Run jobs from the standard input, each the arguments of a run as a JSON list on a line: "
      "[\"run\", \"optimus\", \"tiny\", \"-o\", \"out/a\"]. Jobs in a row share what they can.");
  sub->add_option("--seconds", line.seconds, "end a job that takes longer")
      ->check(kSeconds)
      ->type_name("S");
  sub->add_flag("--plan", line.plan, "run none; tell what each can share with others");
  sub->callback([&line] {
    line.command = [&line] {
      const auto answer = [](const std::string& text) { print(text + "\n"); };
      if (line.plan) {
        plan(std::cin, parse_run, answer);
      } else {
        batch(std::cin, line.seconds, parse_run, answer);
      }
      return std::string();
    };
  });
}

void declare(CommandLine& line) {
  line.app.require_subcommand(1);
  line.app.set_version_flag("--version", fmt::format("lockstep {} ({})", kVersion, kRevision));
  line.app.footer(kFooter);
  add_run(line);
  add_batch(line);
  add_check(line);
  add_rtl(line);
  add_reference(line);
  add_compare(line);
}

/// Says how it ended; the exit code is the same when nobody can read it.
int report(const std::string& line, ExitCode code) {
  const std::string text = fmt::format("lockstep: {}\n", line);
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr));
  return code;
}

int report(const Outcome& outcome) {
  if (outcome.code == kOk) return kOk;
  const bool is_error = outcome.code != kInterrupted;
  return report((is_error ? "error: " : "") + outcome.message, outcome.code);
}

/// What the command line asks for; --help and --version are answered at once.
void parse_and_run(CommandLine& line, int argc, char** argv) {
  line.request.command_line.assign(argv, argv + argc);
  declare(line);
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    std::ostringstream answer;
    line.app.exit(e, answer, answer);
    return print(answer.str());
  } catch (const CLI::ParseError& e) {
    throw base::UserError(fmt::format("{} (see lockstep --help)", e.what()));
  }
  print(line.command());
}

/// A stream that is closed would lend its number to the next file that is opened, and what is
/// printed would end up there. Reading and writing fail in its place.
void hold_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    const int mode = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    static_cast<void>(::open("/dev/null", mode));  // takes the lowest number: this one
  }
}

}  // namespace

int run_program(int argc, char** argv) {
  hold_closed_streams();
  catch_interrupts();
  ::signal(SIGXFSZ, SIG_IGN);  // a file over the limit is then an error of write(), not a kill
  ::signal(SIGPIPE, SIG_IGN);  // so is a reader that went away
  return report(outcome_of([&] {
    CommandLine line;
    parse_and_run(line, argc, argv);
  }));
}

}  // namespace sim::app
