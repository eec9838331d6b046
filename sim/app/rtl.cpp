#include <fmt/format.h>

#include "revision.h"
#include "sim/app/commands.h"
#include "sim/app/job.h"
#include "sim/app/progress.h"
#include "sim/base/printable.h"
#include "sim/report/result_folder.h"

namespace sim::app {
namespace {

constexpr const char* kOrigin = "rtl.json";

nlohmann::ordered_json origin(const Job& job) {
  return nlohmann::ordered_json{{"tool", fmt::format("lockstep {} ({})", kVersion, kRevision)},
                                {"architecture", job.architecture.resolved},
                                {"workload", job.workload->resolved}};
}

}  // namespace

std::string rtl(const RunRequest& request) {
  report::ResultFolder folder(request.out, kOrigin);  // first: no work for a place that is refused
  SharedWork alone;
  const Job job = Job::prepare(request, alone);
  std::string names;
  for (const core::SourceFile& file : job.architecture.design->rtl(job.workload->workload)) {
    folder.add(file.name, file.content);
    names += " " + file.name;
  }
  throw_if_interrupted();
  folder.commit(origin(job));
  return fmt::format("files in {}/:{} {}\nREADME.md says how to replay the vectors\n",
                     base::printable(folder.path()), names, kOrigin);
}

}  // namespace sim::app
