// Only in builds with the address sanitizer. SystemC's kernel switches between the stacks of its
// processes, and the sanitizer must know at every moment which stack it is on, or it takes the
// next exception for an error (google/sanitizers issue 189). SystemC 2.3.4 tells it about a switch
// to a process, but neither the bounds of the main stack, when it comes back to it, nor any
// switch at the end of a process. The functions below take the place of the library's own of the
// same names (sim/hw/CMakeLists.txt makes the linker keep them) and complete what it tells.
#include <dlfcn.h>
#include <pthread.h>
#include <sanitizer/common_interface_defs.h>

#include <cstddef>
#include <cstdlib>
#include <systemc>

#include "sysc/kernel/sc_cor.h"

namespace sc_core {

/// The library's coroutines. The header of this class is not installed; only its virtual functions
/// matter here. The library has its constructor and destructor.
class sc_cor_pkg_qt : public sc_cor_pkg {  // NOLINT(readability-identifier-naming)
 public:
  ~sc_cor_pkg_qt() override;
  sc_cor* create(std::size_t stack_size, sc_cor_fn* fn, void* arg) override;
  void yield(sc_cor* next_cor) override;
  void abort(sc_cor* next_cor) override;
  sc_cor* get_main() override;
};

}  // namespace sc_core

namespace {

struct Stack {
  const char* bottom = nullptr;
  std::size_t size = 0;

  bool holds(const void* address) const {
    const char* at = static_cast<const char*>(address);
    return at >= bottom && at < bottom + size;
  }
};

/// The stack that the operating system gave the calling thread.
Stack stack_of_thread() {
  pthread_attr_t attributes;
  void* bottom = nullptr;
  std::size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) std::abort();
  if (pthread_attr_getstack(&attributes, &bottom, &size) != 0) std::abort();
  pthread_attr_destroy(&attributes);
  return {.bottom = static_cast<const char*>(bottom), .size = size};
}

using Yield = void (*)(sc_core::sc_cor_pkg*, sc_core::sc_cor*);

/// The function whose place ours takes.
Yield library_yield() {
  void* found = dlsym(RTLD_NEXT, "_ZN7sc_core13sc_cor_pkg_qt5yieldEPNS_6sc_corE");
  if (found == nullptr) std::abort();
  return reinterpret_cast<Yield>(found);
}

}  // namespace

void sc_core::sc_cor_pkg_qt::yield(sc_cor* next_cor) {
  static const Yield kSwitchStacks = library_yield();
  static const Stack kMainStack = stack_of_thread();
  kSwitchStacks(this, next_cor);
  // Some other yield has come back to this stack. The library gives the main stack no bounds.
  if (kMainStack.holds(__builtin_frame_address(0))) {
    __sanitizer_start_switch_fiber(nullptr, kMainStack.bottom, kMainStack.size);
    __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
  }
}

// A process that has ended is one that is never resumed.
void sc_core::sc_cor_pkg_qt::abort(sc_cor* next_cor) { yield(next_cor); }

// With copies of frames on the heap, each stack would need a place to keep its own during a switch;
// the library has none. The name is the sanitizer's.
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" const char* __asan_default_options() { return "detect_stack_use_after_return=0"; }
