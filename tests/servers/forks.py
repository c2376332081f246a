"""The `klatsch` command without its start: what each command imports is imported once, in a process that forks for each.

A command is a process all the same, with its own folder, environment, input and exit code. What a new interpreter does, and
that a command imports what it needs, is tested where the bot is served (tests/servers/klatsch.py, `serving`).

As a program it listens at the socket it is given, until its standard input ends. Who connects sends a line of JSON, and with it
the command's standard input, output and error; what comes back is a line with its process id, and one with its exit code.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen, TimeoutExpired

NEEDED = (
    "adapters.alerts.alertmanager",
    "adapters.chat.console",
    "adapters.paging.ntfy",
    "adapters.paging.smtp",
    "adapters.status.builtin",
    "alembic.command",
    "bot.chat.markdown",
    "bot.terminal.check",
    "bot.cli",
    "bot.main",
    "bot.terminal.replay",
    "bot.terminal.say",
    "httpx",
    "jinja2",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
)
_MOST = 2**16
"""Bytes of a request."""


class Forks:
    """Commands that are forked by the process listening at `address`."""

    def __init__(self, address: str) -> None:
        self._address = address

    def run(
        self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], input: str, timeout: float
    ) -> CompletedProcess[str]:
        """As subprocess.run, with what it wrote as text. Raises TimeoutExpired; the command is killed then."""
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as told:
            given.write(input.encode())
            given.seek(0)
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(timeout)
                line.connect(self._address)
                request = json.dumps({"arguments": list(arguments), "cwd": str(cwd), "env": dict(env)}).encode()
                socket.send_fds(line, [request + b"\n"], [file.fileno() for file in (given, said, told)])
                with line.makefile() as answers:
                    pid = int(answers.readline())
                    try:
                        code = int(answers.readline())
                    except TimeoutError:
                        os.kill(pid, signal.SIGKILL)
                        raise TimeoutExpired(arguments, timeout) from None
            written = []
            for file in (said, told):
                file.seek(0)
                written.append(file.read().decode())
            return CompletedProcess(arguments, code, *written)


@contextmanager
def forks(root: Path, env: Mapping[str, str]) -> Iterator[Forks]:
    """For the length of the block."""
    with tempfile.TemporaryDirectory(prefix="klatsch-forks-") as folder:
        address = f"{folder}/socket"
        program = [sys.executable, "-m", "tests.servers.forks", address]
        with Popen(program, cwd=root, env=dict(env), stdin=PIPE, stdout=PIPE, start_new_session=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == b"listening\n"
            try:
                yield Forks(address)
            finally:
                process.stdin.close()


def _command(address: str) -> list[str] | None:
    """In the process that listens: None, when its input ends. In each that it forks: what to run."""
    with socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as selector:
        listener.bind(address)
        listener.listen()
        selector.register(listener, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        print("listening", flush=True)
        while True:
            over = any(key.fileobj is sys.stdin for key, _ in selector.select())
            _reap(os.WNOHANG if not over else 0)
            if over:
                return None
            line, _ = listener.accept()
            with line:
                if os.fork() == 0:
                    listener.close()
                    return _begun(line)


def _reap(options: int) -> None:
    """Those that ended, so that what they took is counted."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def _begun(line: socket.socket) -> list[str]:
    """Forks once more: one runs the command, and this one tells how it ended."""
    request, files, _, _ = socket.recv_fds(line, _MOST, 3)
    asked = json.loads(request)
    pid = os.fork()
    if pid:
        line.sendall(f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        line.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115 - for its life
    return list(asked["arguments"])


def main() -> int:
    for module in NEEDED:
        import_module(module)
    from bot.cli import main as klatsch

    gc.freeze()
    arguments = _command(sys.argv[1])
    return 0 if arguments is None else klatsch(arguments)


if __name__ == "__main__":
    sys.exit(main())
