"""A real Alertmanager, with the configuration a test gives it."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.servers import absent
from tests.servers.processes import free_port, running
from tests.until import PATIENCE

# Debian renames the program, upstream's archive does not.
NAMES = ("prometheus-alertmanager", "alertmanager")


@dataclass(frozen=True)
class Alertmanager:
    url: str
    log: Path

    def add(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        """Tell it about alerts, in the shape of its API: labels, annotations, startsAt, endsAt, generatorURL."""
        address = f"{self.url}/api/v2/alerts"
        answer = httpx.post(address, json=list(alerts), timeout=PATIENCE, trust_env=False, verify=False)
        answer.raise_for_status()


@contextmanager
def alertmanager(
    configuration: str, *, external_url: str = "http://alertmanager.example.org"
) -> Iterator[Alertmanager]:
    """Run it on a free loopback port, alone: without its gossip port."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        absent("Alertmanager is not here: install prometheus-alertmanager")
    with tempfile.TemporaryDirectory(prefix="klatsch-alertmanager-") as name:
        folder = Path(name)
        (folder / "config.yaml").write_text(configuration)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        log = folder / "alertmanager.log"
        with running(
            [
                program,
                f"--config.file={folder / 'config.yaml'}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                f"--web.external-url={external_url}",
                "--web.route-prefix=/",
                "--cluster.listen-address=",
            ],
            ready=lambda: _ready(url),
            log=log,
        ):
            yield Alertmanager(url, log)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", timeout=2, trust_env=False, verify=False).is_success
    except httpx.TransportError:
        return False
