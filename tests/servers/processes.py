"""Start a program, wait until it answers, stop it."""

import os
import re
import secrets
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain, cycle
from pathlib import Path

from tests.until import PATIENCE, DidNotCome, wait_until


class DidNotStart(Exception):
    """The program ended, or did not answer in time; the message carries the end of its log."""


PORTS = range(10_240, 32_768)
"""Below those that a system hands out by itself: none of them becomes the near end of somebody's connection between two starts
of a server."""

SHARES = 16
"""Into so many parts they are divided, so that two processes that run tests take none that the other has just found free."""


def free_port() -> int:
    """One on loopback, for a server that begins soon."""
    for port in _ports():
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise DidNotStart("no port is free")


@cache
def _ports() -> Iterator[int]:
    """Those of this process, in turn, from one by chance on: another test run may be under way."""
    share = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0) % SHARES
    ours = PORTS[share::SHARES]
    begin = secrets.randbelow(len(ours))
    return chain(ours[begin:], cycle(ours))


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    ready: Callable[[], bool],
    log: Path,
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
    stop: signal.Signals = signal.SIGTERM,
    patience: float = 60.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` for the length of the block, which begins once `ready` has said yes.

    `user` is for programs that refuse to be run by root. The program is a process group of its own, so that
    Ctrl-C in the terminal ends the tests first and the tests end the program.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            cwd=log.parent,
            start_new_session=True,
            user=user,
            group=_group_of(user),
            extra_groups=None if user is None else [],
        )
    try:
        _wait(process, ready, log, patience)
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path, patience: float) -> None:
    def answers() -> bool:
        if process.poll() is not None:
            raise DidNotStart(f"{process.args!r} ended with {process.returncode}:\n{_end_of(log)}")
        return ready()

    try:
        wait_until(answers, "an answer", within=patience)
    except DidNotCome as error:
        raise DidNotStart(f"{process.args!r}: {error}:\n{_end_of(log)}") from error


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def _group_of(user: str | None) -> int | None:
    if user is None:
        return None
    import pwd  # only there on POSIX, and only needed there

    return pwd.getpwnam(user).pw_gid
