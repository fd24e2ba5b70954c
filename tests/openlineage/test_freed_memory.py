"""Freed memory goes back: large blocks at once, in a process of its own because that holds for all of it."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_SCRIPT = """
import ctypes

from openmetadata_ol_provider.openlineage.freed_memory import release_freed_memory, return_large_blocks

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]


class Info(ctypes.Structure):
    # struct mallinfo2 of malloc.h: only hblks, the number of separate blocks, is read.
    _fields_ = [(name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd")]
    _fields_ += [(f"unread{number}", ctypes.c_size_t) for number in range(5)]


libc.mallinfo2.restype = Info


def is_separate(size):
    before = libc.mallinfo2().hblks
    block = libc.malloc(size)
    separate = libc.mallinfo2().hblks > before
    libc.free(block)
    return separate


is_separate(8_000_000)
print(is_separate(1_000_000))
return_large_blocks()
# Larger than what is free by now.
print(is_separate(6_000_000))
release_freed_memory()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_a_large_block_is_returned_even_after_a_larger_one_was_freed() -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "True"], done.stderr
