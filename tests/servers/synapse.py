"""A real Matrix homeserver on loopback, with people of its own: Synapse from its Python package."""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.in_memory import folder_in_memory
from tests.servers import absent
from tests.servers.processes import free_port, running

NAME = "example.org"
_SECRET = "only-for-tests"
_LIMITS = (
    "rc_message",
    "rc_registration",
    "rc_room_creation",
    "rc_admin_redaction",
    "rc_joins_per_room",
    "rc_presence",
    "rc_media_create",
)
_FREE = {"per_second": 10_000, "burst_count": 10_000}
_UNLIMITED: Mapping[str, Any] = {
    **dict.fromkeys(_LIMITS, _FREE),
    "rc_login": {"address": _FREE, "account": _FREE, "failed_attempts": _FREE},
    "rc_joins": {"local": _FREE, "remote": _FREE},
    "rc_invites": {"per_room": _FREE, "per_user": _FREE, "per_issuer": _FREE},
}


@dataclass(frozen=True)
class Account:
    user_id: str
    device_id: str
    access_token: str = field(repr=False)


@dataclass
class Synapse:
    """`limited`: as a homeserver is where nobody raised its limits."""

    url: str
    log: Path
    _folder: Path
    _stack: ExitStack

    def register(self, name: str, *, device: str = "PHONE", admin: bool = False) -> Account:
        """Somebody who can log in with the password `pw-NAME`."""
        with httpx.Client(base_url=self.url, trust_env=False, verify=False, timeout=30) as client:
            nonce = client.get("/_synapse/admin/v1/register").json()["nonce"]
            words = (nonce, name, password(name), "admin" if admin else "notadmin")
            mac = hmac.new(_SECRET.encode(), "\0".join(words).encode(), hashlib.sha1).hexdigest()
            made = client.post(
                "/_synapse/admin/v1/register",
                json={
                    "nonce": nonce,
                    "username": name,
                    "password": password(name),
                    "admin": admin,
                    "mac": mac,
                    "device_id": device,
                },
            )
        return _account(made)

    def login(self, name: str, *, device: str = "PHONE", **more: object) -> Account:
        asked = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": name},
            "password": password(name),
            "device_id": device,
            **more,
        }
        answer = httpx.post(
            f"{self.url}/_matrix/client/v3/login", json=asked, trust_env=False, verify=False, timeout=30
        )
        return _account(answer)

    def holds(self, text: str) -> bool:
        """Whether `text` stands anywhere in the homeserver's files: its database, what is still to go into it, its log."""
        files = [path for path in self._folder.rglob("*") if path.is_file()]
        return any(text.encode() in _read(path) for path in files)

    def stop(self) -> None:
        """Connections are cut, new ones are refused; what was answered is on the disk."""
        self._stack.close()

    def start(self) -> None:
        self._stack.enter_context(
            running(
                [sys.executable, "-m", "synapse.app.homeserver", "-c", self._folder / "homeserver.yaml"],
                ready=self._ready,
                log=self.log,
                patience=120,
            )
        )

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=2, trust_env=False, verify=False).is_success
        except httpx.TransportError:
            return False


def _read(path: Path) -> bytes:
    """Nothing, where it is gone by now, like the journal of a transaction that has ended."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _account(answer: httpx.Response) -> Account:
    given = answer.raise_for_status().json()
    return Account(given["user_id"], given["device_id"], given["access_token"])


async def purge(server: Synapse, address: str) -> None:
    """The media that lies there (mxc://…) is deleted, as an administrator does it."""
    admin = server.register(f"admin-{secrets.token_hex(4)}", admin=True)
    where = f"{server.url}/_synapse/admin/v1/media/{address.removeprefix('mxc://')}"
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=30) as client:
        answer = await client.delete(where, headers={"Authorization": f"Bearer {admin.access_token}"})
    answer.raise_for_status()


def password(name: str) -> str:
    return f"pw-{name}"


@contextmanager
def synapse(*, limited: bool = False, faster: int = 1) -> Iterator[Synapse]:
    """Run it on a free loopback port, alone: without federation, key servers and statistics. Limited, it lets everybody do as much at once
    as any, and then `faster` times as much in the same time."""
    if importlib.util.find_spec("synapse") is None:
        absent("Synapse is not here: install requirements/test.txt")
    with tempfile.TemporaryDirectory(prefix="klatsch-synapse-", dir=folder_in_memory()) as name, ExitStack() as stack:
        folder = Path(name)
        port = free_port()
        (folder / "homeserver.yaml").write_text(
            yaml.safe_dump(_configuration(folder, port, _paced(faster) if limited else _UNLIMITED))
        )
        (folder / "log.yaml").write_text(yaml.safe_dump(_LOGGING))
        server = Synapse(f"http://127.0.0.1:{port}", folder / "synapse.log", folder, stack.enter_context(ExitStack()))
        server.start()
        yield server


_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    # A line for each answer.
    "loggers": {"synapse.access": {"level": "INFO"}},
    "root": {"level": "WARNING", "handlers": ["console"]},
}


def _paced(faster: int) -> Mapping[str, Any]:
    """What `synapse.config.ratelimiting` says where nothing is configured, with another clock."""

    def limit(per_second: float, burst: int) -> dict[str, float]:
        return {"per_second": per_second * faster, "burst_count": burst}

    return {
        "rc_message": limit(0.2, 10),
        "rc_room_creation": limit(0.016, 10),
        "rc_joins": {"local": limit(0.1, 10), "remote": limit(0.01, 10)},
        "rc_joins_per_room": limit(1, 10),
        "rc_invites": {"per_room": limit(0.3, 10), "per_user": limit(0.003, 5), "per_issuer": limit(0.3, 10)},
    }


def _configuration(folder: Path, port: int, limits: Mapping[str, Any]) -> dict[str, Any]:
    listener = {
        "port": port,
        "bind_addresses": ["127.0.0.1"],
        "type": "http",
        "tls": False,
        "resources": [{"names": ["client"], "compress": False}],
    }
    return {
        "server_name": NAME,
        "public_baseurl": f"http://127.0.0.1:{port}/",
        "listeners": [listener],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(folder / "signing.key"),
        "log_config": str(folder / "log.yaml"),
        "registration_shared_secret": _SECRET,
        "macaroon_secret_key": _SECRET,
        "form_secret": _SECRET,
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "federation_domain_whitelist": [],
        "report_stats": False,
        "presence": {"enabled": False},
        # The password of a test need not be safe.
        "bcrypt_rounds": 4,
        **limits,
    }
