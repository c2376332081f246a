"""Puts texts into a git repository as Markdown files, a commit each, and never over what people wrote there.

Nothing is kept between two texts: each is put on top of a shallow clone in a temporary folder, so there is nothing to go stale, to
repair, or to share between several bots.
"""

from __future__ import annotations

import asyncio
import base64
import re
import shlex
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, model_validator

from adapters.publishing.drafts import files, judged, sealed, too_many
from adapters.publishing.git.clone import REMOTE, Clone, NoBranch
from adapters.publishing.git.process import Failed, Process
from bot.config.kinds import as_public_url
from bot.ports import Attempt, Publisher, Rejected, Unavailable, Written

if TYPE_CHECKING:
    from adapters.http import Http

TRIES = 5
"""So often somebody may push between our look and our push before the outbox tries again later."""

_WEB, _SSH, _FILE = "web", "ssh", "file"
_SCP = re.compile(r"[\w.-]+@[\w.-]+:(?!//)[^\s]+", re.ASCII)
_PART = re.compile(r"[\w+.-]+( [\w+.-]+)*")
_AUTHOR = re.compile(r"([^<>\x00-\x1f]+) <([^<>\s]+@[^<>\s]+)>")


def _kind(url: str) -> str:
    """How the repository is reached; empty: not at all."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    if not url.isprintable() or " " in url or parts.query or parts.fragment:
        return ""
    if parts.scheme in ("http", "https"):
        return _WEB if host and parts.path.strip("/") else ""
    if parts.scheme == "ssh":
        return _SSH if host and not host.startswith("-") and parts.path.strip("/") and not parts.password else ""
    if parts.scheme == "file":
        return _FILE if not host and parts.path.startswith("/") else ""
    return _SSH if _SCP.fullmatch(url) and not url.startswith("-") else ""


def _url(url: str) -> str:
    if not _kind(url):
        raise ValueError(
            "must be the address one clones from, like https://git.example.org/ops/learning.git or git@git.example.org:ops/learning.git"
        )
    if _kind(url) == _WEB and "@" in urlsplit(url).netloc:
        raise ValueError("must hold no user and password; use `user` and `token`")
    return url


def _branch(branch: str) -> str:
    # https://git-scm.com/docs/git-check-ref-format, and no more than that takes.
    if not re.fullmatch(r"[A-Za-z0-9][\w./-]*", branch, re.ASCII) or re.search(
        r"\.\.|//|/\.|\.lock(/|$)|[./]$", branch
    ):
        raise ValueError("must be the name of a branch, like main")
    return branch


def _folder(folder: str) -> str:
    parts = folder.strip("/").split("/") if folder.strip("/") else []
    if folder.startswith("/") or any(
        not _PART.fullmatch(part) or part in (".", "..") or part.lower() == ".git" for part in parts
    ):
        raise ValueError("must be a folder inside the repository, like docs/postmortems")
    return "/".join(parts)


def _author(author: str) -> str:
    if not _AUTHOR.fullmatch(author):
        raise ValueError("must be a name and an address, like Klatsch <klatsch@example.org>")
    return author


def _token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]*", token.get_secret_value()):
        raise ValueError("must be plain letters, digits and signs, without spaces or line breaks")
    return token


def _user(user: str) -> str:
    if not re.fullmatch(r"[!-9;-~]+", user):
        raise ValueError("must be plain letters, digits and signs, without spaces and colons")
    return user


class Config(BaseModel):
    """`url` is where one clones from: https with a `token` (and `user`, where the server wants a certain one with it), ssh with a `key`
    (without: what the machine's own ssh has), or a path as file:///. `known_hosts` are the servers that are believed, as ssh keeps them.
    `folder` lies inside the repository. `web` is the address below which people read the branch's files, empty: there is none."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["git"] = "git"
    url: Annotated[str, AfterValidator(_url)]
    branch: Annotated[str, AfterValidator(_branch)] = "main"
    folder: Annotated[str, AfterValidator(_folder)] = ""
    author: Annotated[str, AfterValidator(_author)] = "Klatsch <klatsch@localhost>"
    user: Annotated[str, AfterValidator(_user)] = "klatsch"
    token: Annotated[SecretStr, AfterValidator(_token)] = SecretStr("")
    key: SecretStr = SecretStr("")
    known_hosts: SecretStr = SecretStr("")
    web: Annotated[str, AfterValidator(as_public_url)] = ""

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        kind = _kind(self.url)
        if self.token.get_secret_value() and kind != _WEB:
            raise ValueError("`token` is for an address that begins with https://; ssh takes `key_file`")
        if (self.key.get_secret_value() or self.known_hosts.get_secret_value()) and kind != _SSH:
            raise ValueError("`key` and `known_hosts` are for ssh; https takes `token`")
        return self


def build(name: str, config: Config, http: Http) -> Publisher:
    """The publisher of the block `publishing.<name>`. git goes out by itself; all publishers are built alike."""
    return Git(name, config)


class Git:
    """A `Publisher`. A text that lies there already makes no commit, so a repeated try changes nothing, also when the answer to the
    first push was lost. Who pushes meanwhile wins: theirs is fetched, looked at, and built upon."""

    def __init__(self, name: str, config: Config) -> None:
        self._name = name
        self._config = config
        self._turn = asyncio.Lock()

    async def write(self, attempt: Attempt, *, ref: str, text: str, private: bool = False) -> Written:
        """Commit `<folder>/<ref>.md` and push it; answers where the file lies that holds the draft, and where `<ref>.md` lies when
        people edited it and the draft is beside it.

        Raises Unavailable when the repository does not answer, and Rejected when we may not write there, when `ref` is no name of a
        text, or when the text is private: a repository is read by many, and what was in it stays in its past."""
        names = files(self._name, ref)
        if private:
            raise Rejected(f"{self._name}: {ref} is private, and a repository is read by many and forgets nothing")
        data, digest = sealed(text)
        # One after the other: our own pushes need not get in each other's way.
        async with self._turn, self._cloned() as clone:
            for _ in range(TRIES):
                head = await clone.fetch()
                file, there = await self._free(clone, head, ref, names, digest)
                if there or await clone.push(await clone.commit(head, self._path(file), data, f"Write {file}\n")):
                    return Written(self._place(file), edited="" if file == names[0] else self._place(names[0]))
        raise Unavailable(f"{self._name}: somebody else pushed each of the {TRIES} times we did")

    async def probe(self) -> None:
        """Whether we may read the branch and push to it; nothing is changed. Raises like `write`."""
        async with self._cloned() as clone:
            await clone.push(await clone.fetch() or await clone.commit("", "README.md", b"", "Nothing\n"), dry=True)

    async def _free(self, clone: Clone, head: str, ref: str, names: tuple[str, ...], digest: bytes) -> tuple[str, bool]:
        """The first file that people did not change, and whether it holds this text already."""
        for file in names:
            data = await clone.read(head, self._path(file))
            if data is None:
                return file, False
            found, edited = judged(data)
            if found == digest or not edited:
                return file, found == digest
        raise too_many(self._name, ref, self._config.folder or "the repository")

    def _path(self, file: str) -> str:
        return f"{self._config.folder}/{file}" if self._config.folder else file

    def _place(self, file: str) -> str:
        path = self._path(file)
        return f"{self._config.web}/{quote(path)}" if self._config.web else f"{path} in {self._config.url}"

    @asynccontextmanager
    async def _cloned(self) -> AsyncIterator[Clone]:
        """A clone that is gone afterwards. What git says is said in our words."""
        config = self._config
        try:
            with tempfile.TemporaryDirectory(prefix="klatsch-git-", ignore_cleanup_errors=True) as folder:
                home = Path(folder)
                secrets = [config.token.get_secret_value(), self._basic()]
                git = Process(self._name, home, self._settings(), self._ssh(home), secrets)
                clone = Clone(git, config.branch)
                try:
                    await clone.begin()
                    yield clone
                except Failed as failed:
                    raise git.trouble(failed) from None
        except NoBranch as missing:
            others = ", ".join(f"`{other}`" for other in missing.others[:5])
            raise Rejected(
                f"{self._name}: there is no branch `{config.branch}`, but {others}; check `branch`"
            ) from None
        except OSError as error:
            # Its disk may be full.
            raise Unavailable(
                f"{self._name}: the folder for temporary files cannot be used ({error.strerror})"
            ) from None

    def _basic(self) -> str:
        token = self._config.token.get_secret_value()
        return base64.b64encode(f"{self._config.user}:{token}".encode()).decode() if token else ""

    def _settings(self) -> dict[str, str]:
        """Of git, besides its defaults."""
        name, _, email = self._config.author.rpartition(" ")
        settings = {
            f"remote.{REMOTE}.url": self._config.url,
            "user.name": name,
            "user.email": email.strip("<>"),
            "commit.gpgSign": "false",
            "gc.auto": "0",
            # A token goes to the server that it was given for, and to no other.
            "http.followRedirects": "false",
        }
        return settings | ({"http.extraHeader": f"Authorization: Basic {basic}"} if (basic := self._basic()) else {})

    def _ssh(self, home: Path) -> str:
        """The command; what it reads lies in `home`. Empty: none is needed."""
        if _kind(self._config.url) != _SSH:
            return ""
        options = ["BatchMode=yes", "StrictHostKeyChecking=yes", "ConnectTimeout=15"]
        for name, secret, option in (
            ("key", self._config.key, "IdentityFile"),
            ("known_hosts", self._config.known_hosts, "UserKnownHostsFile"),
        ):
            if text := secret.get_secret_value():
                file = home / name
                file.touch(mode=0o600)
                file.write_text(f"{text}\n", encoding="utf-8")
                options.append(f"{option}={file}")
        if self._config.key.get_secret_value():
            options.append("IdentitiesOnly=yes")
        return shlex.join(["ssh", "-F", "none", *(part for option in options for part in ("-o", option))])
