"""When people meet, from an iCalendar file that is kept elsewhere: in a group's calendar, with the place and the link."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from pydantic import Field

from adapters.http import Http
from adapters.oncall import ics
from bot.calendars import MeetingSource


class Config(ics.Config):
    """As that of a schedule. `match` is in the title (SUMMARY) of the meetings that are meant, in capitals or not."""

    match: str = Field(min_length=1, max_length=200)


def build(name: str, config: Config, http: Http, zone: ZoneInfo) -> MeetingSource:
    """In whose `zone` days and times without a zone are."""
    return ics.Meetings("the coffee", config, http, zone, path=f"coffee.{name}")
