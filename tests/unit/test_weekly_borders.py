"""What lies at a border of a week, of a state, or of what is known, is told as it was: no more than that, and once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.chat.templates import Templates
from bot.coffee.weekly.blocks import DigestBlock
from bot.coffee.weekly.digest import WeeklyDigest, weekly
from bot.coffee.weekly.gathered import Gathered
from bot.coffee.weekly.incidents import Review
from bot.coffee.weekly.render import edition
from bot.incident import commands as c
from bot.incident.events import AlertFact
from bot.incident.hours import Hours
from bot.incident.model import Kind, Mark, Moment, Severity, Status
from bot.oncall.load import Paged
from tests.builders import Story
from tests.weeks import (
    DAY,
    HOUR,
    ROSTER,
    WEEK,
    around,
    cleared,
    declined,
    fired,
    gathered,
    later,
    lived,
    monday,
    near_miss,
    outage,
)

START, END = monday("2026-11-16"), monday("2026-11-23")
LANGUAGES = ("en", "de")


def week(*stories: Story, start: datetime = START, end: datetime = END, **known: Any) -> WeeklyDigest:
    return weekly(gathered(stories, start, end, **known), around(end))


def refs(digest: WeeklyDigest) -> list[str]:
    return [one.ref for one in digest.incidents or ()]


def words(digest: WeeklyDigest, language: str = "en") -> dict[str, str]:
    """The texts by block, that of the message under `main`."""
    made = edition(digest, around(digest.end), Templates(), language)
    return {"main": made.main.to_plain(), **{block: document.to_plain() for block, document in made.details}}


def alarm(number: int, at: datetime, *said: Any, over: float | None = None) -> Story:
    """It waits in triage; its alert is over so many hours later."""
    fact = AlertFact("f", "DiskFull", "a disk")
    opened = c.Open(title="DiskFull", status=Status.TRIAGE, severity=Severity.SEV1, fired=(fact,), fired_count=1)
    clears = [later(c.FoldAlerts(cleared=(fact,), cleared_count=1), over)] if over is not None else []
    return lived(number, at, opened, *clears, *said)


def test_what_goes_on_over_the_end_of_a_week_is_told_in_each_until_it_is_over() -> None:
    opened = c.Open(title="t", severity=Severity.SEV1)
    goes_on = lived(7, END - HOUR, opened)
    over = lived(7, END - HOUR, opened, later(c.Resolve(), 2))
    first, next_ = week(goes_on), week(over, start=END, end=END + WEEK)
    assert [(one.ref, one.end) for one in first.incidents or ()] == [("INC-7", None)]
    assert [(one.ref, one.end, one.review) for one in next_.incidents or ()] == [("INC-7", END + HOUR, Review.DUE)]
    assert first.durations is None or first.durations[-1].week.n == 0
    # It belongs to the week in which it opened, and is counted in one.
    assert next_.durations is None
    assert refs(week(over, start=END + WEEK, end=END + 2 * WEEK)) == []


def test_what_was_reopened_goes_on_and_has_no_length_any_more() -> None:
    again = lived(7, START, c.Open(title="t"), later(c.Resolve(), 1), later(c.Reopen(reason="not over"), 3))
    (one,) = week(again).incidents or ()
    assert (one.end, one.status, one.review) == (None, Status.INVESTIGATING, Review.NONE)
    old = lived(8, START - DAY, c.Open(title="t"), later(c.Resolve(), 1), later(c.Reopen(), 30), later(c.Resolve(), 1))
    (one,) = week(old).incidents or ()
    assert one.end == START - DAY + 32 * HOUR


@pytest.mark.parametrize("end", [c.Merge(into=1), c.Cancel(), c.Decline()], ids=["merged", "cancelled", "declined"])
def test_what_was_none_of_its_own_is_no_incident(end: c.Command) -> None:
    digest = week(alarm(7, START, end), lived(1, START, c.Open(title="the one")))
    assert refs(digest) == ["INC-1"]
    assert digest.durations is None or all(one.week.n <= 1 for one in digest.durations)


def test_luck_and_questions_of_what_was_merged_are_not_lost() -> None:
    noted = [c.Note(mark=mark, text=mark.value) for mark in (Mark.LUCKY, Mark.QUESTION)]
    digest = week(lived(7, START, c.Open(title="a part"), *noted, c.Merge(into=8)), lived(8, START, c.Open(title="t")))
    assert digest.nearmisses is not None
    assert digest.questions is not None
    assert [one.text for one in digest.nearmisses.luck] == ["lucky"]
    assert [one.text for one in digest.questions] == ["question"]


def test_a_question_asked_of_a_false_alarm_is_a_question() -> None:
    digest = week(alarm(7, START, c.Note(mark=Mark.QUESTION, text="Why did it fire?"), c.Decline()))
    assert [one.text for one in digest.questions or ()] == ["Why did it fire?"]


def test_a_near_miss_that_was_part_of_an_incident_is_told_as_that() -> None:
    one = lived(7, START, c.Open(title="Nearly", kind=Kind.NEARMISS, status=Status.INVESTIGATING), c.Merge(into=8))
    digest = week(one, lived(8, START, c.Open(title="It was")))
    assert digest.nearmisses is None
    assert refs(digest) == ["INC-8"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_in_triage_is_counted_by_itself_and_comes_last(language: str) -> None:
    digest = week(alarm(3, START), lived(7, START, c.Open(title="small", severity=Severity.SEV4)))
    assert refs(digest) == ["INC-7", "INC-3"]
    title = words(digest, language)["main"].splitlines()[0]
    assert title == {"en": "Week 47: 1 incident, 1 in triage", "de": "KW 47: 1 Störung, 1 in Triage"}[language]
    assert not digest.more


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cleared_in_triage_waits_for_somebody_and_is_no_incident_of_any_week(language: str) -> None:
    hung = alarm(3, START - 3 * WEEK, over=1)
    digest = week(hung)
    assert (digest.incidents, digest.quiet) == (None, True)
    assert digest.noise is not None
    assert (digest.noise.times, digest.noise.waiting) == (0, 1)
    said = words(digest, language)
    assert "list triage" in said[DigestBlock.NOISE]
    assert "0 " not in said[DigestBlock.NOISE]
    assert "🔕" not in said["main"]
    fresh = alarm(4, START, over=1)
    both = week(hung, fresh, noise=[fired(4, lasted=HOUR)])
    assert both.noise is not None
    assert (both.noise.times, both.noise.waiting, both.noise.rules[0].cleared) == (1, 2, 1)


def test_what_was_declined_while_it_fired_did_not_clear_by_itself() -> None:
    stories = [declined(n, START + n * HOUR) for n in range(1, 5)]
    noise = [cleared(stories[0], 3), cleared(stories[1], 9), fired(3), fired(4, over=END)]
    digest = week(*stories, noise=noise)
    assert digest.noise is not None
    (rule,) = digest.noise.rules
    assert (rule.times, rule.cleared, rule.longest) == (4, 2, timedelta(minutes=9))
    assert "cleared by itself 2×, and was declined otherwise" in words(digest)[DigestBlock.NOISE]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", ["flaps", "clears", "after_hours", "declined", "klatsch"])
def test_each_ready_text_stands_whole_in_the_issue(reason: str, language: str) -> None:
    at = START + 14 * HOUR if reason == "after_hours" else START + HOUR
    paged = c.Open(title="t", status=Status.TRIAGE, page="platform", rung=c.Rung("platform", 0, 0, ("ana",)))
    story = lived(7, at, paged, later(c.Decline(), 1))
    one = cleared(story, 6) if reason in ("flaps", "clears") else fired(7)
    one = replace(one, again=3 if reason == "flaps" else 0, link="" if reason == "klatsch" else one.link)
    digest = week(story, noise=[one])
    assert digest.noise is not None
    found = digest.noise.rules[0].remedy
    assert found is not None
    assert reason in (found.reason, found.tool)
    assert f"```yaml\n{found.text}\n```" in words(digest, language)[DigestBlock.NOISE]


@pytest.mark.parametrize(("again", "said"), [(0, "None lasted"), (1, "As far as is known none lasted")])
def test_how_long_it_lasted_is_known_of_each_alert_s_last_time_alone(again: int, said: str) -> None:
    stories = [declined(n, START + n * HOUR) for n in (1, 2)]
    noise = [replace(cleared(story, 3), again=again * (story.number == 1)) for story in stories]
    assert f"{said} longer than 3 min." in words(week(*stories, noise=noise))[DigestBlock.NOISE]


@pytest.mark.parametrize(
    "unknown", [{"lasted": None}, {"over": None}], ids=["nobody told when it began", "one of its alerts fires still"]
)
def test_none_lasted_longer_is_said_only_where_that_is_known_of_all(unknown: dict[str, Any]) -> None:
    stories = [declined(n, START + n * HOUR) for n in (1, 2, 3)]
    first, *others = [cleared(story, 3) for story in stories]
    digest = week(*stories, noise=[replace(first, **unknown), *others])
    assert "As far as is known none lasted longer than 3 min." in words(digest)[DigestBlock.NOISE]
    assert "Soweit bekannt, dauerte es nie länger als 3 min." in words(digest, "de")[DigestBlock.NOISE]


@pytest.mark.parametrize(
    "link",
    [
        "https://ana:s3same@prometheus.example.org/graph?g0.expr=up&g0.tab=1",
        "https://prometheus.example.org/graph?g0.expr=up&g0.tab=1&auth_token=a1b2c3d4e5",
        "https://prometheus.example.org/graph?g0.expr=up&g0.tab=1&api%5Fkey=a1b2c3d4e5",
        "https://[prometheus/graph?g0.expr=up",
        f"https://prometheus.example.org/graph?g0.expr={'x' * 4096}",
    ],
)
def test_a_link_that_lets_in_or_is_half_a_link_stands_in_no_text(link: str) -> None:
    digest = week(declined(7, START), noise=[replace(fired(7), link=link)])
    said = words(digest)[DigestBlock.NOISE]
    assert "Where it is defined" not in said
    assert "s3same" not in said
    assert "a1b2c3" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_looks_like_a_secret_stands_in_no_text_to_paste(language: str) -> None:
    labels = {"alertname": "DiskFull", "api_key": "a1b2c3d4", "note": "Bearer a1b2c3d4e5f6g7", "password": "a1b2c3d4"}
    bad = replace(
        fired(7),
        labels=labels,
        annotations={"summary": "login with password=a1b2c3d4 failed"},
        link="https://prometheus.example.org/graph?g0.expr=up%7Btoken%3D%22a1b2c3d4%22%7D&g0.tab=1",
    )
    said = words(week(declined(7, START), noise=[bad]), language)[DigestBlock.NOISE]
    assert "a1b2c3d4" not in said
    assert "api_key=•••" in said
    assert "login with password=••• failed" in said
    assert "yaml" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rule_with_an_endless_name_takes_no_more_of_the_message_than_any_other(language: str) -> None:
    said = words(week(declined(7, START), noise=[replace(fired(7, "X" * 4096), labels={})]), language)
    assert "X" * 60 not in said["main"]
    assert "X" * 101 not in said[DigestBlock.NOISE]
    assert "matchers" not in said[DigestBlock.NOISE]


def test_which_of_several_rules_came_back_is_not_guessed() -> None:
    noise = [replace(fired(7, name), again=5) for name in ("DiskFull", "FanLoud")] + [replace(fired(8), again=2)]
    digest = week(*(declined(n, START + n * HOUR) for n in (7, 8)), noise=noise)
    assert digest.noise is not None
    assert {one.rule: one.again for one in digest.noise.rules} == {"DiskFull": 2, "FanLoud": 0}


def test_an_end_before_the_beginning_is_no_length() -> None:
    """Somebody corrected one of the two."""
    story = lived(
        7,
        START + 2 * HOUR,
        c.Open(title="t"),
        later(c.Resolve(), 1),
        c.SetMoment(moment=Moment.RESOLVED, value=START + HOUR, reason="by the graphs"),
    )
    digest = week(story, lived(8, START, c.Open(title="u"), later(c.Resolve(), 1)))
    assert digest.incidents is not None
    assert digest.incidents[0].end == digest.incidents[0].start
    assert "because it ends before it begins: Time to resolve 1×" in words(digest)[DigestBlock.DURATIONS]
    assert "Time to resolve, once declared: n = 1, 1 h" in words(digest)["main"]


def test_what_was_done_is_thanked_for_once_whoever_gets_it_later() -> None:
    said = [c.AddFollowUp(text="Alert on it", owner="ana"), c.ChangeFollowUp(followup=1, outcome="done")]
    given = later(c.ChangeFollowUp(followup=1, outcome="done", owner="ben"), 24 * 8)
    story = lived(7, START, c.Open(title="t"), *said, given)
    assert [one.id for one in (week(story).followups or _none()).done] == [1]
    assert week(story, start=END, end=END + WEEK).followups is None


def test_a_follow_up_without_a_date_is_counted_where_none_makes_it_late() -> None:
    added = [c.AddFollowUp(text="dated", due=START + DAY), c.AddFollowUp(text="some time")]
    found = week(lived(7, START, c.Open(title="t"), *added)).followups or _none()
    assert ([one.text for one in found.overdue], found.open, found.undated) == (["dated"], 2, 1)


def test_pages_past_the_rotations_are_counted_beside_them() -> None:
    paged = [Paged(START + HOUR, (f"schedule:{name}",)) for name in ("platform", "storage")]
    paged += [Paged(START + HOUR, ("person:ben",)), Paged(START + HOUR, ("person:ben", "schedule:platform"))]
    digest = week(paged=paged)
    assert digest.oncall is not None
    assert ([one.pages for one in digest.oncall.loads], digest.oncall.direct) == ([2, 1], 1)
    assert "1 more page went straight to people" in words(digest)[DigestBlock.ONCALL]
    ours = weekly(gathered([], START, END, paged=paged), around(END, team="Storage", schedules=("storage",)))
    assert ours.oncall is not None
    assert ours.oncall.direct == 0


@pytest.mark.parametrize(
    ("language", "said"), [("en", "2 pages straight to people"), ("de", "2 Alarmierungen direkt an Menschen")]
)
def test_pages_past_the_rotations_are_told_where_no_rotation_was_paged(language: str, said: str) -> None:
    found = gathered([], START, END, paged=[Paged(START + hours * HOUR, ("person:ben",)) for hours in (1, 2)])
    digest = weekly(found, around(END))
    told = words(digest, language)
    assert told["main"].count(said) == 1
    assert DigestBlock.ONCALL not in told
    alone = dict(edition(digest, around(END), Templates(), language, alone=True).details)[DigestBlock.ONCALL].to_plain()
    assert "2 " in alone
    assert "09" not in alone
    assert "9 " not in alone
    assert weekly(found, around(END, team="Storage", schedules=("storage",))).oncall is None


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Business is Monday to Friday 9 to 18 (not Wed 18 Nov and Thu 19 Nov), sleep is"),
        ("de", "Arbeitszeit ist Montag bis Freitag 9 bis 18 Uhr (außer Mi 18. Nov. und Do 19. Nov.), nachts ist"),
    ],
)
def test_days_off_are_no_business_days_of_whoever_is_on_call_there(language: str, said: str) -> None:
    """Three pages at ten in the morning, of which two on such days; a schedule elsewhere has them as business hours."""
    elsewhere = replace(ROSTER.schedules["storage"], zone=ZoneInfo("Africa/Lagos"))
    roster = replace(ROSTER, schedules={**ROSTER.schedules, "storage": elsewhere})
    free = frozenset(date(2026, 11, day) for day in (18, 19, 21))
    paged = [Paged(START + n * DAY + HOUR, (f"schedule:{name}",)) for n in (1, 2, 3) for name in roster.schedules]
    about = around(END, free=free, roster=roster)
    stories = [declined(7, START + 2 * DAY + HOUR)]
    digest = weekly(gathered(stories, START, END, paged=paged, noise=[fired(7)]), about)
    assert digest.oncall is not None
    assert [tuple(one.hours.values()) for one in digest.oncall.loads] == [(1, 2, 0), (3, 0, 0)]
    assert said in dict(edition(digest, about, Templates(), language).details)[DigestBlock.ONCALL].to_plain()
    assert digest.noise is not None
    assert digest.noise.rules[0].hours[Hours.OFF] == 1
    lagos = weekly(gathered([], START, END, paged=paged[1::2]), about).oncall
    assert lagos is not None
    assert lagos.free == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_closed_at_once_is_not_reviewed(language: str) -> None:
    digest = week(lived(7, START, c.Open(title="t", severity=Severity.SEV1), c.Resolve(), c.Close()))
    said = words(digest, language)
    assert ("no review" in said["main"]) or ("ohne Review" in said["main"])
    assert ("reviewed" in said["main"]) is False
    assert digest.postmortems is not None
    assert (digest.postmortems.done, digest.postmortems.skipped) == (0, 1)


def test_a_small_one_that_was_closed_at_once_is_no_review_that_is_missed() -> None:
    digest = week(lived(7, START, c.Open(title="t", severity=Severity.SEV4), c.Resolve(), c.Close()))
    said = words(digest)
    assert "Reviews" not in said["main"]
    assert "closed without one: INC-7" in said[DigestBlock.POSTMORTEMS]


@pytest.mark.parametrize(("weeks", "said"), [(1, "A quiet week"), (3, "Quiet weeks")])
def test_a_quiet_time_is_said_to_be_as_long_as_it_was(weeks: int, said: str) -> None:
    assert f"{said}: no incidents. Did" in words(week(start=END - weeks * WEEK))["main"]


def test_more_is_told_by_a_team_when_the_team_tells_more() -> None:
    theirs = [lived(n, START + n * HOUR, c.Open(title=f"t{n}", service="api"), c.Resolve()) for n in range(1, 6)]
    before = [lived(20, START - DAY, c.Open(title="o", service="volumes"), c.Resolve())]
    ours = lived(9, START, c.Open(title="u", service="volumes"), c.Resolve())
    known: Gathered = gathered([*theirs, *before, ours], START, END)
    assert weekly(known, around(END)).more
    assert not weekly(known, around(END, team="Storage", services=("volumes",))).more


def test_near_misses_alone_do_not_say_that_incidents_rose() -> None:
    digest = week(outage(7, START - DAY), outage(8, START), near_miss(9, START))
    assert not digest.more
    assert "the more of it is told, the better" in words(digest)[DigestBlock.NEARMISSES]


def test_a_drill_that_was_held_is_told_with_its_log_and_counts_nowhere() -> None:
    def drill(number: int, *said: Any) -> Story:
        return lived(
            number, START, c.Open(title=f"Losing rack {number}", kind=Kind.DRILL, severity=Severity.SEV1), *said
        )

    stories = [
        drill(1, later(c.Resolve(), 1), c.RecordPostmortem(place="/srv/INC-1.md")),
        drill(2),
        drill(3, c.Cancel()),
        drill(4, c.MakePrivate(), later(c.Resolve(), 1)),
    ]
    digest = week(*stories)
    assert [(one.ref, one.place) for one in digest.drills or ()] == [("INC-1", "/srv/INC-1.md")]
    assert (digest.incidents, digest.durations, digest.postmortems, digest.quiet) == (None, None, None, True)
    assert "/srv/INC-1.md" in words(digest)[DigestBlock.DRILLS]
    assert DigestBlock.DRILLS not in words(week(drill(1, later(c.Resolve(), 1))))
    assert week(stories[0], start=END, end=END + WEEK).drills is None
    assert week(lived(5, START, c.Open(title="real"), later(c.Resolve(), 1))).drills is None


def _none() -> Any:
    raise AssertionError("there are no follow-ups")
