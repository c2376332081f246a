"""What every source of calendars promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from adapters.http import Http
from adapters.registry import CALENDARS
from bot.calendars import Fetched
from bot.incident.model import Person
from bot.oncall.calendar import names_of, understood
from bot.oncall.schedules import Shift
from bot.ports import Rejected, Unavailable
from tests.contract.calendars import END, SECRET, SOURCES, START, Offered
from tests.contract.servers.http import Answer, Trouble
from tests.until import PATIENCE

PEOPLE = {"ana": Person("ana", "Ana Ruiz", email="ana@example.org"), "ben": Person("ben", "Ben Weiss")}
DAY = Shift(("ana",), datetime(2026, 11, 27, 9, tzinfo=UTC), datetime(2026, 11, 28, 9, tzinfo=UTC))


TEXT = {"Content-Type": "text/plain"}


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(seconds=PATIENCE, trust_env=False) as http:
        yield http


@pytest.fixture(params=list(SOURCES))
async def offered(request: pytest.FixtureRequest, http: Http) -> AsyncIterator[Offered]:
    async with SOURCES[request.param](http) as offered:
        yield offered


async def fetched(offered: Offered) -> Fetched:
    found = await offered.source.fetch("", "", START, END)
    assert found is not None
    return found


def test_every_source_has_a_case() -> None:
    assert SOURCES.keys() == CALENDARS.keys()


async def test_a_shift_is_somebody_s_from_when_to_when(offered: Offered) -> None:
    shifts = offered.source.shifts((await fetched(offered)).body, START, END)
    assert understood(shifts, names_of(PEOPLE, offered.source.kind)).shifts == (DAY,)


async def test_what_was_fetched_long_ago_is_read_for_another_time(offered: Offered) -> None:
    body = (await fetched(offered)).body
    assert not offered.source.shifts(body, END, END.replace(month=12))
    assert len(offered.source.shifts(body, DAY.start.replace(hour=23), END)) == 1


async def test_a_place_is_told_by_a_digest_that_tells_no_secret(offered: Offered) -> None:
    assert len(offered.source.place) == 64
    assert SECRET not in offered.source.place
    assert offered.source.place == offered.wrong.place or offered.source.kind == "goalert"


async def test_a_wrong_secret_is_named_by_its_key_and_not_shown(offered: Offered) -> None:
    with pytest.raises(Rejected) as refused:
        await offered.wrong.fetch("", "", START, END)
    assert refused.value.reason.startswith("the calendar of platform: answered 401")
    assert "oncall.schedules.platform.calendar" in refused.value.reason
    assert SECRET not in refused.value.reason
    assert "wrong" not in refused.value.reason


@pytest.mark.parametrize(
    ("order", "kind", "reason"),
    [
        (Trouble.DROP, Unavailable, "the connection was lost"),
        (Answer(500, b"secret-path", {"Content-Type": "text/html"}), Unavailable, "answered 500"),
        (Answer(500, SECRET.encode(), TEXT), Unavailable, "answered 500"),
        (Answer(503, b"", {"Retry-After": "90"}), Unavailable, "answered 503"),
        (Answer(404), Rejected, "answered 404"),
        (Answer(302, b"", {"Location": "file:///etc/passwd"}), Rejected, "answered 302"),
        (Answer(302, b"", {"Location": "https://elsewhere.example.org/"}), Rejected, "answered 302"),
        (Answer(200, b"x" * 10_000_001), Rejected, "the answer is larger than 10 MB"),
        (Answer(200, b"\x1f\x8b", {"Content-Encoding": "gzip"}), Rejected, "packed although we asked for it plain"),
    ],
    ids=lambda value: str(getattr(value, "status", value))[:30],
)
async def test_trouble_says_whether_it_may_pass_and_shows_no_secret(
    offered: Offered, order: Answer | Trouble, kind: type[Exception], reason: str
) -> None:
    offered.server.orders.append(order)
    with pytest.raises(kind, match=r"^the calendar of platform: ") as failed:
        await offered.source.fetch("", "", START, END)
    assert reason in str(failed.value)
    assert not [secret for secret in (SECRET, "secret-path", "passwd", "elsewhere") if secret in str(failed.value)]


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("order", [Trouble.HANG, Trouble.TRICKLE])
async def test_who_never_comes_to_an_end_is_not_waited_for(kind: str, order: Trouble) -> None:
    async with Http(seconds=0.2, trust_env=False) as http, SOURCES[kind](http) as offered:
        offered.server.orders.append(order)
        with pytest.raises(Unavailable, match=r"^the calendar of platform: no answer within 0\.2 s$"):
            await offered.source.fetch("", "", START, END)


async def test_who_asks_us_to_wait_is_heard(offered: Offered) -> None:
    offered.server.orders.append(Answer(429, b"", {"Retry-After": "90"}))
    with pytest.raises(Unavailable) as failed:
        await offered.source.fetch("", "", START, END)
    assert failed.value.retry_after is not None
    assert failed.value.retry_after.total_seconds() == 90


@pytest.mark.parametrize(
    "body", [b"", b"<html>Log in</html>", b"{}", b"[1]", b"[" * 100_000, b'{"oncalls": 7}', b"\xff\xfe"]
)
async def test_what_is_no_calendar_is_refused_when_it_is_fetched_or_when_it_is_read(
    offered: Offered, body: bytes
) -> None:
    offered.server.orders.append(Answer(200, body, {"Content-Type": "text/html"}))
    with pytest.raises(Rejected, match=r"^the calendar of platform: the (calendar|answer) ") as refused:
        offered.source.shifts((await fetched(offered)).body, START, END)
    assert len(refused.value.reason) < 400


async def test_nobody_listens_there(offered: Offered) -> None:
    await offered.server.__aexit__(None, None, None)
    with pytest.raises(Unavailable, match=r"^the calendar of platform: cannot connect"):
        await offered.source.fetch("", "", START, END)
