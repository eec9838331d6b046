#include "sim/values/nvdla/memory.h"

#include <algorithm>

namespace sim::values::nvdla {
namespace {

/// Calls act(page number, place in the page, place in the region, bytes) for each page of a region.
template <class Act>
void for_each_page(std::uint64_t address, std::size_t size, const Act& act) {
  for (std::size_t done = 0; done < size;) {
    const std::uint64_t at = address + done;
    const std::size_t in_page = at % Memory::kPageBytes;
    const std::size_t count = std::min<std::size_t>(size - done, Memory::kPageBytes - in_page);
    act(at / Memory::kPageBytes, in_page, done, count);
    done += count;
  }
}

}  // namespace

void Memory::write(std::uint64_t address, std::span<const std::uint8_t> bytes) {
  for_each_page(address, bytes.size(),
                [&](std::uint64_t number, std::size_t in_page, std::size_t at, std::size_t count) {
                  auto& page = pages_[number];
                  if (!page) page = std::make_unique<Page>();
                  std::ranges::copy(bytes.subspan(at, count), page->bytes.begin() + in_page);
                  if (page->written.all()) return;
                  for (std::size_t i = 0; i < count; ++i) page->written.set(in_page + i);
                });
}

void Memory::read(std::uint64_t address, std::span<std::uint8_t> into) {
  for_each_page(address, into.size(),
                [&](std::uint64_t number, std::size_t in_page, std::size_t at, std::size_t count) {
                  const auto page = pages_.find(number);
                  if (page == pages_.end()) {
                    std::ranges::fill(into.subspan(at, count), std::uint8_t{0});
                    unset_reads_ += count;
                    return;
                  }
                  const Page& found = *page->second;
                  std::copy_n(found.bytes.begin() + in_page, count, into.subspan(at).begin());
                  if (found.written.all()) return;
                  for (std::size_t i = 0; i < count; ++i) {
                    unset_reads_ += found.written.test(in_page + i) ? 0 : 1;
                  }
                });
}

}  // namespace sim::values::nvdla
