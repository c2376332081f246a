"""Days on which nobody works: dates, and the public holidays of a country or a part of it (`DE`, `DE-BE`: ISO 3166).

The library knows hundreds of countries (https://holidays.readthedocs.io) and takes 20 to 40 MB, for a few dates a year. So it is imported
in a process of its own, which ends with its answer.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import msgspec

from adapters.aside import run_aside
from bot.backoff import backoff
from bot.nearest import nearest
from bot.ports import Unavailable

log = logging.getLogger(__name__)

WITHIN = 30.0
"""Seconds on the clock; it takes a third of one on an idle machine."""

MOST_NAMES = 100


class Wanted(msgspec.Struct, frozen=True):
    """What is asked of that process: countries and their parts, and a year."""

    names: tuple[str, ...]
    year: int


class Unknown(msgspec.Struct, frozen=True):
    """A name that is none, and what may have been meant by it."""

    name: str
    near: str = ""


class Found(msgspec.Struct, frozen=True):
    """What it answers."""

    days: tuple[date, ...] = ()
    unknown: tuple[Unknown, ...] = ()


class Holidays:
    """`dates` and the holidays of `regions`. A region that nobody knows has none, which the log says. `passed` are seconds that only grow."""

    def __init__(
        self, regions: Sequence[str], dates: frozenset[date], passed: Callable[[], float] = time.monotonic
    ) -> None:
        self._regions = tuple(regions)
        self._dates = dates
        self._passed = passed
        self._years: dict[int, frozenset[date]] = {}
        self._failed = 0
        self._again_at = 0.0
        self._trouble = ""

    def is_off(self, day: date) -> bool:
        """`bot.learning.occurrences.IsOff`. The first question about a year takes a third of a second. Raises Unavailable; for a while after that
        it does so again without asking, the longer the more often it went wrong: who is asked every ten seconds starts no process each time."""
        if day in self._dates:
            return True
        if not self._regions:
            return False
        if day.year not in self._years:
            self._years[day.year] = self._of(day.year)
        return day in self._years[day.year]

    def _of(self, year: int) -> frozenset[date]:
        if self._passed() < self._again_at:
            raise Unavailable(self._trouble)
        try:
            found = public(self._regions, year)
        except Unavailable as error:
            self._failed += 1
            self._trouble = error.reason
            self._again_at = self._passed() + backoff(" ".join(self._regions), self._failed).total_seconds()
            raise
        self._failed = 0
        for one in found.unknown:
            log.warning("holidays: %s", told(one))
        return frozenset(found.days)


def holidays(names: Sequence[str], passed: Callable[[], float] = time.monotonic) -> Holidays:
    """What the configuration calls days off: `2026-12-24` is a date, all else a country or a part of one."""
    dates = {name: found for name in names if (found := as_date(name))}
    return Holidays([name for name in names if name not in dates], frozenset(dates.values()), passed)


def as_date(name: str) -> date | None:
    try:
        return date.fromisoformat(name) if len(name) == len("2026-12-24") else None
    except ValueError:
        return None


def public(names: Sequence[str], year: int) -> Found:
    """The public holidays of a year, asked of a process of its own. Raises Unavailable."""
    wanted = msgspec.json.encode(Wanted(tuple(names[:MOST_NAMES]), year))
    late, task = "they were not known", "look them up"
    ended, answer, last = run_aside("adapters.holidays", wanted, WITHIN, provider="holidays", late=late, task=task)
    if ended:
        raise Unavailable(f"holidays: they could not be looked up: {last}")
    return msgspec.json.decode(answer, type=Found)


def told(unknown: Unknown) -> str:
    """What to do about a name that is none."""
    meant = f" Did you mean `{unknown.near}`?" if unknown.near else " Write it like `DE`, `DE-BE` or `2026-12-24`."
    return f"there is no country or part of one `{unknown.name}`.{meant}"


def main() -> None:
    """Reads what `public` writes."""
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=Wanted)
    from holidays import country_holidays, list_supported_countries

    known = list_supported_countries()
    days: set[date] = set()
    unknown: list[Unknown] = []
    for name in wanted.names:
        country, _, part = name.partition("-")
        if country not in known or (part and part not in known[country]):
            unknown.append(Unknown(name, _near(country, part, known)))
        else:
            found = country_holidays(country, subdiv=part or None, years=wanted.year)
            days.update(day for day in found if day.year == wanted.year)
    sys.stdout.buffer.write(msgspec.json.encode(Found(tuple(sorted(days)), tuple(unknown))))


def _near(country: str, part: str, known: Mapping[str, Sequence[str]]) -> str:
    """The nearest that there is, as it is written. Of a country that is known its parts are meant."""
    countries = {name.upper(): name for name in known}
    country = countries.get(country.upper(), "") or nearest(country, list(known))
    if not country or not part:
        return country
    parts = {name.upper(): name for name in known[country]}
    near = parts.get(part.upper(), "") or nearest(part, list(known[country]))
    return f"{country}-{near}" if near else country


if __name__ == "__main__":
    main()
