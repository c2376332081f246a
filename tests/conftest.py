"""What every test may ask for."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.engine import Database
from tests.servers.postgres import create_database, drop_database, postgres_url
from tests.servers.synapse import Synapse, synapse
from tests.world import World


def pytest_configure() -> None:
    """Hundreds of programs are started here, and few of them are Python's fastest: what each would do anew is done once.

    Bytecode is kept, whatever the environment says, or each of them compiles all it imports; and nobody here speaks TLS, so
    there are no authorities to read."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    os.environ["SSL_CERT_DIR"] = os.devnull


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that it does not run alone at the end while the other processes have nothing left."""
    items.sort(key=lambda item: item.path.name != "test_crash.py")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the test run."""
    with postgres_url() as url:
        yield url


@pytest.fixture(scope="session")
def synapse_server() -> Iterator[Synapse]:
    """A homeserver without limits that lives as long as the test run."""
    with synapse() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, empty database on each engine in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/klatsch.db"
        return
    # Asked for only now: the tests on SQLite do not wait for a server to start.
    server: str = request.getfixturevalue("postgres_server")
    url = create_database(server)
    yield url
    drop_database(url, server)


@pytest.fixture
def postgresql_url(postgres_server: str) -> Iterator[str]:
    """A fresh, empty PostgreSQL database, for what only several processes do."""
    url = create_database(postgres_server)
    yield url
    drop_database(url, postgres_server)


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """The shell over a fresh database, on SQLite and on PostgreSQL."""
    world = World(Database(database_url))
    yield world
    world.close()
