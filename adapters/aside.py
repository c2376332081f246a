"""A module of ours run as a process of its own, which ends with its answer: what takes memory for the sake of one, or reads what strangers
wrote."""

from __future__ import annotations

import os
import subprocess
import sys

from bot.ports import Unavailable

NEEDED = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "PYTHONHOME", "PYTHONTZPATH", "TMPDIR")
"""Of our environment: the rest of it holds secrets, which no stranger's text has to lie beside."""


def run_aside(
    module: str, said: bytes, within: float, *, provider: str, late: str, task: str
) -> tuple[int, bytes, str]:
    """What `python -m module` answers to `said`: how it ended, what it wrote, and the last line of what went wrong. Raises Unavailable when that
    takes more than `within` seconds, which is `late`, or when no process can be started for its `task`; `provider` begins the reason."""
    path = os.pathsep.join(place for place in sys.path if place)
    try:
        done = subprocess.run(  # noqa: S603 - a module of ours, and no shell
            # Not `-m` alone: it would look for modules in the folder that somebody happened to start us in.
            [sys.executable, "-P", "-m", module],
            input=said,
            capture_output=True,
            timeout=within,
            env={"PYTHONPATH": path, **{name: os.environ[name] for name in NEEDED if name in os.environ}},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{provider}: {late} within {within:.0f} s") from None
    except OSError as error:
        raise Unavailable(f"{provider}: no process could be started to {task} ({error.strerror})") from None
    last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    return done.returncode, done.stdout, last[:200] or "no reason was given"
