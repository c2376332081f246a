"""What every test may ask for."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from storage.engine import Database
from tests.databases import made_in, upgraded
from tests.in_memory import folder_in_memory
from tests.servers.postgres import create_database, drop_database, postgres_url
from tests.servers.synapse import Synapse, synapse
from tests.world import World


def pytest_configure() -> None:
    """Hundreds of programs are started here, and few of them are Python's fastest: what each would do anew is done once.

    Bytecode is kept, whatever the environment says, or each of them compiles all it imports; and nobody here speaks TLS, so
    there are no authorities to read. Whom they ask is on this machine, which a proxy would look for on its own. What the tests
    write lies in memory where there is room."""
    _same_each_time()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    os.environ["SSL_CERT_DIR"] = os.devnull
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    if place := folder_in_memory():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", place)


def _same_each_time() -> None:
    """No test of Hypothesis fails by chance: each tries the same examples each time, however busy the machine is. Who looks for
    new ones says `--hypothesis-profile=search`."""
    slow = [HealthCheck.too_slow]
    settings.register_profile("search", deadline=None, suppress_health_check=slow)
    settings.register_profile("same", deadline=None, suppress_health_check=slow, derandomize=True)
    settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that it does not run alone at the end while the other processes have nothing left."""
    items.sort(key=lambda item: item.path.name != "test_crash.py")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the test run."""
    with postgres_url() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """The name of a database on it that has the newest schema, to be copied."""
    url = upgraded(create_database(postgres_server))
    yield url.rpartition("/")[2]
    drop_database(url, postgres_server)


@pytest.fixture(scope="session")
def synapse_server() -> Iterator[Synapse]:
    """A homeserver without limits that lives as long as the test run."""
    with synapse() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own on each engine in turn, with the newest schema and nothing in it."""
    if request.param == "sqlite":
        yield made_in(tmp_path)
        return
    # Asked for only now: the tests on SQLite do not wait for a server to start.
    yield request.getfixturevalue("postgresql_url")


@pytest.fixture
def postgresql_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """The same on PostgreSQL alone, for what only several processes do."""
    url = create_database(postgres_server, postgres_template)
    yield url
    drop_database(url, postgres_server)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any schema on each engine in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/klatsch.db"
        return
    server: str = request.getfixturevalue("postgres_server")
    url = create_database(server)
    yield url
    drop_database(url, server)


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """The shell over a fresh database, on SQLite and on PostgreSQL."""
    world = World(Database(database_url))
    yield world
    world.close()
