"""The weekly digest: what is told of a week, and how it reads in both languages."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chat.slack.render import message
from bot.chat.document import Bullets, Code, Document, Link, Picture, Text, plain
from bot.chat.markdown import to_markdown
from bot.chat.templates import TemplateError, Templates
from bot.coffee.board import Board, Coffee, CoffeeStatus, Origin, Takeaway, Topic, TopicState
from bot.coffee.weekly.around import Around
from bot.coffee.weekly.blocks import DigestBlock
from bot.coffee.weekly.digest import weekly
from bot.coffee.weekly.edition import Edition
from bot.coffee.weekly.gathered import Gathered
from bot.coffee.weekly.incidents import Review
from bot.coffee.weekly.render import edition
from bot.incident import commands as c
from bot.incident.model import Kind, Mark, Moment, Person, Refused, Severity, Status
from bot.incident.text import REMOVED
from bot.oncall.escalation import Roster
from bot.oncall.load import Paged
from bot.oncall.schedules import Schedule
from bot.terminal.sample import sample_weeks
from tests.builders import Step, Story, step
from tests.commands import OPENINGS, STEPS
from tests.golden_files import golden
from tests.weeks import (
    BERLIN,
    DAY,
    HOUR,
    WEEK,
    around,
    board,
    declined,
    fired,
    full,
    fullest,
    gathered,
    later,
    lived,
    maintenance,
    monday,
    near_miss,
    outage,
)

LANGUAGES = ("en", "de")
START, END = monday("2026-11-16"), monday("2026-11-23")
COFFEE = {"next_coffee": END + 3 * DAY + 5 * HOUR, "meeting": "https://meet.example.org/coffee"}
OURS = Templates()
LONGEST = 1600
"""Letters of a main message: about two screens of a phone."""


def week(*stories: Story, start: datetime = START, end: datetime = END) -> Gathered:
    return gathered(stories, start, end)


def made(found: Gathered, about: Around | None = None, language: str = "en") -> Edition:
    about = about or around(found.end)
    return edition(weekly(found, about), about, OURS, language)


def text(edition: Edition) -> str:
    details = [f"\n<!-- {block} -->\n\n{to_markdown(document)}" for block, document in edition.details]
    return f"<!-- {edition.main.summary} -->\n\n{to_markdown(edition.main)}{''.join(details)}"


def storm(start: datetime, end: datetime) -> Gathered:
    stories = [
        lived(
            100 + n,
            start + n * timedelta(minutes=2),
            c.Open(
                title=f"Host hv-{n} is gone", severity=Severity.SEV1 if n % 40 == 7 else Severity.SEV3, another=True
            ),
            later(c.Resolve(), 1),
        )
        for n in range(317)
    ]
    noisy = [declined(500 + n, start + n * HOUR) for n in range(60)]
    noise = [fired(story.number, f"Rule{n % 8}") for n, story in enumerate(noisy)]
    return gathered([*stories, *noisy], start, end, noise=noise)


def new_year(start: datetime, end: datetime) -> Gathered:
    """A digest that waited for the end of the holidays."""
    stories = [
        outage(61, datetime(2026, 12, 31, 22, 55, tzinfo=UTC)),
        near_miss(62, datetime(2027, 1, 1, 0, 5, tzinfo=UTC), "The leap of the year nearly cut the backup short"),
        maintenance(63, start + DAY, datetime(2027, 1, 12, 21, tzinfo=UTC)),
    ]
    return gathered(stories, start, end)


def at_night(start: datetime, end: datetime, night: str) -> Gathered:
    """Around a change of the clocks, which came in the night before the last day of the week."""
    at = datetime.fromisoformat(night)
    return gathered([outage(71, at), maintenance(72, start + DAY, end + 6 * DAY)], start, end)


def borders(start: datetime, end: datetime) -> Gathered:
    """A week of what is neither one thing nor the other: closed at once, in triage, corrected by hand, practised, woken for nothing."""
    paged = c.Open(title="FanLoud", status=Status.TRIAGE, page="platform", rung=c.Rung("platform", 0, 0, ("ana",)))
    woken = [lived(10 + n, start + (17 + 24 * n) * HOUR, paged, later(c.Decline(), 0.2)) for n in range(2)]
    stories = [
        lived(1, start, c.Open(title="Volumes gone", severity=Severity.SEV1), later(c.Resolve(), 5), c.Close()),
        lived(2, start + DAY, c.Open(title="Is the API slow?", status=Status.TRIAGE, severity=Severity.SEV2)),
        lived(
            3,
            start + DAY,
            c.Open(title="Images gone", severity=Severity.SEV3),
            c.SetMoment(moment=Moment.IMPACT_START, value=start + 20 * HOUR, reason="by the graphs"),
            later(c.SetStatus(status=Status.MONITORING), 2),
            later(c.Resolve(), 3),
            c.SetMoment(moment=Moment.RESOLVED, value=start + 23 * HOUR, reason="nobody had told us"),
        ),
        lived(
            4,
            start + 2 * DAY,
            c.Open(title="Losing a rack", kind=Kind.DRILL),
            later(c.Resolve(), 1),
            c.RecordPostmortem(place="/srv/postmortems/INC-4.md"),
        ),
        *woken,
        lived(20, start + 3 * DAY, c.Open(title="PsuLost", status=Status.TRIAGE)),
    ]
    noise = [*(fired(one.number, "FanLoud") for one in woken), fired(20, "PsuLost", lasted=HOUR / 12, again=4)]
    pages = [
        *(Paged(start + (17 + 24 * n) * HOUR, ("schedule:platform",)) for n in range(2)),
        Paged(start, ("person:ben",)),
    ]
    return gathered(stories, start, end, noise=noise, paged=pages)


GOLDEN = {
    "full": (full(START, END), around(END, **COFFEE)),
    "quiet": (week(), around(END)),
    "spring": (
        at_night(monday("2027-03-22"), monday("2027-03-29"), "2027-03-28T00:30Z"),
        around(monday("2027-03-29")),
    ),
    "autumn": (
        at_night(monday("2026-10-19"), monday("2026-10-26"), "2026-10-25T00:30Z"),
        around(monday("2026-10-26")),
    ),
    "new_year": (
        new_year(monday("2026-12-28"), monday("2027-01-04")),
        around(monday("2027-01-04"), next_coffee=datetime(2027, 1, 7, 13, tzinfo=UTC)),
    ),
    "late": (
        gathered([near_miss(64, monday("2026-12-22"))], monday("2026-12-21"), monday("2027-01-11")),
        around(monday("2027-01-11")),
    ),
    "borders": (borders(START, END), around(END)),
    "storm": (storm(START, END), around(END)),
    "team": (
        full(START, END),
        around(END, team="Storage", services=("volumes",), schedules=("storage",), wheel=("volumes",), **COFFEE),
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", GOLDEN)
def test_a_digest_reads_as_somebody_judged_it(name: str, language: str) -> None:
    found = made(*GOLDEN[name], language)
    golden(f"weekly/{name}.{language}.md", text(found))
    assert len(to_markdown(found.main)) < LONGEST


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_week_with_only_private_incidents_looks_exactly_like_a_quiet_one(language: str) -> None:
    private = week(
        outage(7, START + HOUR, private=True), lived(8, START + DAY, c.Open(title="Leak"), step(c.MakePrivate()))
    )
    assert len(private.incidents) == 2
    assert text(made(private, language=language)) == text(made(week(), language=language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("block", [*DigestBlock])
def test_a_block_that_is_off_is_gone_and_the_others_stay(block: DigestBlock, language: str) -> None:
    whole, about = weekly(full(START, END), around(END)), around(END, off=frozenset({block}))
    without = weekly(full(START, END), about)
    assert not without.told(block)
    assert [one for one in DigestBlock if whole.told(one) and one is not block] == [*filter(without.told, DigestBlock)]
    shown = edition(without, about, OURS, language)
    assert block not in [one for one, _ in shown.details]


def test_the_main_message_has_a_row_for_each_block_and_no_empty_one() -> None:
    (bullets,) = [block for block in made(*GOLDEN["full"]).main.blocks if isinstance(block, Bullets)]
    assert len(bullets.items) == 13
    assert all(plain(item).strip() for item in bullets.items)


@pytest.mark.parametrize(
    ("count", "impact", "listed"),
    [(1, "Writes took 20 s", False), (6, "", True), (1, "Writes took 20 s, " * 5, True)],
    ids=["all of it was said", "more than are listed", "cut"],
)
def test_the_thread_lists_the_incidents_when_the_main_message_could_not_say_all_of_them(
    count: int, impact: str, listed: bool
) -> None:
    said = [c.DescribeImpact(text=impact)] if impact else []
    stories = [lived(n, START + n * HOUR, c.Open(title="Volumes slow"), *said) for n in range(1, count + 1)]
    older = [lived(50 + n, START - 7 * DAY + n * HOUR, c.Open(title="t"), c.Resolve()) for n in range(9)]
    found = gathered([*stories, *older], START, END)
    details = dict(made(found).details)
    assert (DigestBlock.INCIDENTS in details) is listed
    if listed:
        assert details[DigestBlock.INCIDENTS].to_plain().count("Volumes slow") == count


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_part_that_is_shown_alone_says_what_the_message_would(language: str) -> None:
    digest, about = weekly(full(START, END), around(END)), around(END)
    alone = dict(edition(digest, about, OURS, language, alone=True).details)
    assert "Volumes slow in az2" in alone[DigestBlock.INCIDENTS].to_plain()
    assert "Switch firmware in az1" in alone[DigestBlock.COMING].to_plain()
    assert "compute" in alone[DigestBlock.WHEEL].to_plain()
    assert not {DigestBlock.COMING, DigestBlock.WHEEL} & {*dict(edition(digest, about, OURS, language).details)}


def test_luck_that_the_story_tells_stands_once_in_the_main_message() -> None:
    first, second = c.Note(mark=Mark.LUCKY, text="The spare was warm"), c.Note(mark=Mark.LUCKY, text="It was Monday")
    once = made(week(lived(7, START, c.Open(title="t"), first))).main.to_plain()
    assert once.count("The spare was warm") == 1
    both = made(week(lived(7, START, c.Open(title="t"), first, second))).main.to_plain()
    assert both.count("The spare was warm") == both.count("Luck: It was Monday") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_near_miss_that_is_the_story_stands_once_in_the_main_message(language: str) -> None:
    alone = made(week(near_miss(7, START)), language=language)
    assert alone.main.to_plain().count("Nearly drained the wrong rack") == 1
    assert DigestBlock.NEARMISSES in dict(alone.details)
    both = made(week(near_miss(7, START), near_miss(8, START + HOUR, "Nearly cut a cable")), language=language).main
    assert [both.to_plain().count(title) for title in ("Nearly drained the wrong rack", "Nearly cut a cable")] == [1, 1]
    # A title that names somebody is in no story.
    named = made(week(near_miss(7, START, "Ana Ruiz nearly cut a cable")), language=language).main
    assert named.to_plain().count("nearly cut a cable") == 1


def test_who_is_named_owns_a_follow_up_and_nobody_else() -> None:
    """Ana leads, is on call and stands in a line; she is thanked for what she did."""
    details = made(*GOLDEN["full"]).details
    said = {block: document.to_plain() for block, document in details if block is not DigestBlock.FOLLOWUPS}
    assert len(said) == len(details) - 1
    assert not [block for block, words in said.items() for name in ("Ana", "Ben", "Cleo") if name in words]


def test_a_line_reads_as_it_stands_now() -> None:
    def noted(text: str, message: str) -> c.Note:
        return c.Note(mark=Mark.LUCKY, text=text, message=message)

    story = lived(
        9,
        START + HOUR,
        c.Open(title="Volumes slow"),
        noted("the spare was warn", "slack:1"),
        noted("taken back", "slack:2"),
        noted("removed by its author", "slack:3"),
        c.EditMessage(message="slack:1", text="the spare was warm"),
        c.Undo(by="ana", event=3),
        c.RemoveMessage(message="slack:3"),
    )
    found = weekly(week(story), around(END))
    assert found.nearmisses is not None
    assert [one.text for one in found.nearmisses.luck] == ["the spare was warm"]


def test_what_nobody_worked_on_is_noise_and_no_incident() -> None:
    still = lived(8, START + HOUR, c.Open(title="Flapping", status=Status.TRIAGE))
    found = gathered([declined(7, START), still], START, END, noise=[fired(7), fired(8, "Flapping")])
    digest = weekly(found, around(END))
    assert digest.incidents is None
    assert digest.noise is not None
    assert (digest.noise.times, [one.rule for one in digest.noise.rules]) == (2, ["DiskFull", "Flapping"])


def test_the_noisiest_rule_comes_first_and_five_are_shown() -> None:
    numbers = range(1, 29)
    stories = [declined(n, START + n * HOUR) for n in numbers]
    # Rule 0 seven times, rule 1 six times and so on.
    names = [f"Rule{rule}" for rule in range(7) for _ in range(7 - rule)]
    noise = [fired(n, name) for n, name in zip(numbers, names, strict=True)]
    digest = weekly(gathered(stories, START, END, noise=noise), around(END))
    assert digest.noise is not None
    assert [(one.rule, one.times) for one in digest.noise.rules] == [(f"Rule{n}", 7 - n) for n in range(5)]
    assert (digest.noise.others, digest.noise.rules[0].alerts) == (2, 14)
    assert sum(digest.noise.rules[0].hours.values()) == 7


def test_a_rule_cannot_break_out_of_its_ready_text() -> None:
    bad = replace(fired(7, "```\n# Rule `x`"), annotations={"summary": "````\n<b>\n- [ ] x"})
    edition = made(gathered([declined(7, START)], START, END, noise=[bad]))
    (document,) = [document for block, document in edition.details if block is DigestBlock.NOISE]
    kinds = [type(block).__name__ for block in document.blocks]
    assert kinds == ["Heading", "Paragraph", "Paragraph", "Code"]


def test_a_block_of_code_holds_whatever_stands_in_it(tmp_path) -> None:
    own = '{% extends "klatsch/weekly.en.md.j2" %}{% block noise_more %}{{ fenced(flat(digest.noise.rules[0].rule)) }}{% endblock %}'
    (tmp_path / "weekly.en.md.j2").write_text(own, encoding="utf-8")
    found = gathered([declined(7, START)], START, END, noise=[fired(7, "````")])
    shown = edition(weekly(found, around(END)), around(END), Templates(str(tmp_path)), "en")
    assert dict(shown.details)[DigestBlock.NOISE].blocks == (Code("````"),)


@pytest.mark.parametrize("language", LANGUAGES)
def test_however_much_the_rules_bring_along_slack_shows_each_text_whole(language: str) -> None:
    stories = [declined(n, START + n * HOUR) for n in range(15)]
    labels = {f"label{n:02}": "x" * 190 for n in range(40)}
    expression = "sum+by%28pod%29+" * 50
    link = f"https://prometheus.example.org/graph?g0.expr={expression}&g0.tab=1"
    noise = [
        replace(fired(one.number, f"Rule{one.number % 5}" + "N" * 90), annotations={"summary": "y" * 900}, link=link)
        for one in stories
    ]
    noise = [replace(one, labels={**labels, "alertname": one.name}) for one in noise]
    shown = dict(made(gathered(stories, START, END, noise=noise), language=language).details)[DigestBlock.NOISE]
    said = str(message(shown, {})["blocks"])
    assert "The rest was cut" not in said
    assert said.count("- [ ] ") == 5 * 4
    assert said.count("receiver: tickets") == 5
    assert said.count("alertname=Rule") == 5
    fullest_there_is = dict(made(fullest(START, END), language=language).details)[DigestBlock.NOISE]
    assert str(message(fullest_there_is, {})["blocks"]).count("- [ ] ") == 5 * 4


def test_what_a_rule_brings_along_is_bounded_and_its_pages_are_counted() -> None:
    paged = c.Open(title="t", status=Status.TRIAGE, page="platform", rung=c.Rung("platform", 0, 0, ("ana",)))
    stories = [lived(1, START, paged, c.Decline()), *(declined(n, START + n * HOUR) for n in range(2, 14))]
    labels = {f"label{n:02}": "x" * 900 for n in range(40)}
    noise = [replace(fired(story.number), labels=labels, annotations={"summary": "y" * 900}) for story in stories]
    digest = weekly(gathered(stories, START, END, noise=noise), around(END))
    assert digest.noise is not None
    (rule,) = digest.noise.rules
    assert (rule.paged, rule.refs[0], len(rule.refs), rule.more) == (1, "INC-13", 10, 3)
    assert (len(rule.labels), len(rule.labels[0][1]), len(rule.summary)) == (12, 200, 200)


@pytest.mark.parametrize(("place", "shown"), [("https://example.org/pm_7", Link), ("/srv/postmortems/INC-7.md", Text)])
def test_where_a_postmortem_lies_is_a_link_or_a_path(place: str, shown: type) -> None:
    written = lived(7, START, c.Open(title="t"), c.Resolve(), c.Close(), c.RecordPostmortem(place=place))
    details = dict(made(week(written)).details)
    said = [one for one in _inlines(details[DigestBlock.POSTMORTEMS]) if getattr(one, "text", "") == place]
    assert [type(one) for one in said] == [shown]


def test_many_owners_and_rotations_still_fit_a_phone() -> None:
    people = {f"p{n}": Person(f"p{n}", f"Person {n}") for n in range(40)}
    done = [c.AddFollowUp(text=f"Item {n}", owner=person) for n, person in enumerate(people)]
    done += [c.ChangeFollowUp(followup=n, outcome="done") for n in range(1, 41)]
    schedules = {f"rota{n}": Schedule(f"rota{n}", BERLIN) for n in range(30)}
    paged = [Paged(START + HOUR, (f"schedule:{name}",)) for name in schedules]
    found = gathered([lived(7, START, c.Open(title="t"), *done)], START, END, paged=paged)
    main = made(found, around(END, people=people, roster=Roster(schedules=schedules))).main
    assert (
        "40 done, thank you, Person 0, Person 1, Person 10, Person 11, Person 12, Person 13 and 34 others"
        in main.to_plain()
    )
    assert "rota2 1 page, and 27 more" in main.to_plain()
    assert len(main.to_plain()) < LONGEST


REVIEWS = [
    ("sev2 resolved", Severity.SEV2, (c.Resolve(),), Review.DUE),
    ("sev3 resolved", Severity.SEV3, (c.Resolve(),), Review.NONE),
    ("in review", Severity.SEV3, (c.Resolve(), c.SetStatus(status=Status.REVIEW)), Review.RUNNING),
    ("reviewed", Severity.SEV1, (c.Resolve(), c.StartReview(), c.Close()), Review.DONE),
    ("closed at once", Severity.SEV1, (c.Resolve(), c.Close()), Review.SKIPPED),
    ("small, and closed at once", Severity.SEV3, (c.Resolve(), c.Close()), Review.NONE),
    (
        "reviewed, reopened, and closed at once",
        Severity.SEV1,
        (c.Resolve(), c.StartReview(), c.Close(), c.Reopen(), c.Resolve(), c.Close()),
        Review.SKIPPED,
    ),
    ("worked on", Severity.SEV1, (), Review.NONE),
]


@pytest.mark.parametrize(("severity", "said", "review"), [r[1:] for r in REVIEWS], ids=[r[0] for r in REVIEWS])
def test_a_review_is_due_where_its_severity_asks_for_one(
    severity: Severity, said: tuple[c.Command, ...], review: Review
) -> None:
    digest = weekly(week(lived(7, START, c.Open(title="t", severity=severity), *said)), around(END))
    assert digest.incidents is not None
    assert [one.review for one in digest.incidents] == [review]


def test_a_review_that_was_done_is_told_in_its_own_week() -> None:
    closed = c.Open(title="t"), c.Resolve(), c.Close()
    before = lived(7, START - DAY, *closed, later(c.AddFollowUp(text="thought of later"), 48))
    digest = weekly(week(before, lived(8, START, *closed)), around(END))
    assert digest.postmortems is not None
    assert [one.ref for one in digest.postmortems.closed] == ["INC-8"]


def test_luck_and_questions_of_a_drill_are_of_the_drill() -> None:
    drill = lived(
        7,
        START,
        c.Open(title="t", kind=Kind.DRILL),
        c.Note(mark=Mark.LUCKY, text="lucky"),
        c.Note(mark=Mark.QUESTION, text="why?"),
        c.AddFollowUp(text="Learn how to drain"),
    )
    digest = weekly(week(drill), around(END))
    assert (digest.nearmisses, digest.questions, digest.incidents, digest.story) == (None, None, None, None)
    assert digest.followups is not None
    assert [one.text for one in digest.followups.new] == ["Learn how to drain"]


def test_incidents_of_the_week_are_those_that_opened_ended_or_go_on() -> None:
    def old(number: int, *said: object, days: int = 10) -> Story:
        return lived(number, START - days * DAY, c.Open(title=f"Old {number}"), *said)  # type: ignore[arg-type]

    stories = [
        old(1),
        old(2, later(c.Resolve(), 24)),
        old(3, later(c.Resolve(), 24 * 11)),
        old(4, later(c.Resolve(), 24), later(c.Note(mark=Mark.NOTE, text="still thinking"), 24 * 10)),
        old(5, later(c.Cancel(), 24 * 11)),
        lived(6, START, c.Open(title="New")),
        lived(7, START, c.Open(title="A drill", kind=Kind.DRILL)),
    ]
    digest = weekly(week(*stories), around(END))
    assert digest.incidents is not None
    assert [one.ref for one in digest.incidents] == ["INC-1", "INC-3", "INC-6"]


def test_follow_ups_are_told_as_they_are_now() -> None:
    story = lived(
        7,
        START + HOUR,
        c.Open(title="t"),
        *(c.AddFollowUp(text=f"Item {n}", owner="ana", due=START + n * DAY) for n in range(1, 6)),
        c.ChangeFollowUp(followup=1, outcome="done"),
        c.ChangeFollowUp(followup=2, outcome="done"),
        c.ChangeFollowUp(followup=2, outcome=""),
        c.ChangeFollowUp(followup=3, outcome="wontdo", reason="the vendor does"),
        c.ChangeFollowUp(followup=4, outcome="dropped"),
    )
    found = weekly(week(story), around(START + 6 * DAY)).followups
    assert found is not None
    assert [[one.id for one in row] for row in (found.new, found.done, found.declined, found.overdue)] == [
        [2, 5], [1], [3], [2, 5],
    ]  # fmt: skip
    assert (found.owners, found.open) == (("ana",), 2)


def test_a_follow_up_that_its_incident_does_not_have_is_left_out() -> None:
    adding = (c.AddFollowUp(text="First"), c.AddFollowUp(text="Second"))
    found = week(lived(7, START + HOUR, c.Open(title="t"), *adding))
    (incident,) = found.owing
    kept = replace(incident, followups=incident.followups[1:])
    digest = weekly(replace(found, incidents={7: kept}, owing=(kept,)), around(END))
    assert digest.followups is not None
    assert [one.text for one in digest.followups.new] == ["Second"]


def test_of_what_nobody_may_read_any_more_nothing_is_owed_or_asked() -> None:
    adding = (c.AddFollowUp(text="Secret", due=START + DAY), c.AddFollowUp(text="Second", due=START + DAY))
    found = week(lived(7, START + HOUR, c.Open(title="t"), *adding))
    (incident,) = found.owing
    first, second = incident.followups
    gone = replace(incident, followups=(replace(first, text=REMOVED), second))
    talked = Topic(1, REMOVED, START - WEEK, origin=Origin.QUESTION)
    digest = weekly(
        replace(found, incidents={7: gone}, owing=(gone,), board=Board({1: talked})), around(START + 6 * DAY)
    )
    assert digest.followups is not None
    assert [one.text for one in digest.followups.overdue] == ["Second"]
    assert digest.followups.open == 1
    assert (digest.questions, digest.coffee) == (None, None)


def test_a_question_is_open_until_it_is_taken_back_or_talked_about() -> None:
    story = lived(
        7,
        START + HOUR,
        c.Open(title="t"),
        c.Note(mark=Mark.QUESTION, text="Why?"),
        c.Note(mark=Mark.QUESTION, text="Answered"),
        c.Undo(by="ana", event=3),
    )
    topics = (
        Topic(1, "Why?", END, origin=Origin.QUESTION, incident=7, event=2),
        Topic(2, "Since long", START - WEEK, origin=Origin.QUESTION, incident=3, event=9),
        Topic(3, "Talked about", START - WEEK, origin=Origin.QUESTION, state=TopicState.DISCUSSED),
    )
    found = gathered([story], START, END, board=Board({one.id: one for one in topics}))
    asked = weekly(found, around(END)).questions
    assert asked is not None
    assert [(one.ref, one.text) for one in asked] == [("INC-3", "Since long"), ("INC-7", "Why?")]


def test_a_team_reads_of_its_services_and_of_what_paged_its_schedules() -> None:
    paged = lived(
        8,
        START,
        c.Open(title="Paged", service="other"),
        c.Page(target="storage", rung=c.Rung("storage", 0, 0, ("ana",))),
    )
    stories = [
        lived(7, START, c.Open(title="Ours", service="volumes")),
        paged,
        lived(9, START, c.Open(title="Theirs", service="api")),
    ]
    about = around(END, team="Storage", services=("volumes",), schedules=("storage",))
    ours, all_of_them = weekly(week(*stories), about).incidents, weekly(week(*stories), around(END)).incidents
    assert ours is not None
    assert all_of_them is not None
    assert [one.ref for one in ours] == ["INC-7", "INC-8"]
    assert len(all_of_them) == 3


def test_the_hand_over_of_the_hour_at_which_the_digest_comes_is_told() -> None:
    coming = weekly(week(), around(END)).coming
    assert coming is not None
    assert [(one.schedule, one.at, one.more) for one in coming.handovers] == [
        ("platform", END, 0),
        ("storage", END + HOUR, 0),
    ]


@pytest.mark.parametrize(("starts", "told"), [(-1, True), (13, True), (15, False), (-3, False)])
def test_windows_of_the_next_two_weeks_are_told(starts: int, told: bool) -> None:
    window = maintenance(7, START + DAY, END + starts * DAY + (HOUR * 23 if starts == -1 else 0 * HOUR))
    coming = weekly(week(window), around(END)).coming
    assert coming is not None
    assert bool(coming.windows) is told


def test_topics_stand_by_their_dots() -> None:
    coffee = weekly(gathered([], START, END, board=board(START)), around(END)).coffee
    assert coffee is not None
    assert [(number, dots) for number, _, dots in coffee.topics] == [(5, 5), (3, 1), (6, 0)]


@pytest.mark.parametrize(("ended", "told"), [(START, True), (END - HOUR, True), (START - HOUR, False), (END, False)])
def test_what_came_of_a_coffee_is_told_in_the_week_in_which_it_ended(ended: datetime, told: bool) -> None:
    over = Coffee(
        4, ended - HOUR, CoffeeStatus.OVER, agenda=(9, 6, 8), ended=ended, minutes="https://git.example.org/4"
    )
    talked = [
        # It was brought up once more, and dropped.
        Topic(8, "Reserved cores", START, state=TopicState.DROPPED, coffee=4),
        Topic(9, "SONiC", START, state=TopicState.DISCUSSED, coffee=4, takeaways=(Takeaway("Try it", "ana"),)),
        Topic(7, "Of an earlier one", START, state=TopicState.DISCUSSED, coffee=3),
        Topic(6, REMOVED, START, state=TopicState.DISCUSSED, coffee=4, takeaways=(Takeaway("Said of it"),)),
    ]
    held = Board({topic.id: topic for topic in talked}, past={4: over})
    coffee = weekly(gathered([], START, END, board=held), around(END, **COFFEE)).coffee
    assert coffee is not None
    assert [(one.text, one.takeaways) for one in coffee.talked] == [
        ("SONiC", ("Try it",)),
        ("Reserved cores", ()),
    ] * told
    assert coffee.minutes == "https://git.example.org/4" * told
    alone = weekly(gathered([], START, END, board=held), around(END)).coffee
    assert (alone is not None) is told


@pytest.mark.parametrize("language", ["en", "de"])
def test_takeaways_are_told_without_whose_they_are(language: str) -> None:
    over = Coffee(4, START, CoffeeStatus.OVER, agenda=(9,), ended=START + HOUR, minutes="https://git.example.org/4")
    said = (Takeaway("Try it", "ana"), Takeaway("Not alone", "ben"))
    held = Board({9: Topic(9, "SONiC", START, state=TopicState.DISCUSSED, coffee=4, takeaways=said)}, past={4: over})
    who = around(END, **COFFEE)
    made = edition(weekly(gathered([], START, END, board=held), who), who, Templates(None), language)
    (detail,) = [document.to_plain() for block, document in made.details if block is DigestBlock.COFFEE]
    assert "- SONiC: Try it; Not alone\n" in detail
    assert "https://git.example.org/4" in detail
    assert "Ana" not in detail


@pytest.mark.parametrize("language", LANGUAGES)
def test_however_many_follow_ups_there_are_slack_shows_of_each_kind(language: str) -> None:
    text = "Alert when more than 5 % of the OSDs of a rack are slow for longer than a minute"
    added = [c.AddFollowUp(text=f"{text} {n}", owner="ben", due=START + DAY) for n in range(160)]
    done = [c.ChangeFollowUp(followup=n, outcome="done") for n in range(1, 41)]
    wontdo = [c.ChangeFollowUp(followup=n, outcome="wontdo", reason="the vendor does it") for n in range(41, 81)]
    story = lived(7, START + HOUR, c.Open(title="Volumes slow"), *added, *done, *wontdo)
    detail = dict(made(week(story), language=language).details)[DigestBlock.FOLLOWUPS]
    shown = str(message(detail, {})["blocks"])
    assert "The rest was cut" not in shown
    assert [shown.count(f" #{n} ") for n in (1, 10, 11, 41, 50, 51, 81, 90, 91)] == [1, 1, 0, 1, 1, 0, 2, 2, 0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_list_of_a_detail_pushes_out_another_one(language: str) -> None:
    missed = [
        near_miss(n, START + n * HOUR, f"Nearly drained rack {n} while its spare was away " + "x" * 90)
        for n in range(1, 61)
    ]
    due = [
        lived(100 + n, START, c.Open(title=f"Volumes {n} are slow", severity=Severity.SEV1), c.Resolve())
        for n in range(50)
    ]
    lucky = lived(
        300, START, c.Open(title="t"), *(c.Note(mark=Mark.LUCKY, text=f"By luck {n} " + "y" * 120) for n in range(50))
    )
    held = lived(301, START, c.Open(title="The one that was held"), c.Resolve(), c.StartReview(), c.Close())
    details = dict(made(week(*missed, *due, lucky, held), language=language).details)
    for block, last in ((DigestBlock.NEARMISSES, "By luck 19"), (DigestBlock.POSTMORTEMS, "The one that was held")):
        shown = str(message(details[block], {})["blocks"])
        assert last in shown
        assert "The rest was cut" not in shown


WEEKS = [
    ("monday", "2026-11-16", "2026-11-23", (47, 47)),
    ("friday", "2026-11-20", "2026-11-27", (48, 48)),
    ("the 53rd", "2026-12-28", "2027-01-04", (53, 53)),
    ("the first", "2027-01-04", "2027-01-11", (1, 1)),
    ("three weeks", "2026-12-21", "2027-01-11", (52, 1)),
    ("one day", "2026-11-23", "2026-11-24", (48, 48)),
]


@pytest.mark.parametrize(("start", "end", "weeks"), [row[1:] for row in WEEKS], ids=[row[0] for row in WEEKS])
def test_the_week_is_the_one_in_which_most_of_it_lies(start: str, end: str, weeks: tuple[int, int]) -> None:
    assert weekly(week(start=monday(start), end=monday(end)), around(monday(end))).weeks == weeks


def test_a_house_changes_one_block_of_ours(tmp_path) -> None:
    own = tmp_path / "weekly.en.md.j2"
    own.write_text(
        '{% extends "klatsch/weekly.en.md.j2" %}'
        "{% block wheel %}- Next on the big screen: {{ digest.wheel }}\n{% endblock %}"
        "{% block oncall_more %}**Pages**{% endblock %}",
        encoding="utf-8",
    )
    found, about = GOLDEN["full"]
    digest, ours = weekly(found, about), made(found, about)
    theirs = edition(digest, about, Templates(str(tmp_path)), "en")
    said, was = theirs.main.to_plain().splitlines(), ours.main.to_plain().splitlines()
    changed = [now for now, before in zip(said, was, strict=True) if now != before]
    assert changed == [f"- Next on the big screen: {digest.wheel}"]
    now, before = dict(theirs.details), dict(ours.details)
    assert now.pop(DigestBlock.ONCALL).summary == "Pages"
    del before[DigestBlock.ONCALL]
    assert now == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_stand_below_the_title_of_their_detail(language: str) -> None:
    details = dict(made(*GOLDEN["full"], language).details)
    pictured = {
        block: one.blocks.index(picture)
        for block, one in details.items()
        for picture in one.blocks
        if isinstance(picture, Picture)
    }
    assert pictured == {DigestBlock.ONCALL: 1, DigestBlock.DURATIONS: 1}


def test_a_detail_that_a_house_emptied_is_gone_with_its_picture(tmp_path) -> None:
    emptied = '{% extends "klatsch/weekly.en.md.j2" %}{% block oncall_more %}{% endblock %}'
    (tmp_path / "weekly.en.md.j2").write_text(emptied, encoding="utf-8")
    found, about = GOLDEN["full"]
    theirs = edition(weekly(found, about), about, Templates(str(tmp_path)), "en")
    assert DigestBlock.ONCALL not in dict(theirs.details)
    assert "On call" in theirs.main.to_plain()


def test_a_team_s_durations_are_those_of_its_incidents() -> None:
    ours, everybody = (weekly(GOLDEN["full"][0], GOLDEN[name][1]).durations for name in ("team", "full"))
    assert ours is not None
    assert everybody is not None
    assert [(one.week.n, one.before.n) for one in (ours[-1], everybody[-1])] == [(1, 0), (2, 1)]


def test_when_more_is_told_than_usual_it_is_said_that_this_is_good() -> None:
    def told(count: int) -> str:
        before = [lived(n, START - n * WEEK + HOUR, c.Open(title=f"t{n}"), c.Resolve()) for n in range(1, 5)]
        week_s = [lived(50 + n, START + n * HOUR, c.Open(title=f"u{n}"), c.Resolve()) for n in range(count)]
        return text(made(week(*before, *week_s)))

    assert "more is being told" in told(2)
    assert "more is being told" not in told(1)


def test_a_slip_in_a_house_s_block_falls_back_to_ours_for_that_message_alone(tmp_path, caplog) -> None:
    own = tmp_path / "weekly.en.md.j2"
    own.write_text(
        '{% extends "klatsch/weekly.en.md.j2" %}{% block oncall %}- Pages: many\n{% endblock %}'
        "{% block oncall_more %}{{ digest.nothing }}{% endblock %}",
        encoding="utf-8",
    )
    found, about = GOLDEN["full"]
    digest, ours = weekly(found, about), made(found, about)
    with pytest.raises(TemplateError, match=r"weekly\.en\.md\.j2, line 2"):
        edition(digest, about, Templates(str(tmp_path)), "en")
    theirs = edition(digest, about, Templates(str(tmp_path), instead=Templates()), "en")
    assert theirs.details == ours.details
    assert "- Pages: many" in theirs.main.to_plain()
    assert f"{own}, line 2" in caplog.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_typed_stays_what_they_typed(language: str) -> None:
    nasty = "# **x** [y](https://evil.example) `z` <b>"
    story = lived(
        7,
        START,
        c.Open(title=nasty),
        c.Note(mark=Mark.LUCKY, text=nasty),
        c.DescribeImpact(text=f"{nasty}, and so on, for two lines of a phone"),
    )
    shown = made(gathered([story], START, END, board=Board({1: Topic(1, nasty, START)})), language=language)
    documents: list[Document] = [shown.main, *(document for _, document in shown.details)]
    assert sum(nasty in document.to_plain() for document in documents) == 5
    assert "evil.example)" not in {getattr(one, "url", "") for document in documents for one in _inlines(document)}


def _inlines(document: Document) -> list[object]:
    return [one for block in document.blocks for one in getattr(block, "inlines", ())] + [
        one for block in document.blocks for item in getattr(block, "items", ()) for one in item
    ]


LIVES = st.lists(st.tuples(OPENINGS, st.lists(STEPS, max_size=15)), max_size=3)


@settings(max_examples=60, deadline=None)
@given(LIVES)
def test_whatever_happened_makes_a_digest_that_names_nobody_it_should_not(
    lives: list[tuple[c.Open, list[Step]]],
) -> None:
    stories = []
    for number, (opening, steps) in enumerate(lives, 1):
        story = Story(number, START + number * HOUR)
        for one in (step(opening), *steps):
            with suppress(Refused):
                story.give(one)
        stories.append(story)
    public = week(*(story for story in stories if not (story.incident and story.incident.private)))
    digest = weekly(week(*stories), around(END))
    assert digest == weekly(public, around(END))
    for language in LANGUAGES:
        shown = edition(digest, around(END), OURS, language)
        assert shown.main.summary
        assert len(to_markdown(shown.main)) < 2 * LONGEST
    told = " ".join(text for _, text in digest.story.lines) if digest.story else ""
    assert not [name for name in ("Ana Ruiz", "Ben Okafor", "Cleo Weiß", "@ben", "U0ANA1") if name in told]


def test_the_week_of_the_check_has_something_in_every_block() -> None:
    digest = weekly(*next(sample_weeks(END, "ana")))
    assert [block for block in DigestBlock if not digest.told(block)] == []
    assert digest.followups is not None
    assert digest.postmortems is not None
    rows = (*vars_of(digest.followups), *vars_of(digest.postmortems))
    assert all(rows)


def vars_of(value: object) -> list[object]:
    return [getattr(value, field.name) for field in fields(value)]  # type: ignore[arg-type] - dataclasses both
