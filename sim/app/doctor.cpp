#include <fmt/format.h>
#include <stdio.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <systemc>
#include <vector>

#include "revision.h"
#include "sim/app/commands.h"
#include "sim/base/printable.h"
#include "sim/report/text.h"

namespace sim::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kCompiler = "g++ or clang++ " __VERSION__;

struct Tool {
  std::string_view name;
  std::string_view command;  // prints its version on the first line, fails when it is not there
  std::string_view purpose;
  std::string_view package;  // of Debian
};

constexpr Tool kTools[] = {
    {"cmake", "cmake --version", "build", "cmake"},
    {"ninja", "ninja --version", "build", "ninja-build"},
    {"ccache", "ccache --version", "faster builds (optional)", "ccache"},
    {"clang-format", "clang-format --version", "scripts/format.sh, lint (optional)",
     "clang-format"},
    {"clang-tidy", "clang-tidy --version", "scripts/lint.sh (optional)", "clang-tidy"},
    {"clang++", "clang++ --version", "fuzzers (optional)", "clang"},
    {"chromium", "chromium --version", "tests of reports in a browser (optional)", "chromium"},
    {"verilator", "verilator --version", "tests of RTL, replaying it (optional)", "verilator"},
    {"yosys", "yosys -V", "mapping generated netlists to LUTs (optional)", "yosys"},
    {"python3", "/usr/bin/python3 --version", "scripts (optional)", "python3"},
};

constexpr Tool kPythonModules[] = {
    {"pytest", "pytest", "tests of the command line and scripts", "python3-pytest"},
    {"xdist", "xdist", "the same on all cores", "python3-pytest-xdist"},
    {"numpy", "numpy", "exporting traces, tests", "python3-numpy"},
    {"pandas", "pandas", "plots (optional)", "python3-pandas"},
    {"matplotlib", "matplotlib", "plots (optional)", "python3-matplotlib"},
    {"torch", "torch", "exporting from PyTorch, training (optional)", "python3-torch"},
    {"onnx", "onnx", "exporting from ONNX (optional)", "python3-onnx"},
    {"sentencepiece", "sentencepiece", "sub-word vocabularies (optional)", "python3-sentencepiece"},
    {"distributed", "distributed", "sweeps on many hosts (optional)", "python3-distributed"},
};

/// The first line of the command's output; empty when it fails.
std::string first_line(std::string_view command) {
  const auto close = [](FILE* pipe) { ::pclose(pipe); };
  std::string line(200, '\0');
  std::unique_ptr<FILE, decltype(close)> pipe(
      ::popen(fmt::format("{} 2>/dev/null", command).c_str(), "r"), close);
  if (!pipe || ::fgets(line.data(), static_cast<int>(line.size()), pipe.get()) == nullptr) {
    return "";
  }
  return base::printable(line.substr(0, line.find_first_of(std::string("\n\0", 2))));
}

/// A tool and what was asked for; an empty version: it is not there.
struct Finding {
  Tool tool;
  std::string version;
};

std::string verdict(const Finding& finding) {
  const Tool& tool = finding.tool;
  if (!finding.version.empty()) {
    return fmt::format("  {:<14} found       {}\n", tool.name, finding.version);
  }
  return fmt::format("  {:<14} not found   for {}: apt install {}\n", tool.name, tool.purpose,
                     tool.package);
}

/// Asks for the packaged version instead of importing, which takes seconds for the large modules.
std::string module_version(std::string_view module) {
  return first_line(
      fmt::format("/usr/bin/python3 -c \"import importlib.util as u, importlib.metadata as m; "
                  "assert u.find_spec('{0}'); print(m.version('{0}'))\"",
                  module));
}

std::vector<Finding> look_for(std::span<const Tool> tools,
                              std::string (*version)(std::string_view command)) {
  std::vector<Finding> findings;
  for (const Tool& tool : tools) findings.push_back({tool, version(tool.command)});
  return findings;
}

Json findings_json(const std::vector<Finding>& findings) {
  Json json = Json::array();
  for (const Finding& f : findings) {
    const bool found = !f.version.empty();
    json.push_back({{"name", f.tool.name},
                    {"found", found},
                    {"version", found ? Json(f.version) : Json(nullptr)},
                    {"purpose", f.tool.purpose},
                    {"debian_package", f.tool.package}});
  }
  return json;
}

}  // namespace

std::string doctor(Form form) {
  const auto programs = look_for(kTools, first_line);
  const auto modules = look_for(kPythonModules, module_version);
  if (form == Form::kJson) {
    return report::ascii_json_text({{"schema", "lockstep-doctor-1"},
                                    {"version", kVersion},
                                    {"revision", kRevision},
                                    {"compiler", kCompiler},
                                    {"systemc", sc_core::sc_version()},
                                    {"programs", findings_json(programs)},
                                    {"python_modules", findings_json(modules)}});
  }
  std::string out = fmt::format("lockstep {} ({})\n  {:<14} {}\n  {:<14} {}\nprograms\n", kVersion,
                                kRevision, "compiler", kCompiler, "SystemC", sc_core::sc_version());
  for (const Finding& f : programs) out += verdict(f);
  out += "Python modules (of /usr/bin/python3)\n";
  for (const Finding& f : modules) out += verdict(f);
  return out + "Only cmake, ninja and the C++ libraries are needed to simulate.\n";
}

}  // namespace sim::app
