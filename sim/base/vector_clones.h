#pragma once

/// Compiles a function for the vector widths of several x86-64 generations; the loader picks one.
/// Not under sanitizers, whose run-time is not up yet when the loader picks, and not with Clang.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && defined(__OPTIMIZE__)
#define SIM_VECTOR_CLONES \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define SIM_VECTOR_CLONES
#endif

/// Before a loop: its iterations do not touch each other's data, whatever the compiler can see.
#if defined(__clang__)
#define SIM_INDEPENDENT_ITERATIONS _Pragma("clang loop vectorize(assume_safety)")
#else
#define SIM_INDEPENDENT_ITERATIONS _Pragma("GCC ivdep")
#endif
