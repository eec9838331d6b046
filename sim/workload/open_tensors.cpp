#include "sim/workload/open_tensors.h"

#include "sim/base/file.h"
#include "sim/workload/memory.h"

namespace sim::workload {

std::shared_ptr<const TensorFile> open_tensors(const std::string& path,
                                               const base::MemoryLimit& limit,
                                               ReaderNeed reader_need) {
  base::MemoryNeed whole;
  whole.add("the file", base::file_size(path));
  limit.check(whole, path);
  auto file = std::make_shared<const TensorFile>(path);
  base::MemoryNeed need = unpacking_need(file->content(), file->size());
  if (reader_need != nullptr) need.add(reader_need(file->content()));
  limit.check(need, path);
  return file;
}

}  // namespace sim::workload
