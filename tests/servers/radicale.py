"""A real CalDAV server: Radicale, from its Python package."""

import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.servers import absent
from tests.servers.processes import free_port, running
from tests.until import PATIENCE

COLLECTION = """<?xml version="1.0" encoding="utf-8"?>
<mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop>
<resourcetype><collection/><C:calendar/></resourcetype><displayname>Platform</displayname>
</prop></set></mkcol>"""


@dataclass(frozen=True)
class Radicale:
    """`url` is a calendar of the user `klatsch`, whose password is `password`."""

    url: str
    password: str

    def put(self, uid: str, event: str) -> None:
        """An event as calendar programs store it: by itself, under its UID."""
        lines = event.strip().replace("\n", "\r\n")
        body = (
            f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n"
            f"DTSTAMP:20261101T000000Z\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
        self._do("PUT", f"{self.url}{uid}.ics", body)

    def delete(self, uid: str) -> None:
        self._do("DELETE", f"{self.url}{uid}.ics")

    def _do(self, method: str, url: str, body: str = "") -> None:
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        auth = ("klatsch", self.password)
        answer = httpx.request(
            method, url, content=body.encode(), headers=headers, auth=auth, timeout=PATIENCE, trust_env=False
        )
        answer.raise_for_status()


@contextmanager
def radicale() -> Iterator[Radicale]:
    """Run it on a free loopback port, with one empty calendar."""
    if importlib.util.find_spec("radicale") is None:
        absent("Radicale is not here: `make test-setup` installs it")
    with tempfile.TemporaryDirectory(prefix="klatsch-radicale-") as name:
        folder, port, password = Path(name), free_port(), "geheim-radicale"
        (folder / "users").write_text(f"klatsch:{password}\n")
        url = f"http://127.0.0.1:{port}/klatsch/platform/"
        with running(
            [
                *(sys.executable, "-m", "radicale", "--config", "", "--server-hosts", f"127.0.0.1:{port}"),
                *("--storage-filesystem-folder", str(folder / "collections")),
                *("--auth-type", "htpasswd", "--auth-htpasswd-filename", str(folder / "users")),
                *("--auth-htpasswd-encryption", "plain", "--auth-delay", "0"),
            ],
            ready=lambda: _ready(port),
            log=folder / "radicale.log",
        ):
            server = Radicale(url, password)
            server._do("MKCOL", url, COLLECTION)
            yield server


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/.web/", timeout=2, trust_env=False).status_code < 500
    except httpx.TransportError:
        return False
