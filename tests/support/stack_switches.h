#pragma once

namespace test_support {

/// AddressSanitizer does not know SystemC's process stacks: an exception thrown after the kernel
/// has switched between them makes it report its own signal stack (google/sanitizers issue 189).
/// Tests of such exceptions are skipped there.
#ifdef __SANITIZE_ADDRESS__
constexpr bool kExceptionsAfterSwitches = false;
#else
constexpr bool kExceptionsAfterSwitches = true;
#endif
constexpr const char* kNoExceptionsAfterSwitches =
    "AddressSanitizer misreads exceptions after switches between process stacks";

}  // namespace test_support
