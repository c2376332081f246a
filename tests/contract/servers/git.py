"""A repository as people have it, and git's own server of it over HTTP, behind a door that opens for one token
(https://git-scm.com/docs/gitprotocol-http, https://git-scm.com/docs/git-http-backend)."""

import base64
import os
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from tests.contract.servers.http import Answer, HttpServer, Request

SERVICES = ("git-upload-pack", "git-receive-pack")


class Origin:
    """A bare repository in `folder`. What people do to it, and what lies in it on `branch`."""

    def __init__(self, folder: Path, branch: str = "main") -> None:
        self.folder = folder / "ops" / "learning.git"
        self.branch = branch
        self.folder.mkdir(parents=True)
        self.git("init", "--quiet", "--bare", f"--initial-branch={branch}")
        for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
            self.git("config", key, "true")

    @property
    def url(self) -> str:
        return f"file://{self.folder}"

    def git(self, *arguments: str, given: bytes = b"") -> str:
        # Nobody's configuration counts in a test.
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_DIR": str(self.folder),
            "GIT_INDEX_FILE": str(self.folder / "people"),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "ana@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        done = subprocess.run(
            ["git", *arguments],
            input=given,
            capture_output=True,
            env=environment,
            cwd=self.folder,
            timeout=60,
            check=False,
        )
        assert not done.returncode, done.stderr.decode()
        return done.stdout.decode(errors="surrogateescape").strip("\n")

    def put(self, path: str, data: bytes, *, mode: str = "100644", message: str = "Ana wrote") -> str:
        """Somebody pushes a file; the commit."""
        parent = self.head()
        self.git("read-tree", parent or "--empty")
        blob = self.git("hash-object", "-w", "--stdin", given=data)
        self.git("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}")
        on = ["-p", parent] if parent else []
        commit = self.git("commit-tree", self.git("write-tree"), *on, "-m", message)
        self.git("update-ref", f"refs/heads/{self.branch}", commit)
        return commit

    def head(self) -> str:
        return self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{self.branch}")

    def files(self) -> list[str]:
        return self.git("ls-tree", "-r", "--name-only", self.branch).splitlines()

    def read(self, path: str) -> str:
        return self.git("cat-file", "blob", f"{self.branch}:{path}")

    def log(self, shape: str = "%s") -> list[str]:
        """Of each commit, the newest first."""
        return self.git("log", f"--format={shape}", self.branch).splitlines() if self.head() else []

    def hook(self, name: str, *lines: str) -> None:
        """What the server does before it takes something."""
        hooks = self.folder / "hooks"
        hooks.mkdir(exist_ok=True)
        (hooks / name).write_text("\n".join(["#!/bin/sh", *lines, ""]))
        (hooks / name).chmod(0o755)


class GitServer(HttpServer):
    """Whoever has the `token` reads `origin`, and writes unless it is `read_only`."""

    def __init__(self, origin: Origin, token: str, user: str = "klatsch") -> None:
        super().__init__(self._served)
        self.origin = origin
        self.read_only = False
        self._given = f"Basic {base64.b64encode(f'{user}:{token}'.encode()).decode()}"

    @property
    def repository(self) -> str:
        return f"{self.url}/ops/learning.git"

    def _served(self, request: Request) -> Answer:
        if request.headers.get("authorization") != self._given:
            return Answer(401, b"who are you?", {"WWW-Authenticate": 'Basic realm="git"'})
        parts = urlsplit(request.target)
        service = {f"service={name}": name for name in SERVICES}.get(parts.query, "")
        allowed = {("GET", "/ops/learning.git/info/refs")} if service else set()
        allowed |= {("POST", f"/ops/learning.git/{name}") for name in SERVICES} if not parts.query else set()
        if (request.method, parts.path) not in allowed:
            return Answer(404, b"there is no such repository")
        writes = "git-receive-pack" in (service, parts.path.rpartition("/")[2])
        if writes and self.read_only:
            return Answer(403, b"this token may only read")
        return self._backend(request, parts.path, parts.query)

    def _backend(self, request: Request, path: str, query: str) -> Answer:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.origin.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROJECT_ROOT": str(self.origin.folder.parents[1]),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "klatsch",
            "REQUEST_METHOD": request.method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(request.body)),
            "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
            "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=request.body, capture_output=True, env=environment, timeout=60, check=True
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        return Answer(status, body, headers)
