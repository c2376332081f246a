"""Where the tests write: into memory where that is possible, since they wait for a disk thousands of times and lose no power."""

from __future__ import annotations

import os
import shutil

_FOLDER = "/dev/shm"
_ROOM = 4 * 2**30
"""Bytes. A whole run has half a gigabyte at once; what a container gives is 64 MB, and no program may run from it."""


def folder_in_memory() -> str | None:
    """A folder with room enough, from which programs may run. None: there is none, and a disk has to do."""
    try:
        runs = not os.statvfs(_FOLDER).f_flag & os.ST_NOEXEC
        room = shutil.disk_usage(_FOLDER).free
    except (OSError, AttributeError):  # elsewhere than on Linux
        return None
    return _FOLDER if runs and room >= _ROOM and os.access(_FOLDER, os.W_OK) else None
