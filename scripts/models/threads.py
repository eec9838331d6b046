"""Process-wide settings that keep the CPU time of small matrices low."""

from __future__ import annotations

import ctypes
import sys

import torch

BLAS = "libblas.so.3"
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)


def use_one_thread() -> None:
    """One thread for torch and OpenBLAS.

    With 128 columns a second thread mostly waits: it cost half as much CPU time again.
    """
    torch.set_num_threads(1)
    blas = ctypes.CDLL(BLAS)
    if not hasattr(blas, "openblas_set_num_threads"):
        raise SystemExit(
            f"{BLAS} is not OpenBLAS, without which training takes six times as long: "
            "install libopenblas0-pthread"
        )
    blas.openblas_set_num_threads(1)
    blas.openblas_get_corename.restype = ctypes.c_char_p
    advice = slow_kernels(blas.openblas_get_corename().decode())
    if advice:
        print(advice, file=sys.stderr)


def slow_kernels(core: str) -> str | None:
    """What to do where OpenBLAS takes kernels for processors of 2004, as it does for unknown ones."""
    if core != "Prescott":
        return None
    return (
        "OpenBLAS does not know this processor: OPENBLAS_CORETYPE=Haswell (with AVX-512: SkylakeX) "
        "in the environment makes matrices some five times faster"
    )


def keep_freed_memory() -> None:
    """Makes glibc keep large buffers; mapping each one anew took a quarter of the CPU time."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, 1 << 30)
        libc.mallopt(_M_TRIM_THRESHOLD, 1 << 30)
