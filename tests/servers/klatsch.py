"""The `klatsch` command as child processes, with a configuration in a folder of its own."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml

from bot.config import load
from bot.terminal.say import exported
from tests.servers.forks import Forks, forks
from tests.servers.processes import running

ROOT = Path(__file__).parent.parent.parent
COMMAND = (sys.executable, "-c", "import sys; from bot.cli import main; sys.exit(main(sys.argv[1:]))")
TOKEN = "s3cr3t-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
SERVES = re.compile(r"klatsch serves (\S+);")
BASIC: Mapping[str, Any] = {
    "http": {"listen": "127.0.0.1:0"},
    "people": {"ana": {"name": "Ana Ruiz", "email": "ana@example.org", "ntfy": "ana-pages"}},
    "alerts": {"prometheus": {"type": "alertmanager", "token": TOKEN}},
    "routes": [
        {"match": {"severity": "critical"}, "open": "active", "severity": "sev1", "group_by": ["region", "az"]},
        {"match": {"severity": "warning"}, "open": "triage", "severity": "sev3", "group_by": ["alertname"]},
    ],
    "security": {"signing_key": "0123456789abcdef0123456789abcdef"},
}


def paging(ntfy_url: str) -> dict[str, Any]:
    """Sections that page ana by ntfy for every critical alert, and ask nobody else."""
    ana = {**BASIC["people"]["ana"], "page": ["ntfy"]}
    return {
        "people": {"ana": ana, "ben": {"name": "Ben Okafor"}},
        "paging": {"ntfy": {"type": "ntfy", "url": ntfy_url}},
        "oncall": {"policies": {"platform": {"steps": [{"page": "person:ana"}]}}},
        "routes": [{**BASIC["routes"][0], "page": "platform"}, BASIC["routes"][1]],
    }


def write_config(folder: Path, database_url: str, **sections: Any) -> Path:
    """`config.yaml` in `folder`: the basic one with these sections replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    postmortem = {"folder": str(folder / "postmortems")}
    path = folder / "config.yaml"
    path.write_text(
        yaml.safe_dump({"storage": {"url": database_url}, "postmortem": postmortem, **BASIC, **sections}),
        encoding="utf-8",
    )
    return path


def klatsch(
    folder: Path, *arguments: str, input: str = "", timeout: float = 120, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command in `folder` to its end, with `environ` added to the environment."""
    env = {**environment(), **(environ or {})}
    return _forks().run(arguments, cwd=folder, env=env, input=input, timeout=timeout)


@cache
def _forks() -> Forks:
    """One for each process that runs tests; it ends with that."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(forks(ROOT, environment()))


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"}


@dataclass(frozen=True)
class Served:
    """A `klatsch serve` that answers at `url`; `log` holds what it printed."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def post(self, body: bytes | Mapping[str, Any], **options: Any) -> httpx.Response:
        """Post a message to the entry `prometheus`, as a sender who knows the token."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given: dict[str, Any] = {"headers": BEARER, "timeout": 30, **options}
        return httpx.post(f"{self.url}/alerts/prometheus", content=content, trust_env=False, verify=False, **given)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=30, trust_env=False, verify=False)

    def rests(self) -> bool:
        """Whether nothing waits to be done outside but clocks: what it has told others is written down here, too."""
        told = self.get("/metrics").text
        return "klatsch_database_up 1.0" in told and "klatsch_outbox_waiting{" not in told


@contextmanager
def serving(folder: Path, *arguments: str, name: str = "serve") -> Iterator[Served]:
    """`klatsch serve` on the configuration in `folder`, for the length of the block."""
    log = folder / f"{name}.log"
    command = [*COMMAND, *arguments, "serve"]
    with running(
        command, ready=lambda: bool(SERVES.search(log.read_text(errors="replace"))), log=log, environment=environment()
    ) as process:
        found = SERVES.search(log.read_text(errors="replace"))
        assert found is not None
        yield Served(process, found[1], log)


@asynccontextmanager
async def served_at(folder: Path, name: str = "serve", *, arguments: Sequence[str] = ()) -> AsyncIterator[Served]:
    """`serving`, without holding up the fake servers of this process."""
    context = serving(folder, *arguments, name=name)
    served = await asyncio.to_thread(context.__enter__)
    try:
        yield served
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)


def incidents(folder: Path, numbers: Sequence[int] = (1,)) -> list[dict[str, Any]]:
    """What `export` says of these incidents, asked for in this process: a command for each look would take a second."""
    config = load(folder / "config.yaml", {})
    return [json.loads(exported(config, f"INC-{number}", "json", public=False)) for number in numbers]
