"""The `git` command, run with nothing of anybody's own: no configuration, no credentials, no prompt, and only so long."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from adapters.excerpt import excerpt
from bot.ports import DeliveryError, Rejected, Unavailable

WITHIN = 60.0
"""Seconds that one command may take, however large the repository."""

PASSED = (
    "PATH",
    "LD_LIBRARY_PATH",
    "TMPDIR",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
)
"""Of our environment: the rest of it holds secrets, or what somebody has set for their own git."""

CERTIFICATES = {"SSL_CERT_FILE": "GIT_SSL_CAINFO", "SSL_CERT_DIR": "GIT_SSL_CAPATH"}
"""What everybody else of ours reads, as git calls it."""

# What a person has to repair. Everything else (a server that is away, a full disk) may pass.
_REFUSED: Mapping[str, str] = {
    "could not read Username": "check `token`",
    "could not read Password": "check `token`",
    "Authentication failed": "check `token`",
    "returned error: 401": "check `token`",
    "returned error: 403": "check that `token` may write there",
    "not found": "check `url`",
    "no DAV locking support": "check `url`: no git answers there",
    "does not appear to be a git repository": "check `url`",
    "does not exist": "check `url`",
    "Unable to find remote helper": "check `url`",
    "Permission denied (publickey": "check `key_file`, and that its public half may write there",
    "invalid format": "check `key_file`",
    "Host key verification failed": "put the server's line of `ssh-keyscan` into `known_hosts_file`, after comparing it",
    "returned error: 30": "the repository has moved: write the new address into `url`",
    "server certificate verification failed": "name its authority in SSL_CERT_FILE",
    "SSL certificate problem": "name its authority in SSL_CERT_FILE",
    "detected dubious ownership": "the repository belongs to another user",
    "[remote rejected]": "the repository's own rules do not let us write: check its protected branches and hooks",
    "appears as both a file and as a directory": "check `folder`: a file has this name",
}

_SAYS_NOTHING = (
    "To ",
    "Done",
    "hint:",
    "error: failed to push some refs",
    "Please make sure you have the correct access rights",
    "and the repository exists.",
)
"""How lines begin that would take the place of those that say why."""


class Failed(Exception):
    """git said no; `said` is what it wrote, with nothing taken out."""

    def __init__(self, said: str) -> None:
        super().__init__("git said no")
        self.said = said


class Process:
    """`home` is a folder of our own, `settings` are git's, for every command; in the environment and not among the arguments, which
    everybody on the machine may read. `name` begins every reason, and no `secrets` are in one."""

    def __init__(self, name: str, home: Path, settings: Mapping[str, str], ssh: str, secrets: Sequence[str]) -> None:
        self._name = name
        self._secrets = tuple(secrets)
        self._home = home
        self._environment = {
            **{key: os.environ[key] for key in PASSED if key in os.environ},
            **{theirs: os.environ[ours] for ours, theirs in CERTIFICATES.items() if ours in os.environ},
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_ALLOW_PROTOCOL": "http:https:ssh:file",
            "GIT_DIR": str(home / "repository"),
            "GIT_INDEX_FILE": str(home / "index"),
            "GIT_CONFIG_COUNT": str(len(settings)),
            **{f"GIT_CONFIG_KEY_{n}": key for n, key in enumerate(settings)},
            **{f"GIT_CONFIG_VALUE_{n}": value for n, value in enumerate(settings.values())},
            **({"GIT_SSH_COMMAND": ssh} if ssh else {}),
        }

    async def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """What git writes. Raises Failed when it says no, Unavailable when it takes too long, Rejected when there is no git."""
        # Out of a file: not every event loop bears it that a process ends before it has read what it is given.
        (self._home / "given").write_bytes(given)
        with (self._home / "given").open("rb") as stdin:
            process = await self._begun(asyncio.create_task(self._started(arguments, stdin)))
        try:
            async with asyncio.timeout(WITHIN):
                written, said = await process.communicate()
        except BaseException as error:
            await _killed(process)
            if isinstance(error, TimeoutError):
                raise Unavailable(f"{self._name}: git did not come to an end within {WITHIN:g} s") from None
            raise
        if process.returncode:
            raise Failed("\n".join((said.decode(errors="replace"), written.decode(errors="replace"))).strip())
        return written

    async def _begun(self, starting: asyncio.Task[asyncio.subprocess.Process]) -> asyncio.subprocess.Process:
        """Whoever waits no longer leaves no process: not every event loop knows of one that is given up while it starts."""
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            with suppress(DeliveryError):
                await _killed(await starting)
            raise

    async def _started(self, arguments: Sequence[str], stdin: IO[bytes]) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                "git",
                *arguments,
                cwd=self._home,
                env=self._environment,
                stdin=stdin,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                # What it starts (for HTTP, for ssh) ends with it.
                start_new_session=True,
            )
        except FileNotFoundError:
            raise Rejected(f"{self._name}: there is no `git` on this machine; install it") from None
        except OSError as error:
            raise Unavailable(f"{self._name}: git could not be started ({error.strerror})") from None

    def trouble(self, failed: Failed) -> DeliveryError:
        """What came of it, in words: Rejected when a person has to repair something, else Unavailable."""
        remedy = next((remedy for sign, remedy in _REFUSED.items() if sign in failed.said), "")
        lines = [line for line in failed.said.splitlines() if line.strip() and not line.startswith(_SAYS_NOTHING)]
        # The server's own words come first, git's conclusion last.
        shown = excerpt("; ".join(lines[-3:]) or "no reason was given", self._secrets)
        reason = f"{self._name}: git says: {shown}"
        return Rejected(f"{reason}; {remedy}") if remedy else Unavailable(reason)


async def _killed(process: asyncio.subprocess.Process) -> None:
    """All of its group: what git started may outlive it, and hold its pipes."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.communicate()
