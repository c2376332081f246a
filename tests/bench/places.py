"""Where the benches run: fresh databases that are really durable, and the processes that use them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.load import Plan, plan_as_json
from tests.servers.postgres import create_database, postgres_url
from tests.servers.processes import free_port

ROOT = Path(__file__).parents[2]
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""The tests' server forgets at a power cut; that would be no measure."""


@dataclass
class Place:
    """One database engine. `database()` is a fresh database there; `past` is how many incidents a long life has had."""

    engine: str
    folder: Path
    rounds: int
    server: str = ""
    past: int = 100_000
    _count: int = field(default=0, init=False)

    @property
    def sqlite(self) -> bool:
        return self.engine == "sqlite"

    def name(self, bench: str) -> str:
        return f"{self.engine}: {bench}"

    def database(self) -> str:
        if not self.sqlite:
            return create_database(self.server)
        return f"sqlite:///{self.scratch()}/klatsch.db"

    def scratch(self) -> Path:
        self._count += 1
        made = self.folder / str(self._count)
        made.mkdir()
        return made


@dataclass
class Served:
    """A web process. `told` reads what it says on standard output, a line at a time."""

    process: subprocess.Popen[str]
    port: int

    def told(self) -> list[str]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a server of the bench died: {self.process.args!r}")
        return line.split()

    def memory(self) -> float:
        """Resident memory in MB (POSIX `ps` counts in units of 1024 bytes)."""
        shown = subprocess.run(["ps", "-o", "rss=", "-p", str(self.process.pid)], capture_output=True, text=True)
        return int(shown.stdout) / 1024


@contextmanager
def place(engine: str, rounds: int, past: int = 100_000) -> Iterator[Place]:
    with (
        tempfile.TemporaryDirectory(prefix="klatsch-bench-", ignore_cleanup_errors=True) as folder,
        ExitStack() as stack,
    ):
        server = "" if engine == "sqlite" else stack.enter_context(postgres_url(DURABLE))
        yield Place(engine, Path(folder), rounds, server, past)


@contextmanager
def served(where: Place, what: str, *more: str, url: str = "") -> Iterator[Served]:
    """`tests.bench.served` as a child process on the database at `url`, a fresh one without."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "tests.bench.served",
        what,
        url or where.database(),
        str(port),
        str(where.scratch()),
    ]
    with child([*command, *more]) as process:
        running = Served(process, port)
        while running.told() != ["ready"]:
            pass
        yield running


@contextmanager
def child(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that ends with the block."""
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment()
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _environment() -> dict[str, str]:
    """Compiled modules are kept, as they are where Klatsch is installed, and outside the checkout."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "klatsch-bench-bytecode")}


def load(plan: Plan) -> dict[str, Any]:
    """Send it from a process of its own; what that one saw."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=plan_as_json(plan),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=plan.seconds + 120,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the load generator failed:\n{done.stderr[-2000:]}")
    seen: dict[str, Any] = json.loads(done.stdout)
    if set(seen["statuses"]) != {"200"}:
        raise RuntimeError(f"not everything was accepted: {seen['statuses']}")
    return seen


def slow_disk() -> Path | None:
    """The shim that makes every fsync slower, compiled; None without a compiler."""
    compiler = next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
    if compiler is None or sys.platform != "linux":
        return None
    folder = Path(tempfile.mkdtemp(prefix="klatsch-slow-fsync-"))
    # PostgreSQL's own user loads it too.
    folder.chmod(0o755)
    library = folder / "slow_fsync.so"
    source = Path(__file__).with_name("slow_fsync.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


def again_on_a_slow_disk(library: Path, milliseconds: float) -> None:
    """Replace this process by itself with the shim loaded; all its children have it too."""
    environment = {**os.environ, "LD_PRELOAD": str(library), "SLOW_FSYNC_US": str(round(milliseconds * 1000))}
    os.execve(sys.executable, [sys.executable, "-m", "tests.bench", *sys.argv[1:]], environment)
