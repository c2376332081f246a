"""Random schedules, and who is on call in one by counting on the fingers: nothing here is shared with what is tested.

Everything in them lies on quarters of an hour, and so do the changes of the clocks.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from bot.oncall.hours import parse_hours
from bot.oncall.overrides import Override
from bot.oncall.rotations import Layer, Rotation
from bot.oncall.schedules import Schedule, Shift

QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
JUST_BEFORE = timedelta(microseconds=1)

NAMES = ("ana", "ben", "cem", "dan", "eve")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    # The clocks change at midnight, in the other half of the year, and by half an hour.
    "America/Santiago",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "UTC",
)
BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
"""Where looking begins; in the half year behind it most zones change their clocks twice."""

CHANGES = tuple(
    datetime.fromisoformat(text)
    for text in (
        "2026-10-25T01:00Z", "2027-03-28T01:00Z",  # Berlin
        "2026-11-01T06:00Z", "2027-03-14T07:00Z",  # New York
        "2026-09-06T04:00Z",  # Santiago
        "2026-10-03T15:30Z",  # Lord Howe
        "2027-02-07T02:00Z", "2027-03-14T02:00Z",  # Casablanca
    )
)  # fmt: skip


@dataclass(frozen=True)
class Weekly:
    """A window of hours; times are quarters of an hour after midnight."""

    days: tuple[int, ...]
    start: int
    end: int

    @property
    def text(self) -> str:
        times = [f"{quarters // 4:02}:{quarters % 4 * 15:02}" for quarters in (self.start, self.end)]
        return f"{','.join(WEEKDAYS[day] for day in self.days)} {'-'.join(times)}"


@dataclass(frozen=True)
class Rota:
    """A schedule, and the windows of each of its layers (None: all hours)."""

    schedule: Schedule
    windows: tuple[tuple[Weekly, ...] | None, ...]


windows = st.builds(
    Weekly,
    st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True).map(sorted).map(tuple),
    st.integers(0, 95),
    st.integers(0, 96),
).filter(lambda window: window.start != window.end)
hours = st.none() | st.lists(windows, min_size=1, max_size=3).map(tuple)
turns = st.sampled_from(NAMES) | st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True).map(tuple)
local_times = st.integers(0, 150 * 96).map(lambda quarters: datetime.fromisoformat("2026-07-01") + quarters * QUARTER)
rotations = st.builds(
    Rotation,
    people=st.lists(turns, min_size=1, max_size=4).map(tuple),
    every=st.integers(1, 20).map(lambda days: days * DAY) | st.integers(1, 300).map(lambda number: number * QUARTER),
    start=local_times,
)
instants = st.one_of(
    st.integers(0, 180 * 96).map(lambda quarters: BEGIN + quarters * QUARTER),
    st.tuples(st.sampled_from(CHANGES), st.integers(-12, 12)).map(lambda near: near[0] + near[1] * QUARTER),
)
any_instants = st.tuples(instants, st.integers(-2, 2)).map(lambda near: near[0] + near[1] * JUST_BEFORE)
spans = st.tuples(instants, st.integers(1, 20 * 96)).map(lambda span: (span[0], span[0] + span[1] * QUARTER))


@st.composite
def rotas(draw: st.DrawFn, layers: int = 3) -> Rota:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    restricted = draw(st.lists(hours, max_size=layers))
    stack = tuple(
        Layer(draw(rotations), parse_hours(*(window.text for window in each)) if each else None) for each in restricted
    )
    calendar = draw(st.lists(st.tuples(st.sampled_from(NAMES), spans), max_size=6))
    overrides = draw(
        st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(("", *NAMES)), spans, st.booleans()), max_size=6)
    )
    ids = draw(st.permutations(range(1, len(overrides) + 1)))
    schedule = Schedule(
        "platform",
        zone,
        layers=stack,
        calendar=tuple(Shift((person,), start, end) for person, (start, end) in calendar),
        overrides=tuple(
            Override(id, "platform", person, start, end, instead if some else "")
            for id, (person, instead, (start, end), some) in zip(ids, overrides, strict=True)
        ),
    )
    return Rota(schedule, tuple(restricted))


def who(rota: Rota, at: datetime) -> set[str]:
    """Who is on call at an instant."""
    schedule = rota.schedule
    standing = sorted((one for one in schedule.overrides if one.start <= at < one.end), key=lambda one: one.id)
    found = planned(rota, at)
    for one in standing:
        found = {one.person} if not one.instead else found
    for one in standing:
        found = {one.person if person == one.instead else person for person in found}
    return found


def planned(rota: Rota, at: datetime) -> set[str]:
    """The same without overrides."""
    schedule = rota.schedule
    found: set[str] = set()
    latest = latest_shown(at, schedule.zone)
    for layer, restricted in zip(schedule.layers, rota.windows, strict=True):
        if restricted is None or any(within(window, latest) for window in restricted):
            found = turn(layer.rotation, schedule.zone, at, latest) or found
    return {person for one in schedule.calendar if one.start <= at < one.end for person in one.people} or found


def latest_shown(at: datetime, zone: ZoneInfo) -> datetime:
    """The latest time that a wall clock has shown until `at`. While an hour comes twice, that is the end of it: what was to
    begin or end in it did so the first time."""
    quarter = at - (at - datetime(2000, 1, 1, tzinfo=UTC)) % QUARTER
    before = [quarter - number * QUARTER - JUST_BEFORE for number in range(12)]
    return max(moment.astimezone(zone).replace(tzinfo=None) for moment in (at, *before))


def within(window: Weekly, shown: datetime) -> bool:
    length = (window.end - window.start) % 96 or 96
    return any(
        day.weekday() in window.days
        and midnight(day) + window.start * QUARTER <= shown < midnight(day) + (window.start + length) * QUARTER
        for day in (shown.date(), shown.date() - DAY)
    )


def midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def turn(rotation: Rotation, zone: ZoneInfo, at: datetime, shown: datetime) -> set[str]:
    """Who has the turn: of days those are counted that the wall clock has shown, of other lengths the time that passed."""
    if shown < rotation.start:
        return set()
    number = (shown - rotation.start) // rotation.every
    if rotation.every % DAY:
        begun = rotation.start.replace(tzinfo=UTC) - DAY
        while begun.astimezone(zone).replace(tzinfo=None) < rotation.start:
            begun += QUARTER
        number = (at - begun) // rotation.every
    people = rotation.people[number % len(rotation.people)]
    return {people} if isinstance(people, str) else set(people)
