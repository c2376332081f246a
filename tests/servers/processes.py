"""Start a program, wait until it answers, stop it."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.until import DidNotCome, wait_until


class DidNotStart(Exception):
    """The program ended, or did not answer in time; the message carries the end of its log."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    ready: Callable[[], bool],
    log: Path,
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
    stop: signal.Signals = signal.SIGTERM,
    patience: float = 30.0,
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
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


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
