"""The newest state of one branch, and a commit on top of it. Plumbing alone: no file is checked out, and no hook of ours runs."""

from __future__ import annotations

from adapters.publishing.drafts import FILE_BYTES
from adapters.publishing.git.process import Failed, Process

REMOTE = "origin"

_HEAD = "refs/heads/fetched"
_FILES = ("100644", "100755")
"""A link or another repository is nothing of ours."""

# What somebody who pushed meanwhile looks like: git's own words (https://git-scm.com/docs/git-push, "Output"), and those of servers
# where two came in the same moment.
_BEHIND = ("[rejected]", "cannot lock ref", "failed to update ref", "incorrect old value", "reference already exists")


class NoBranch(Exception):
    """The repository has only `others`."""

    def __init__(self, others: list[str]) -> None:
        super().__init__("no such branch")
        self.others = others


class Clone:
    """Of `branch`, by `git`. Every method raises Failed when git says no."""

    def __init__(self, git: Process, branch: str) -> None:
        self._git = git
        self._branch = branch

    async def begin(self) -> None:
        await self._git.run("init", "--quiet", "--bare", "--template=")

    async def fetch(self) -> str:
        """The newest commit; empty when there is nothing in the repository yet. Of files only those come that are looked at, where
        the server can do that. Raises NoBranch."""
        wanted = f"+refs/heads/{self._branch}:{_HEAD}"
        try:
            await self._git.run("fetch", "--quiet", "--no-tags", "--depth=1", "--filter=blob:none", REMOTE, wanted)
        except Failed as failed:
            if "couldn't find remote ref" not in failed.said:
                raise
            heads = await self._said("ls-remote", "--heads", REMOTE)
            others = [line.partition("refs/heads/")[2] for line in heads.splitlines()]
            # Somebody may have made it between the two looks, which the push finds out.
            if others and self._branch not in others:
                raise NoBranch(others) from None
            return ""
        return await self._said("rev-parse", "--verify", f"{_HEAD}^{{commit}}")

    async def read(self, commit: str, path: str) -> bytes | None:
        """What lies there; None: nothing. Of what is no file, or larger than ours are, it is empty."""
        found = await self._said("ls-tree", "-z", commit, "--", path) if commit else ""
        if not found:
            return None
        mode, _, blob = found.partition("\t")[0].split(" ")
        if mode not in _FILES or int(await self._said("cat-file", "-s", blob)) > FILE_BYTES:
            return b""
        return await self._git.run("cat-file", "blob", blob)

    async def commit(self, parent: str, path: str, data: bytes, message: str) -> str:
        """A commit on `parent` (empty: the first one) with `data` at `path`."""
        blob = await self._said("hash-object", "-w", "--stdin", given=data)
        await self._git.run("read-tree", parent or "--empty")
        await self._git.run("update-index", "--add", "--cacheinfo", f"{_FILES[0]},{blob},{path}")
        tree = await self._said("write-tree", "--missing-ok")
        on = ("-p", parent) if parent else ()
        return await self._said("commit-tree", tree, *on, "-F", "-", given=message.encode())

    async def push(self, commit: str, *, dry: bool = False) -> bool:
        """Whether it is the newest one now; not, when somebody pushed meanwhile. `dry`: it is only asked whether we may."""
        asked = ("--dry-run",) if dry else ()
        try:
            await self._git.run("push", "--porcelain", *asked, REMOTE, f"{commit}:refs/heads/{self._branch}")
        except Failed as failed:
            if any(sign in failed.said for sign in _BEHIND):
                return False
            raise
        return True

    async def _said(self, *arguments: str, given: bytes = b"") -> str:
        return (await self._git.run(*arguments, given=given)).decode(errors="replace").strip("\n\0")
