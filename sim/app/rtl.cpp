#include <fmt/format.h>

#include "revision.h"
#include "sim/app/commands.h"
#include "sim/app/job.h"
#include "sim/app/progress.h"
#include "sim/base/printable.h"
#include "sim/report/result_folder.h"

namespace sim::app {
namespace {

constexpr std::string_view kOrigin = "rtl.json";  // marks a folder that may be replaced

std::string origin(const Job& job) {
  return nlohmann::ordered_json{{"tool", fmt::format("lockstep {} ({})", kVersion, kRevision)},
                                {"architecture", job.architecture.resolved},
                                {"workload", job.workload->resolved}}
             .dump(2) +
         "\n";
}

}  // namespace

std::string rtl(const RunRequest& request) {
  SharedWork alone;
  const Job job = Job::prepare(request, alone);
  report::ResultFolder folder(request.out, kOrigin);
  std::string names;
  for (const core::SourceFile& file : job.architecture.design->rtl(job.workload->workload)) {
    folder.add(file.name, file.content);
    names += " " + file.name;
  }
  folder.add(kOrigin, origin(job));
  throw_if_interrupted();
  folder.commit();
  return fmt::format("files in {}/:{} {}\nREADME.md says how to replay the vectors\n",
                     base::printable(folder.path()), names, kOrigin);
}

}  // namespace sim::app
