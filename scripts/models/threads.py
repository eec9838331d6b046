"""Process-wide settings that keep the CPU time of small matrices low."""

from __future__ import annotations

import ctypes

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


def keep_freed_memory() -> None:
    """Makes glibc keep large buffers; mapping each one anew took a quarter of the CPU time."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, 1 << 30)
        libc.mallopt(_M_TRIM_THRESHOLD, 1 << 30)
