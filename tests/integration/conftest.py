"""What the tests of the served bot and of its public page may ask for."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from bot.incident.model import ComponentState as C
from bot.incident.model import PublicStatus as S
from storage.engine import Database
from storage.indexes import metadata
from storage.public import SqlPublicPages, public_component, public_incident, public_post
from tests.integration.public_site import at, post, visitor
from tests.integration.served_bot import Bot, bot_on


@pytest.fixture
async def bot_(tmp_path: Path, database_url: str) -> AsyncIterator[Bot]:
    async with bot_on(tmp_path, database_url) as bot_:
        yield bot_


@pytest.fixture
def pages(tmp_path) -> Iterator[SqlPublicPages]:
    database = Database(f"sqlite:///{tmp_path}/klatsch.db")
    metadata.create_all(database.engine, tables=[public_post, public_incident, public_component])
    yield SqlPublicPages(database)
    database.close()


@pytest.fixture
async def web(pages) -> AsyncIterator[httpx.AsyncClient]:
    async with visitor(pages) as client:
        yield client


@pytest.fixture
def story(pages) -> None:
    """Compute in AZ 1 is half gone, three updates long; another incident ended yesterday."""
    pages.add("page", "INC-5", 1, at(-1500), post(words="The API is slow.", title="Slow API", api=C.DEGRADED))
    pages.add(
        "page", "INC-5", 2, at(-1440), post(S.RESOLVED, words="It is quick again.", title="Slow API", api=C.OPERATIONAL)
    )
    pages.add("page", "INC-7", 1, at(-40), post(words="First word.", compute_az1=C.PARTIAL_OUTAGE))
    pages.add("page", "INC-7", 2, at(-20), post(S.IDENTIFIED, words="Second word."))
    pages.add("page", "INC-7", 3, at(-5), post(S.MONITORING, words="Third word.", compute_az1=C.DEGRADED))
