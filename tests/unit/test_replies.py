"""Answers: what changed, how to undo it, what comes next; and what people look up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import rostered
from bot.chat import answers, standing
from bot.chat.card import card
from bot.chat.document import Bullets, Link, clean
from bot.chat.parse import parse
from bot.chat.replies import done, refused
from bot.chat.templates import Templates
from bot.chat.verbs import find
from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.decide import decide
from bot.incident.evolve import evolve
from bot.incident.model import (
    ComponentState,
    Incident,
    Kind,
    Mark,
    Moment,
    Person,
    PublicStatus,
    Refused,
    Role,
    Room,
    Severity,
    Source,
    Status,
    StillDisturbed,
    Window,
)
from bot.incident.plan import Policy, plan
from bot.incident.policy import Way
from bot.incident.timeline import sentence
from bot.incident.undo import choose
from bot.oncall.escalation import Roster
from bot.oncall.rotations import Rotation
from bot.oncall.schedules import Schedule
from bot.questions import Answers, Names
from bot.words import Wording
from tests.unit.test_parse import COMMANDS, ROOM

NOW = datetime(2026, 11, 4, 13, 30, tzinfo=UTC)
ZONE = "Europe/Berlin"
NTFY = ("ntfy",)
PEOPLE = {
    "ana": Person("ana", "Ana Ruiz", ways=NTFY),
    "ben": Person("ben", "Ben Okoro", ways=NTFY),
    "cleo": Person("cleo", "Cleo Weiß", ways=NTFY),
    "dora": Person("dora", "Dora Blum"),
}
RUNG = c.Rung("policy:platform", 0, 0, ("ana", "ben"), timedelta(minutes=5))


class Story:
    """One incident, changed by commands as the bot would, and what was answered to each."""

    def __init__(self, command=None, **how):
        self.incident = None
        self.history = []
        self.do(command or c.Open(title="Volumes slow", page="policy:platform", rung=RUNG), **how)

    def do(self, command, *, minutes=0, by="ana", **how):
        at = NOW + timedelta(minutes=minutes)
        events = decide(self.incident, command, id=7, at=at)
        before, first = self.incident, len(self.history) + 1
        for event in events:
            self.incident = evolve(self.incident, event, number=7)
            source = Source("command")
            self.history.append(e.Recorded(7, len(self.history) + 1, at, by, source, first, event))
        self.document = done(command, events, before, self.incident, people=PEOPLE, zone=ZONE, **how)
        return self.document.to_plain()

    def type(self, line, **how):
        return self.do(parse(line, ROOM).command, **how)


@pytest.fixture
def story():
    return Story()


def test_opening_says_what_is_open_who_is_asked_and_how_to_take_it_back(story):
    assert story.document.to_plain().splitlines() == [
        "INC-7 is open, sev2: Volumes slow · paged Ana Ruiz and Ben Okoro, the next one at 14:35 · undo: INC-7 undo"
    ]
    assert story.document.summary == "INC-7 is open, sev2: Volumes slow"


def test_opening_names_who_is_paged_next_where_that_is_known():
    def opened(then):
        return Story(c.Open(title="x", rung=RUNG), then=then).document.to_plain()

    assert "paged Ana Ruiz and Ben Okoro, then Cleo Weiß at 14:35 · undo" in opened(("cleo",))
    assert "paged Ana Ruiz and Ben Okoro, then Ana Ruiz again at 14:35 · undo" in opened(("ana",))


def test_who_cannot_be_paged_is_not_said_to_be(story):
    def paged(*people):
        return Story(c.Open(title="x", rung=replace(RUNG, people=people))).document.to_plain()

    assert paged("dora", "ana").startswith(
        "INC-7 is open, sev2: x · paged Ana Ruiz, the next one at 14:35 · Dora Blum cannot be paged: people.dora has no "
        "page: · undo"
    )
    alone = c.Page(target="person:dora", rung=replace(RUNG, people=("dora",), last=True))
    assert story.do(alone).startswith("INC-7 · Dora Blum cannot be paged: people.dora has no page: · undo")


BESIDE = [
    ("network", 0, "Paged Cleo Weiß · of network only the first step is asked, nobody comes after them · undo"),
    ("network", 2, "Paged Cleo Weiß · of network only step 3 is asked, nobody comes after them · undo"),
    ("schedule:network", 0, "Paged Cleo Weiß · undo"),
    ("person:cleo", 0, "Paged Cleo Weiß · undo"),
]


@pytest.mark.parametrize(("ladder", "step", "said"), BESIDE)
def test_of_a_policy_that_is_paged_beside_another_it_is_said_that_one_step_is_all(story, ladder, step, said):
    command = c.Page(target=ladder, rung=c.Rung(ladder, step, 0, ("cleo",), timedelta(minutes=5)))
    assert said in story.do(command, then=("dora",))
    # Alone it is climbed.
    story.type("ack")
    assert "Cleo Weiß, then Dora Blum at 14:35 · undo" in story.do(command, then=("dora",))


UNTOLD = [
    ("chat is there", "", "update x", "Update posted", ""),
    (
        "no chat",
        "no chat is connected",
        "update x",
        "Update on the timeline",
        "On the timeline only: no chat is connected.",
    ),
    (
        "no chat, and a promise",
        "no chat is connected",
        "update x next=30m",
        "Update on the timeline; the next one is due by 15:00",
        "On the timeline only: no chat is connected. Nobody is reminded of the next one.",
    ),
    ("no chat, and nothing for others", "no chat is connected", "note x", "Note on the timeline", ""),
]


@pytest.mark.parametrize(
    ("untold", "line", "said", "advice"), [row[1:] for row in UNTOLD], ids=[row[0] for row in UNTOLD]
)
def test_an_update_that_nobody_hears_of_says_so(story, untold, line, said, advice):
    lines = story.type(line, untold=untold).splitlines()
    assert lines[0].startswith(f"INC-7 · {said}")
    assert lines[1:] == ([advice] if advice else [])


@pytest.mark.parametrize(
    ("rooms", "incident", "why"),
    [
        (False, Incident(7, NOW), "no chat is connected"),
        (True, Incident(7, NOW), ""),
        (True, Incident(7, NOW, status=Status.TRIAGE), "INC-7 has no room"),
        (True, Incident(7, NOW, status=Status.RESOLVED), "INC-7 has no room"),
        (True, Incident(7, NOW, status=Status.RESOLVED, rooms={"console": Room("r1")}), ""),
        (
            True,
            Incident(7, NOW, status=Status.CLOSED, rooms={"console": Room("r1", archived=True)}),
            "INC-7 has no room",
        ),
    ],
)
def test_an_update_is_heard_of_in_a_room(rooms, incident, why):
    assert Answers(None, None, Names(rooms=rooms), None).untold(incident) == why


def test_opening_names_the_room_that_will_open(story):
    command = c.Open(title="x")
    events = decide(None, command, id=7, at=NOW)
    document = done(command, events, None, story.incident, people=PEOPLE, zone=ZONE, room="inc-7-x")
    assert document.to_plain().startswith("INC-7 is open, sev2: x · room #inc-7-x · undo: INC-7 undo")


def test_opening_that_woke_nobody_says_so():
    quiet = Story(c.Open(title="x")).document.to_plain()
    assert quiet.endswith("\nNobody has been paged yet: INC-7 page shows whom you can wake.")
    nobody = Story(c.Open(title="x", page="p", rung=replace(RUNG, people=()))).document.to_plain()
    assert nobody.startswith("INC-7 is open, sev2: x · nobody is on call · undo: INC-7 undo\nNobody has been paged yet")


ACTIVE = Incident(7, NOW, title="Volumes slow")
ROOMS = [
    ("opened", None, ACTIVE, True, "inc-7-volumes-slow"),
    ("accepted", replace(ACTIVE, status=Status.TRIAGE), ACTIVE, True, "inc-7-volumes-slow"),
    ("in triage", None, replace(ACTIVE, status=Status.TRIAGE), True, ""),
    ("there already", ACTIVE, ACTIVE, True, ""),
    ("reopened", replace(ACTIVE, status=Status.RESOLVED), replace(ACTIVE, rooms={"console": Room("r1")}), True, ""),
    ("a near miss", None, replace(ACTIVE, kind=Kind.NEARMISS, status=Status.RESOLVED), True, ""),
    ("no chat configured", None, ACTIVE, False, ""),
]


@pytest.mark.parametrize(
    ("before", "after", "rooms", "name"), [row[1:] for row in ROOMS], ids=[row[0] for row in ROOMS]
)
def test_a_room_is_named_when_one_opens(before, after, rooms, name):
    wording = Wording(Templates(), PEOPLE, ZONE, {})
    assert Answers(None, None, Names(rooms=rooms), wording).room(before, after) == name


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (c.Open(title="x", kind=Kind.DRILL), "INC-7 is open as a drill, sev2: x"),
        (c.Open(title="x", kind=Kind.DRILL), "Nobody is paged, nothing is published."),
        (c.Open(title="x", kind=Kind.NEARMISS, status=Status.RESOLVED), "INC-7 is recorded as a near miss, sev2: x"),
        (c.Open(title="x", kind=Kind.RETRO, status=Status.RESOLVED), "INC-7 note TEXT at=TIME"),
        (
            c.Open(
                title="x",
                kind=Kind.MAINTENANCE,
                status=Status.MONITORING,
                window=Window(NOW, NOW + timedelta(hours=1), (("az", "=~", "a.*"),)),
            ),
            "Alerts with az=~a.* open nothing from 2026-11-04 14:30 CET to 2026-11-04 15:30 CET.",
        ),
        (c.Open(title="x", private=True), "INC-7 is open and private, sev2: x"),
        (c.Open(title="x", private=True), "It exists in its own room alone"),
    ],
)
def test_each_kind_of_incident_is_answered_in_its_words(command, words):
    assert words in Story(command).document.to_plain()


CHANGES = [
    ("sev 1 all of it", "INC-7 · Severity changed from sev2 to sev1: all of it", True),
    ("status identified", "INC-7 · Status changed from investigating to identified", True),
    ("rename Volumes", "INC-7 · Renamed to: Volumes", True),
    ("role lead @ben", "INC-7 · Ben Okoro is lead", True),
    ("note mon2 failed over at=14:05", "INC-7 · Note on the timeline, 14:05: mon2 failed over", True),
    ("hypothesis the kernel at=14:01", "INC-7 · Hypothesis on the timeline, 14:01: the kernel", True),
    ("note it was day mark=lucky", "INC-7 · Luck on the timeline, 14:30: it was day", True),
    ("decide drain it", "INC-7 · Decision on the timeline, 14:30: drain it", True),
    ("task @ben check", "INC-7 · Task 1 for Ben Okoro: check", True),
    ("update Rolling back next=30m", "INC-7 · Update posted; the next one is due by 15:00", True),
    ("impact slow plane=data", "INC-7 · Impact on the timeline, 14:30: slow; data plane", True),
    ("moment detected 14:05", "INC-7 · It was noticed at 2026-11-04 14:05 CET", True),
    ("resolve rolled back", "INC-7 · Resolved: rolled back · nobody else is paged", True),
    ("pm assign @ben", "INC-7 · The postmortem is with Ben Okoro", True),
    ("ack", "INC-7 · Ana Ruiz has it; nobody else is woken", False),
]


@pytest.mark.parametrize(("line", "words", "way_back"), CHANGES, ids=[line for line, _, _ in CHANGES])
def test_a_change_is_told_with_its_reference_and_the_way_back(story, line, words, way_back):
    text = story.type(line)
    assert text.startswith(words)
    assert text.splitlines()[0].endswith(" · undo: INC-7 undo") is way_back


@pytest.mark.parametrize(("line", "_words", "way_back"), CHANGES, ids=[line for line, _, _ in CHANGES])
def test_the_way_back_that_is_offered_works(story, line, _words, way_back):
    before = story.incident
    story.type(line)
    if not way_back:
        return
    undoing = c.Undo(by="ana", events=choose(story.history, "ana", None))
    assert story.do(undoing).startswith("INC-7 · Taken back: ")
    assert (story.incident.status, story.incident.severity, story.incident.title, story.incident.roles) == (
        before.status,
        before.severity,
        before.title,
        before.roles,
    )


NO_WAY_BACK = [
    (c.MakePrivate(), "Private cannot be undone. To tell the others, open a second incident: open TITLE"),
    (c.Merge(into=3), "No undo, because INC-3 carries the alerts of INC-7 now. For what"),
]


@pytest.mark.parametrize(("command", "words"), NO_WAY_BACK, ids=["private", "merge"])
def test_what_cannot_be_undone_says_why(story, command, words):
    assert words in story.do(command)


ALREADY = [
    ("status monitoring", "INC-7 is already monitoring."),
    ("sev 1", "INC-7 is already sev1."),
    ("ack", "Ana Ruiz has it already."),
    ("role lead @ben", "Ben Okoro is lead of INC-7 already."),
    ("role comms none", "Nobody is comms of INC-7."),
    ("private", "INC-7 is already private."),
    ("rename Volumes", "INC-7 is called that already."),
    ("publish discard", "INC-7 has no preview to discard."),
    ("task done 1", "Task 1 of INC-7 is done already."),
    ("task drop 1", "Task 1 of INC-7 is dropped already."),
    ("followup drop 1", "Follow-up 1 of INC-7 is dropped already."),
    ("followup 1 @ben", "Follow-up 1 of INC-7 is open, with that owner already."),
]


@pytest.mark.parametrize(("line", "words"), ALREADY, ids=[line for line, _ in ALREADY])
def test_what_is_so_already_is_said(story, line, words):
    story.type("task check it")
    story.type("followup Alert on it")
    story.type(line)
    assert story.type(line, by="ben") == words


AGAIN = [
    ("nobody was asked", [], "reopen", "Nobody has been paged yet"),
    ("somebody had it", ["ack"], "reopen", "Nobody was paged again"),
    ("nobody had answered", [], "undo", "Nobody was paged again"),
    ("somebody had it, and its end was a mistake", ["ack"], "undo", ""),
]


@pytest.mark.parametrize(("said", "last", "advice"), [row[1:] for row in AGAIN], ids=[row[0] for row in AGAIN])
def test_who_reopens_is_told_that_this_wakes_nobody(said, last, advice):
    asked = said or last == "undo"
    story = Story(c.Open(title="x", rung=RUNG if asked else None))
    for line in [*said, "take lead", "resolve"]:
        story.type(line)
    again = (
        story.do(c.Undo(by="ana", events=choose(story.history, "ana", None))) if last == "undo" else story.type(last)
    )
    assert story.incident.status.active
    assert story.incident.lead == "ana"
    assert (f"{advice}: INC-7 page shows whom you can wake." in again) if advice else ("paged" not in again)


def test_after_a_reopening_nobody_has_it_until_somebody_says_so(story):
    def shown():
        return card(story.incident, people=PEOPLE, zone=ZONE, now=NOW, templates=Templates()).to_plain()

    story.type("ack")
    assert "Paging: Ana Ruiz has it, acknowledged at" in shown()
    story.type("resolve")
    story.type("reopen")
    assert "has it" not in shown()
    assert "Lead: nobody yet" in shown()
    story.type("ack")
    assert "Paging: Ana Ruiz has it, acknowledged at 14:30\n" in shown()
    assert story.type("ack") == "Ana Ruiz has it already."
    paged = standing.paging_document(story.incident, (), people=PEOPLE, zone=ZONE, now=NOW).to_plain()
    assert paged.startswith("Nobody has been paged for INC-7; Ana Ruiz has it.")


def test_an_incident_exhausted_and_reopened_can_be_paged_again(story):
    story.do(c.Escalate(ladder=RUNG.ladder, step=1, round=0))
    story.type("resolve")
    story.type("reopen")
    assert "Paged Ana Ruiz and Ben Okoro" in story.do(c.Page(target="platform", rung=RUNG))


def test_who_takes_what_is_in_triage_may_still_have_others_paged():
    story = Story(c.Open(title="x", status=Status.TRIAGE))
    story.type("ack")
    assert "paged Ana Ruiz and Ben Okoro" in story.do(c.Accept(page="platform", rung=RUNG))


BORN_OVER = [
    ("a near miss", "nearmiss The backup disk was nearly full", "INC-7 undo"),
    ("a near miss told by nobody", "nearmiss anonymous The backup disk was nearly full", "INC-7 undo e1"),
    ("a write-up of the past", "retro Volumes slow start=2026-11-03T10:00", "INC-7 undo"),
]


@pytest.mark.parametrize(("line", "way_back"), [row[1:] for row in BORN_OVER], ids=[row[0] for row in BORN_OVER])
def test_what_is_over_at_birth_can_be_taken_back_as_its_answer_says(line, way_back):
    asked = parse(line, ROOM)
    by = "" if asked.anonymous else "ana"
    story = Story(replace(asked.command, opener=by))
    assert f"undo: {way_back}" in story.document.to_plain()
    event = int(way_back[-1]) if way_back.endswith("e1") else None
    undo = c.Undo(by="ana", event=event, events=choose(story.history, "ana" if by else "", event))
    assert story.do(undo).startswith("INC-7 · Taken back: it is cancelled")
    assert story.incident.status is Status.CANCELLED


def test_a_write_up_that_went_on_is_not_taken_back_in_one_step():
    story = Story(c.Open(title="x", kind=Kind.RETRO, status=Status.RESOLVED))
    story.type("close")
    with pytest.raises(Refused, match="INC-7 is closed already"):
        story.do(c.Undo(by="ana", events=choose(story.history, "ana", 1)))


def test_a_near_miss_that_was_taken_back_is_announced_nowhere():
    policy = Policy(platforms=("console",))
    gone = e.StatusChanged(at=NOW, old=Status.RESOLVED, new=Status.CANCELLED)
    near = Incident(7, NOW, kind=Kind.NEARMISS, status=Status.CANCELLED)
    told = replace(near, rooms={"console": Room("", announcement="m1")})
    drill = replace(near, kind=Kind.DRILL)
    announced = [[x for x in plan(i, gone, policy) if isinstance(x, f.Announce)] for i in (near, told, drill)]
    assert announced == [[], [f.Announce("console")], [f.Announce("console")]]


EARLY = datetime(2026, 11, 5, 5, 38, tzinfo=UTC)
SAID_WHEN = [
    ("note x at=23:05", "Note on the timeline, 04 Nov 23:05: x"),
    ("note x at=06:05", "Note on the timeline, 06:05: x"),
    ("note x", "Note on the timeline, 06:38: x"),
    ("update x next=20h", "the next one is due by 06 Nov 02:38"),
    ("update x next=30m", "the next one is due by 07:08"),
    ("resolve", "INC-7 · Resolved · "),
    ("resolve at=-5m", "INC-7 · Resolved at 06:33 · "),
    ("resolve drained at=23:05", "INC-7 · Resolved at 04 Nov 23:05: drained · "),
]


@pytest.mark.parametrize(("line", "shown"), SAID_WHEN)
def test_a_day_that_is_not_today_is_shown(line, shown, story):
    minutes = (EARLY - NOW).total_seconds() / 60
    command = parse(line, replace(ROOM, at=EARLY, zone=ZONE)).command
    assert shown in story.do(command, minutes=minutes, now=EARLY)


@pytest.mark.parametrize(
    ("ago", "question"),
    [
        (timedelta(hours=5), "resolved (09:30) lies before declared (14:30). Is that right?"),
        (timedelta(days=1), "resolved (03 Nov 14:30) lies before declared (04 Nov 14:30). Is that right?"),
        (timedelta(0), ""),
    ],
)
def test_an_end_before_the_beginning_is_asked_about(ago, question, story):
    assert (
        (question in story.do(c.Resolve(when=NOW - ago))) if question else ("right?" not in story.document.to_plain())
    )
    if question:
        story.type("moment impact start at=2026-11-04T14:00")
        assert story.document.to_plain().count("Is that right?") == 1


def test_a_write_up_ends_before_it_is_told():
    story = Story(c.Open(title="x", kind=Kind.RETRO, status=Status.RESOLVED))
    assert "right?" not in story.do(c.SetMoment(moment=Moment.RESOLVED, value=NOW - timedelta(hours=5)))


ONE = "It pages again only after it clears and fires anew. Not over? INC-7 reopen"
THEY = "They page again only after they clear and fire anew. Not over? INC-7 reopen"
STILL = [
    (1, ["OSDDown"], f"1 alert still fires (OSDDown). {ONE}"),
    (3, ["OSDDown", "Slow"], f"3 alerts still fire (OSDDown and Slow). {THEY}"),
    (9, ["a", "b", "c", "d"], f"9 alerts still fire (a, b, c and more). {THEY}"),
    (2, [], f"2 alerts still fire. {THEY}"),
    (0, [], ""),
]


@pytest.mark.parametrize("line", ["resolve", "close", "status resolved"])
@pytest.mark.parametrize(("count", "names", "said"), STILL)
def test_who_ends_it_is_told_what_still_fires(line, count, names, said):
    story = Story(c.Open(title="x", fired_count=count))
    if line == "close":
        story.type("resolve")
    answer = story.type(line, firing=names)
    assert (said in answer) if said else ("still fire" not in answer)


def test_who_can_be_woken_is_shown_and_whether_somebody_has_it(story):
    def paging(story):
        return (
            standing.paging_document(story.incident, (), people=PEOPLE, zone=ZONE, now=NOW).to_plain().splitlines()[0]
        )

    assert paging(Story(c.Open(title="x"))) == "Nobody has been paged for INC-7 yet."
    story.type("ack")
    assert paging(story) == "Ana Ruiz and Ben Okoro were paged at 14:30; Ana Ruiz has it."
    alone = Story(c.Open(title="x", rung=replace(RUNG, people=("ana",))))
    alone.type("ack")
    assert paging(alone) == "Ana Ruiz was paged at 14:30 and has it."
    alone.type("resolve")
    assert paging(alone) == "Ana Ruiz was paged at 14:30; Ana Ruiz had it."
    unanswered = Story()
    unanswered.type("resolve")
    assert paging(unanswered) == "Ana Ruiz and Ben Okoro were paged at 14:30; nobody answered."


def test_undoing_a_close_says_only_where_that_leads(story):
    story.type("resolve")
    story.type("close")
    text = story.do(c.Undo(by="ana", events=choose(story.history, "ana", None)))
    assert text == "INC-7 · Taken back: it is resolved again"


def test_undoing_an_event_that_is_none_says_so(story):
    with pytest.raises(Refused, match="e99 is nothing that could be undone"):
        story.do(c.Undo(by="ana", event=99))


def test_who_was_asked_is_not_asked_twice(story):
    text = story.do(c.Page(target="policy:platform", rung=RUNG))
    assert text == "Ana Ruiz and Ben Okoro were paged at 14:30, nobody has answered yet. INC-7 ack stops the paging."


def test_after_an_acknowledgement_somebody_should_lead(story):
    assert "Nobody leads yet: INC-7 take lead." in story.type("ack")
    led = Story()
    led.type("take lead")
    assert "Nobody leads" not in led.type("ack")


LEADING = [
    ("a page waits", None, "take lead", "Paging goes on; INC-7 ack stops it."),
    ("a page waits", None, "role lead @me", "Paging goes on; INC-7 ack stops it."),
    ("nobody comes after", replace(RUNG, last=True), "take lead", "Nobody has acknowledged the page yet: INC-7 ack"),
    ("it is another role", None, "take comms", ""),
    ("the role is given up", None, "role lead none", ""),
]


@pytest.mark.parametrize(("rung", "line", "advice"), [row[1:] for row in LEADING], ids=[row[0] for row in LEADING])
def test_who_takes_the_lead_is_told_that_the_paging_goes_on(rung, line, advice):
    story = Story(c.Open(title="x", rung=rung or RUNG))
    if line == "role lead none":
        story.type("take lead")
    assert (advice in story.type(line)) if advice else ("Paging" not in story.type(line))
    story.type("role lead @ben")
    story.type("ack")
    assert "aging goes on" not in story.type("take lead")


EARLIER = "It is your last line here. For an earlier one: undo e12, with the number that timeline shows."


def test_an_acknowledgement_cannot_be_taken_back_and_what_helps_is_said(story):
    story.type("ack")
    with pytest.raises(Refused) as caught:
        story.do(c.Undo(by="ana", events=choose(story.history, "ana", None)))
    assert refused(caught.value).to_plain().splitlines() == [
        "An acknowledgement cannot be taken back.",
        f"To wake somebody: INC-7 page @NAME {EARLIER}",
    ]


def test_a_worse_severity_that_woke_nobody_says_so():
    quiet = Story(c.Open(title="x", severity=Severity.SEV4))
    assert "Nobody has been paged yet: INC-7 page shows whom you can wake." in quiet.type("sev 1")
    assert "paged" not in quiet.type("sev 4")


def test_a_review_that_was_due_does_not_go_without_a_word():
    story = Story(c.Open(title="x", severity=Severity.SEV1))
    gone = "The review that was due is not any more: INC-7 status review begins one all the same."
    # While it is open none is due yet.
    assert gone not in story.type("sev 3")
    story.type("sev 2")
    story.type("resolve")
    assert "review" not in story.type("sev 1")
    assert gone in story.type("sev 3")
    assert "review" not in story.type("sev 4")
    near = Story(c.Open(title="x", kind=Kind.NEARMISS, status=Status.RESOLVED, severity=Severity.SEV2))
    assert "review" not in near.type("sev 3")


def test_a_preview_is_shown_as_customers_will_read_it(story):
    text = story.type("publish investigating We look at hv-17. comp=volumes:degraded")
    assert "Preview only: customers have not read this" in text
    assert "Disruption of Volumes · investigating\n> We look at [host].\n- volumes: degraded performance" in text
    assert "Taken out for customers: hv-17. Names of services, regions and alerts stay." in text
    assert "INC-7 publish approve posts it, INC-7 publish discard throws it away." in text
    text = story.type("publish approve")
    assert text.splitlines() == [
        "INC-7 · Approved. Customers read it in a moment: We look at [host].",
        "INC-7 publish shows its address as soon as it is posted.",
        "To correct it: INC-7 publish investigating TEXT; it is shown above the old words.",
    ]
    with pytest.raises(Refused) as caught:
        story.do(c.Undo(by="ana", events=choose(story.history, "ana", None)))
    assert refused(caught.value).to_plain().splitlines() == [
        "No undo, because customers have read it.",
        f"To correct it: INC-7 publish investigating TEXT; it is shown above the old words. {EARLIER}",
    ]


def test_resolving_reminds_of_a_status_page_that_is_still_red(story):
    story.type("publish investigating We look. comp=volumes:degraded")
    story.type("publish approve")
    assert story.type("resolve", components={"volumes": "Volumes (AZ 1)"}).splitlines() == [
        "INC-7 · Resolved · nobody else is paged · undo: INC-7 undo",
        "The status page still shows Volumes (AZ 1) degraded: INC-7 publish resolved TEXT."
        " What is to be done later: INC-7 followup TEXT. Then INC-7 close.",
    ]


def test_resolving_reminds_of_what_customers_still_read_and_of_open_tasks(story):
    story.type("publish monitoring Better now. title=Slow")
    story.type("publish approve")
    for line in ("task one", "task two", "task three", "task done 3"):
        story.type(line)
    text = story.type("resolve")
    assert (
        "\nCustomers still read “monitoring”: INC-7 publish resolved TEXT. 2 tasks are still open: INC-7 task." in text
    )


def test_closing_under_a_page_that_shows_trouble_is_refused_with_the_names_customers_know(story):
    story.type("publish investigating We look. comp=volumes:degraded,compute-az1:major")
    story.type("publish approve")
    story.type("resolve")
    with pytest.raises(StillDisturbed) as caught:
        story.type("close")
    assert refused(caught.value, {"volumes": "Volumes (AZ 1)"}).to_plain().splitlines() == [
        "The status page still shows compute-az1 in major outage and Volumes (AZ 1) degraded.",
        "INC-7 publish resolved TEXT, then INC-7 publish approve; or INC-7 close reason=WHY if the page is right as it is.",
    ]
    assert story.type("close reason=it stays so").startswith("INC-7 · Closed: it stays so; the draft of")


UNDONE = [
    ("sev 1", "it is sev2 again"),
    ("status identified", "it is investigating again"),
    ("rename Volumes", "its title is again: Volumes slow"),
    ("role lead @ben", "nobody is lead again"),
    ("note x", "line e5 is off the timeline"),
    ("task drop 1", "task 1 is open again"),
    ("task check", "task 2 is gone"),
    ("followup Alert on it", "follow-up 1 is gone"),
    ("moment detected 14:05", "“It was noticed” has no time again"),
    ("impact slow", "the impact is not described any more"),
    ("update x", "line e5 is off the timeline, there is no update any more"),
    ("publish investigating x title=y", "the preview for customers is gone"),
    ("pm assign @ben", "the postmortem has no owner"),
    ("resolve", "it is investigating again"),
]


@pytest.mark.parametrize(("line", "words"), UNDONE, ids=[line for line, _ in UNDONE])
def test_undo_says_how_it_is_again(story, line, words):
    story.type("task first")
    story.type("ack")
    story.type(line)
    text = story.do(c.Undo(by="ana", events=choose(story.history, "ana", None)))
    assert text == f"INC-7 · Taken back: {words}"


GIVEN_BACK = [
    (["task check", "task 1 @ben"], "task 1 is nobody's again"),
    (["task @ana check", "task done 1", "task 1 @ben"], "task 1 is done again and Ana Ruiz's"),
    (["task check", "task done 1", "task reopen 1"], "task 1 is done again"),
    (["task check", "task drop 1", "task reopen 1"], "task 1 is gone"),
    (["followup Alert on it", "followup done 1", "followup reopen 1"], "follow-up 1 is done again"),
    (["followup @ana Alert on it", "followup 1 @ben"], "follow-up 1 is Ana Ruiz's again"),
    (["followup Alert on it", "followup 1 @ben"], "follow-up 1 is nobody's again"),
    (
        ["followup @ana Alert on it", "followup wontdo 1 reason=too late", "followup 1 @ben"],
        "follow-up 1 is decided against again and Ana Ruiz's: too late",
    ),
    (
        ["followup Alert on it", "followup wontdo 1 reason=too late", "followup reopen 1"],
        "follow-up 1 is decided against again: too late",
    ),
    (
        ["publish investigating We look. title=y", "publish discard"],
        "the preview waits for approval again (investigating): We look.",
    ),
    (
        ["publish investigating We look. title=y", "publish identified We know. title=y"],
        "the preview waits for approval again (investigating): We look.",
    ),
    (["resolve", "reopen"], "it is resolved again, since 2026-11-04 14:30 CET"),
    (["resolve", "close", "reopen"], "it is closed again; it was resolved at 2026-11-04 14:30 CET"),
]


@pytest.mark.parametrize(("lines", "words"), GIVEN_BACK, ids=[lines[-1] for lines, _ in GIVEN_BACK])
def test_undo_names_what_is_given_back(story, lines, words):
    story.type("ack")
    for typed in lines:
        story.type(typed)
    text = story.do(c.Undo(by="ana", events=choose(story.history, "ana", None)))
    assert text.splitlines()[0] == f"INC-7 · Taken back: {words}"


def test_closing_says_where_the_draft_will_lie(story):
    story.type("resolve")
    text = story.type("close", publishers=("git", "wiki"))
    assert text == (
        "INC-7 · Closed; the draft of the postmortem is being written to git and wiki: INC-7 pm shows it"
        " · undo: INC-7 undo"
    )
    alone = Story()
    alone.type("resolve")
    assert "klatsch export INC-7 --format md" in alone.type("close")
    placed = Story()
    placed.do(c.RecordPostmortem(place="drafts/INC-7.md"))
    assert placed.type("pm draft", publishers=("drafts",)) == (
        "INC-7 · A newer draft of the postmortem is being written to drafts; what somebody edited stays as it is: "
        "INC-7 pm shows what lies where"
    )


def test_the_edited_text_is_the_postmortem_and_a_newer_draft_lies_beside_it(story):
    def shown():
        pinned = card(story.incident, people=PEOPLE, zone=ZONE, now=NOW, templates=Templates()).to_plain()
        return standing.postmortem_document(story.incident, people=PEOPLE).to_plain().splitlines()[1:], pinned

    story.do(c.RecordPostmortem(place="drafts/INC-7.md"))
    assert shown()[0] == ["Draft: drafts/INC-7.md"]
    story.do(c.RecordPostmortem(place="drafts/INC-7.draft-2.md", edited="drafts/INC-7.md"))
    # What another publisher keeps as well changes nothing.
    story.do(c.RecordPostmortem(place="archive/INC-7.md", copy=True))
    lines, pinned = shown()
    assert lines == ["Postmortem: drafts/INC-7.md (edited)", "Newer draft: drafts/INC-7.draft-2.md"]
    assert "Postmortem: drafts/INC-7.md\nNewer draft: drafts/INC-7.draft-2.md\n" in pinned
    story.do(c.RecordPostmortem(place="drafts/INC-7.md"))
    assert shown()[0] == ["Draft: drafts/INC-7.md"]
    alone = Story()
    alone.do(c.RecordPostmortem(place="archive/INC-7.md", copy=True))
    assert alone.incident.postmortem.place == "archive/INC-7.md"


FOLLOWUPS = [
    ("followup Improve monitoring", ["How will you know", "owner=@NAME and due=14d"]),
    ("followup Alert when OSDs are slow owner=@ana due=14d", []),
    ("followup Alert when OSDs are slow owner=@ana", ["It has no due=14d yet"]),
    (
        "followup Alert when OSDs are slow due=14d",
        ["It has no owner yet: INC-7 followup 1 @NAME gives it to somebody."],
    ),
    ("followup disks owner=@ana due=14d", ["How will you know"]),
]


@pytest.mark.parametrize(("line", "words"), FOLLOWUPS, ids=[line for line, _ in FOLLOWUPS])
def test_a_follow_up_is_asked_to_be_one_that_can_be_finished_once_there_is_time_for_that(story, line, words):
    assert "How will you know" not in Story().type(line)
    story.type("resolve")
    text = story.type(line)
    assert all(word in text for word in words)
    if not words:
        assert len(text.splitlines()) == 1


def test_a_follow_up_is_given_to_somebody_else_and_the_answer_says_so(story):
    story.type("followup Alert when OSDs are slow owner=@ana due=14d")
    assert story.type("followup 1 owner=@ben") == "INC-7 · Follow-up 1 is open for Ben Okoro · undo: INC-7 undo"
    shown = standing.followups_document(story.incident, people=PEOPLE, now=NOW).to_plain()
    assert "Alert when OSDs are slow (Ben Okoro)" in shown
    assert "followup N @NAME gives it to somebody." in shown
    assert story.type("followup done 1") == "INC-7 · Follow-up 1 is done · undo: INC-7 undo"


def test_timestamps_out_of_order_are_asked_about(story):
    story.type("moment mitigated 14:10")
    text = story.type("moment impact_start 14:20")
    assert "mitigated (14:10) lies before impact start (14:20). Is that right?" in text


def test_a_refusal_is_a_reason_and_a_hint():
    document = refused(Refused("I do not know `statsu`.", "Did you mean `status`?"))
    assert document.tone == "refused"
    assert document.to_plain() == "I do not know statsu.\nDid you mean status?"
    assert document.summary == "I do not know `statsu`. Did you mean `status`?"


@given(st.text(st.characters(exclude_characters="`")))
def test_a_refusal_repeats_any_word_literally(word):
    shown = refused(Refused(f"No {word}")).to_plain()
    assert shown.split() == clean(f"No {word}").split()


def test_a_list_is_one_line_an_incident():
    incident = Incident(7, NOW - timedelta(hours=2), title="Volumes slow", roles={Role.LEAD: "ana"})
    document = answers.list_document([incident], people=PEOPLE, zone=ZONE, now=NOW)
    assert document.to_plain() == (
        "1 incident (open)\n- 🟠 INC-7 · SEV2 · investigating · Volumes slow, since 04 Nov 12:30 (2 h), lead Ana Ruiz"
    )
    many = answers.list_document([incident] * 30, people=PEOPLE, zone=ZONE, now=NOW, which="all")
    assert "and 5 more" in many.to_plain()


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("open", "No incident is open.\nlist all shows the past ones."),
        ("review", "No incident is in review."),
        ("triage", "No incident is in triage."),
        ("sev1", "No incident is sev1."),
        ("closed", "No incident is closed."),
        ("drill", "No incident is a drill."),
        ("all", "There is no incident yet."),
    ],
)
def test_a_list_of_nothing_says_so(which, words):
    assert answers.list_document([], people={}, zone=ZONE, now=NOW, which=which).to_plain() == words


def test_a_timeline_names_each_event_and_shows_the_date_where_it_changes(story):
    story.do(c.Note(mark=Mark.NOTE, text="before", when=NOW - timedelta(days=1)))
    document = answers.timeline_document(story.incident, story.history, people=PEOPLE, zone=ZONE)
    assert document.to_plain().splitlines()[1:] == [
        "- e3 2026-11-03 14:30 before",
        "- e1 2026-11-04 14:30 Incident opened as sev2: Volumes slow",
        "- e2 14:30 Paged Ana Ruiz, Ben Okoro (step 1 of platform): opened",
    ]
    short = answers.timeline_document(story.incident, story.history, people=PEOPLE, zone=ZONE, limit=1)
    assert "2 earlier lines are left out" in short.to_plain()


def test_in_a_timeline_and_in_catching_up_what_came_of_a_message_opens_it(story):
    story.do(c.Note(mark=Mark.NOTE, text="rebooted mon2"))
    link = "https://matrix.to/#/%21a%3Ab.org/%24e?via=b.org"
    history = [replace(r, source=Source("reaction", "m1", link)) if r.id == "e3" else r for r in story.history]
    known = {"people": PEOPLE, "zone": ZONE}
    for shown, words in (
        (answers.timeline_document(story.incident, history, **known), "e3"),
        (answers.catchup_document(story.incident, history, now=NOW, **known), "14:30"),
    ):
        rows = [row for block in shown.blocks if isinstance(block, Bullets) for row in block.items]
        assert [part for row in rows for part in row if isinstance(part, Link)] == [Link(words, link, quiet=True)]
        assert f"- {words} " in shown.to_plain()
        assert link not in shown.to_plain()


def test_every_time_in_a_timeline_is_in_the_zone_its_heading_names(story):
    story.do(c.SetMoment(moment=Moment.DETECTED, value=NOW - timedelta(minutes=8)))
    story.do(c.PostUpdate(text="We look", next_in=timedelta(minutes=30)))
    lines = answers.timeline_document(story.incident, story.history, people=PEOPLE, zone=ZONE).to_plain()
    assert "(times: Europe/Berlin)" in lines
    assert "It was noticed at 2026-11-04 14:22 CET" in lines
    assert "Update: We look (next update by 15:00 CET)" in lines
    assert "UTC" not in lines
    due = e.UpdateWasDue(at=NOW, promised=NOW)
    assert sentence(due, str, ZoneInfo(ZONE)) == "The update promised for 14:30 CET has not come"
    assert sentence(due, str) == "The update promised for 13:30 UTC has not come"


def test_catching_up_tells_state_impact_people_and_what_was_tried(story):
    for line in (
        "take lead",
        "impact Writes take 20 s",
        "hypothesis the kernel",
        "note rebooted mon2",
        "decide drain it",
        "task @ben check",
        "update Rolling back next=30m",
    ):
        story.type(line)
    text = answers.catchup_document(
        story.incident, story.history, people=PEOPLE, zone=ZONE, now=NOW + timedelta(minutes=45)
    ).to_plain()
    for words in (
        "State: investigating since 04 Nov 14:30 CET",
        "Began: 04 Nov 14:30 CET, 45 min ago",
        "Impact: Writes take 20 s",
        "Who: lead Ana Ruiz",
        "Paged: Ana Ruiz and Ben Okoro at 14:30; nobody has answered yet; the next one is paged at 14:35",
        "Last update: Rolling back",
        "Next update: by 15:00, overdue",
        "Customers: have not been told yet",
        "Decided\n- 14:30 drain it",
        "Suspected\n- 14:30 the kernel",
        "Tried and seen\n- 14:30 rebooted mon2",
        "Open tasks\n- 1: check (Ben Okoro)",
    ):
        assert words in text


def caught_up(story, *, minutes=0, **more):
    now = NOW + timedelta(minutes=minutes)
    return answers.catchup_document(story.incident, story.history, people=PEOPLE, zone=ZONE, now=now, **more).to_plain()


def test_catching_up_tells_since_when_it_is_in_its_state_and_since_when_the_incident_is(story):
    story.type("moment impact_start 2026-11-04T13:40")
    story.type("status identified", minutes=10)
    lines = caught_up(story, minutes=30).splitlines()
    assert lines[1:3] == ["State: identified since 04 Nov 14:40 CET", "Began: 04 Nov 13:40 CET, 1 h 20 min ago"]
    story.type("resolve", minutes=35)
    lines = caught_up(story, minutes=90).splitlines()
    assert lines[1:3] == [
        "State: resolved since 04 Nov 15:05 CET",
        "Began: 04 Nov 13:40 CET, until 04 Nov 15:05 (1 h 25 min)",
    ]
    story.do(c.SetMoment(moment=Moment.IMPACT_END, value=NOW), minutes=36)
    assert "Began: 04 Nov 13:40 CET, until 04 Nov 14:30 (50 min)" in caught_up(story, minutes=90)


def test_catching_up_on_a_write_up_tells_of_then_and_not_of_now():
    retro = Story(parse("retro DNS outage start=09:00 end=09:20", replace(ROOM, zone=ZONE)).command)
    lines = caught_up(retro, minutes=3).splitlines()
    assert lines[1:3] == [
        "State: resolved since 04 Nov 09:20 CET",
        "Began: 04 Nov 09:00 CET, until 04 Nov 09:20 (20 min)",
    ]


def test_catching_up_names_who_is_paged_next(story):
    assert "nobody has answered yet; Cleo Weiß is paged at 14:35" in caught_up(story, then=("cleo",))
    assert "nobody has answered yet; Ana Ruiz and Ben Okoro are paged again at 14:35" in caught_up(
        story, then=("ana", "ben")
    )
    story.type("ack")
    assert "Paged: Ana Ruiz and Ben Okoro at 14:30; Ana Ruiz has it\n" in caught_up(story, then=("cleo",))


def test_a_list_tells_of_what_is_over_when_it_ended_and_when_it_began(story):
    story.type("moment impact_start 2026-11-04T13:40")
    story.type("resolve", minutes=35)
    document = answers.list_document([story.incident], people=PEOPLE, zone=ZONE, now=NOW, which="all")
    assert document.to_plain().splitlines()[1:] == [
        "- 🟢 INC-7 · SEV2 · resolved 04 Nov 15:05 · Volumes slow, began 04 Nov 13:40"
    ]
    old = replace(story.incident, status_since=None)
    document = answers.list_document([old], people=PEOPLE, zone=ZONE, now=NOW, which="all")
    assert "· resolved · Volumes slow, began 04 Nov 13:40" in document.to_plain()


def test_catching_up_calls_components_what_customers_call_them(story):
    for line in ("impact slow comp=volumes", "publish investigating We look. comp=volumes:degraded", "publish approve"):
        story.type(line)
    names = {"volumes": "Volumes (AZ 1)"}
    text = answers.catchup_document(
        story.incident, story.history, people=PEOPLE, zone=ZONE, now=NOW, components=names
    ).to_plain()
    assert "Impact: slow; Volumes (AZ 1)" in text
    assert "Customers: read “Disruption of Volumes” (investigating); the page shows Volumes (AZ 1) degraded" in text
    told = answers.timeline_document(
        story.incident, story.history, people=PEOPLE, zone=ZONE, components=names
    ).to_plain()
    assert "Impact: slow; Volumes (AZ 1)" in told


PAGED = [
    ("policy:platform", 1, "Paged Ana Ruiz (step 2 of platform)"),
    ("platform", 0, "Paged Ana Ruiz (step 1 of platform)"),
    ("schedule:network", 0, "Paged Ana Ruiz (on call in network)"),
    ("person:ana", 0, "Paged Ana Ruiz"),
]


@pytest.mark.parametrize(("ladder", "step", "words"), PAGED, ids=[row[0] for row in PAGED])
def test_a_page_says_which_step_of_a_policy_it_was_and_nothing_of_the_kind_for_a_person(ladder, step, words):
    event = e.PeoplePaged(at=NOW, ladder=ladder, step=step, round=0, people=("ana",), next_at=None)
    assert sentence(event, {"ana": "Ana Ruiz"}.__getitem__) == words


def test_tasks_and_follow_ups_are_listed_with_what_became_of_them(story):
    for line in ("task one thing", "task @ben two things", "task three", "task done 1", "task drop 3"):
        story.type(line)
    text = standing.tasks_document(story.incident, people=PEOPLE).to_plain()
    assert text.startswith("Tasks of INC-7\n- 1: one thing [done]\n- 2: two things (Ben Okoro)\ntask done N")
    story.type("followup Alert on it owner=@ana due=2026-11-05")
    story.type("followup Buy disks")
    story.type("followup wontdo 2 reason=too late")
    text = standing.followups_document(story.incident, people=PEOPLE, now=NOW + timedelta(days=9)).to_plain()
    assert "- 1: Alert on it (Ana Ruiz) [overdue since 2026-11-05]\n- 2: Buy disks [wontdo: too late]" in text
    empty = Story().incident
    assert "has no tasks" in standing.tasks_document(empty, people={}).to_plain()
    assert "has no follow-ups" in standing.followups_document(empty, people={}, now=NOW).to_plain()


def test_who_is_on_call_until_when_and_who_is_next():
    rows = [
        rostered.OnCall("platform", "Europe/Berlin", ("ana",), NOW, ("ben",)),
        rostered.OnCall("storage", "Asia/Tokyo", ()),
    ]
    assert rostered.oncall_document(rows, people=PEOPLE).to_plain() == (
        "On call\n- platform: Ana Ruiz until Wed 04 Nov 14:30 CET, then Ben Okoro\n- storage: nobody"
    )
    assert "There is no schedule" in rostered.oncall_document([], people={}).to_plain()


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        (("ana", "ben"), "On call\n- platform: Ana Ruiz until Mon 09 Nov 09:00 UTC, then Ben Okoro"),
        # Nobody hands over, so there is no end that one could name.
        (("ana",), "On call\n- platform: Ana Ruiz"),
        ((), "On call\n- platform: nobody"),
    ],
)
def test_who_is_on_call_for_good_has_no_end(turns, said):
    rotation = Rotation(turns, timedelta(weeks=1), datetime.fromisoformat("2026-11-02T09:00"))
    roster = Roster({"platform": Schedule("platform", ZoneInfo("UTC"), rotation)})
    found = rostered.on_call(roster, {}, NOW, PEOPLE)
    assert found.to_plain() == said


def test_similar_incidents_come_with_the_reason():
    rows = [(Incident(3, NOW, status=Status.CLOSED, title="Slow disks"), "same service, 3 words")]
    text = answers.similar_document(rows, zone=ZONE, about="INC-7").to_plain()
    assert text == "Like INC-7\n- INC-3 2026-11-04 · closed · Slow disks: same service, 3 words"
    assert "Nothing like INC-7" in answers.similar_document([], zone=ZONE, about="INC-7").to_plain()


def test_the_bare_verbs_show_how_things_stand(story):
    incident = story.incident
    assert "Lead: nobody" in standing.roles_document(incident, people=PEOPLE).to_plain()
    paged = standing.paging_document(
        incident, ("policy:platform",), people=PEOPLE, zone=ZONE, now=NOW, ways=lambda person: (Way("ntfy"),)
    ).to_plain()
    assert paged == (
        "Ana Ruiz and Ben Okoro were paged at 14:30; nobody has answered yet; the next one is paged at 14:35, in 5 min.\n"
        "- Ana Ruiz at 14:30: ntfy\n- Ben Okoro at 14:30: ntfy\n"
        "To wake somebody: INC-7 page policy:platform, INC-7 page @NAME"
    )
    assert "no postmortem yet" in standing.postmortem_document(incident, people=PEOPLE).to_plain()
    assert "INC-7: customers have not been told yet." in standing.public_document(incident, components={}).to_plain()
    red = replace(
        incident,
        public_status=PublicStatus.IDENTIFIED,
        public_title="Slow",
        components={"volumes": ComponentState.DEGRADED},
    )
    shown = standing.public_document(red, components={"volumes": "Volumes (AZ 1)"}).to_plain()
    assert "INC-7: customers read “Slow” (identified); the page shows Volumes (AZ 1) degraded." in shown
    story.type("publish investigating We look. title=Slow")
    assert "> We look." in standing.public_document(story.incident, components={}).to_plain()
    story.type("pm draft")
    assert (
        "Owner: nobody yet: INC-7 pm assign @NAME\nDraft: klatsch export INC-7 --format md prints it"
        in standing.postmortem_document(story.incident, people=PEOPLE).to_plain()
    )


def test_moments_are_shown_in_local_time(story):
    story.type("moment mitigated 14:10")
    assert story.incident.moments[Moment.MITIGATED].at == NOW - timedelta(minutes=20)


@pytest.mark.parametrize("line", [line for line, _ in COMMANDS])
def test_every_line_is_answered(line):
    story = Story()
    answer = parse(line, ROOM)
    if isinstance(answer.command, c.Open):
        story = Story(answer.command)
    elif not isinstance(answer.command, c.Undo):
        try:
            story.do(answer.command)
        except Refused as refusal:
            story.document = refused(refusal)
    assert story.document.summary
    assert story.document.to_plain()


@pytest.mark.parametrize(
    ("lines", "again"),
    [
        (["task @ben check quorum", "task 1 @ana"], "task 1 is Ben Okoro's again"),
        (["task check quorum", "task 1 @ana"], "task 1 is nobody's again"),
        (["task check quorum", "task done 1", "task drop 1"], "task 1 is done again"),
        (["followup Alert on skew", "followup done 1", "followup wontdo 1 reason=no"], "follow-up 1 is done again"),
        (["followup Alert on skew", "followup done 1"], "follow-up 1 is open again"),
    ],
)
def test_undo_of_a_change_says_what_it_was_before(lines, again):
    story = Story()
    for line in lines:
        story.type(line)
    undoing = c.Undo(by="ana", events=choose(story.history, "ana", None))
    assert story.do(undoing).startswith(f"INC-7 · Taken back: {again}")


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.REAL])
def test_who_asks_whom_to_wake_for_what_wakes_nobody_is_offered_nothing_that_is_refused(kind):
    incident = Incident(7, NOW, kind=kind)
    shown = standing.paging_document(incident, ("policy:platform",), people=PEOPLE, zone=ZONE, now=NOW).to_plain()
    assert shown == "Nobody is paged for INC-7: only a real incident wakes people. Say it in the room instead."
    with pytest.raises(Refused):
        decide(incident, c.Page(target="policy:platform", rung=RUNG), id=7, at=NOW)


LINES_OF_AN_EXERCISE = (
    "ack",
    "undo e2",
    "sev 1",
    "publish approve",
    "resolve",
    "reopen",
    "close",
    "pm draft",
    "undo e1",
)


@pytest.mark.parametrize("opening", ["open drill Rack loss", "open drill sev1 Rack loss", "nearmiss Wrong rack"])
def test_of_a_drill_no_answer_offers_to_page_or_to_publish(opening):
    story = Story(parse(opening, ROOM).command)
    said = [story.document.to_plain()]
    for typed in LINES_OF_AN_EXERCISE:
        try:
            command = parse(typed, ROOM).command
            if isinstance(command, c.Undo):
                command = replace(command, events=choose(story.history, "ana", command.event))
            said.append(story.do(command))
        except Refused as refusal:
            said.append(refused(refusal, {"volumes": "Volumes"}).to_plain())
    incident = replace(story.incident, status=Status.INVESTIGATING)
    said.append(standing.public_document(incident, components={"volumes": "Volumes"}).to_plain())
    said.append(card(incident, people=PEOPLE, zone=ZONE, now=NOW, templates=Templates()).to_plain())
    said.append(answers.catchup_document(incident, story.history, people=PEOPLE, zone=ZONE, now=NOW).to_plain())
    offered = [text for text in said if "INC-7 page" in text or "publish " in text or "to approve" in text]
    assert offered == []
    named = "near miss" if incident.kind is Kind.NEARMISS else "drill"
    assert said[-3] == f"A {named} never goes on the status page."
    assert f"Customers: read nothing of a {named}" in said[-1]


@pytest.mark.parametrize("kind", Kind)
def test_the_help_of_close_says_what_it_drafts(kind):
    open_ = Incident(7, NOW, kind=kind, status=Status.RESOLVED)
    drafted = any(isinstance(event, e.PostmortemDrafted) for event in decide(open_, c.Close(), id=7, at=NOW))
    assert drafted is (kind not in (Kind.NEARMISS, Kind.MAINTENANCE))
    assert "Of a near miss and of maintenance `pm draft` makes one." in find("close").help
    assert decide(open_, c.DraftPostmortem(), id=7, at=NOW)


@pytest.mark.parametrize(
    ("untold", "words"),
    [
        ("", "Elsewhere in chat there is no INC-7, not for you either."),
        ("INC-7 has no room", "Nobody in chat finds it, for INC-7 has no room: only klatsch say reaches it."),
    ],
)
def test_who_opens_a_private_one_learns_where_it_is_found_again(untold, words):
    assert words in Story(c.Open(title="x", private=True), untold=untold).document.to_plain()
