"""What rooms show of an incident."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.card import alerts, announcement, card, digest, proposal, room_name, topic, who
from bot.chat.document import Buttons, Document, Mention
from bot.chat.parse import parse
from bot.chat.templates import Templates
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import (
    Incident,
    Kind,
    Mark,
    Moment,
    PagedAt,
    Paging,
    Person,
    PublicPost,
    PublicStatus,
    Role,
    Severity,
    Source,
    Stamp,
    Status,
    Task,
    Window,
)
from bot.incident.policy import Way
from tests.builders import Story, step
from tests.unit.test_parse import ELSEWHERE

NOW = datetime(2026, 11, 4, 13, 30, tzinfo=UTC)
ZONE = "Europe/Berlin"
PEOPLE = {"ana": Person("ana", "Ana Ruiz", handles={"slack": "U0ANA"}), "ben": Person("ben", "Ben Okoro")}
TEMPLATES = Templates()
CALM = Incident(7, NOW, title="Volumes slow in az2", moments={Moment.DECLARED: Stamp(NOW, "command")})
WAITING = Paging("policy:platform", 0, 0, ("ana", "ben"), NOW, NOW + timedelta(minutes=5))


def ways(person):
    """Everybody is pushed and then mailed; the service is told; nobody knows how to reach Cleo."""
    return {"cleo": (), "pager:rota": (Way("rota"),)}.get(person, (Way("ntfy"), Way("email", timedelta(minutes=2))))


def shown(incident, now=NOW, **more):
    given = {"ways": ways, **more}
    return card(incident, people=PEOPLE, zone=ZONE, now=now, templates=TEMPLATES, **given)


def lines(incident, now=NOW):
    buttons = [block for block in shown(incident, now).blocks if isinstance(block, Buttons)]
    return [button.line for block in buttons for button in block.buttons]


def announced(incident, link=""):
    return announcement(incident, people=PEOPLE, templates=TEMPLATES, link=link)


def test_a_card_says_what_somebody_needs_at_three_in_the_morning():
    incident = replace(
        CALM,
        severity=Severity.SEV1,
        roles={Role.LEAD: "ana", Role.COMMS: "slack:U9"},
        moments={**CALM.moments, Moment.IMPACT_START: Stamp(NOW - timedelta(minutes=40), "alert")},
        alerts_firing=2,
        alerts_total=5,
        paging=WAITING,
        impact="Writes take 20 s",
        plane="data",
        affected=("volumes",),
        summary="Rolling back",
        promise=NOW + timedelta(minutes=30),
        public_status=PublicStatus.INVESTIGATING,
        public_title="Slow volumes",
        tasks=(Task(1, "check the quorum", "ben"), Task(2, "old", done=True), Task(3, "call them")),
    )
    assert shown(incident).to_plain().splitlines()[:16] == [
        "🔴 INC-7 · SEV1 · Volumes slow in az2",
        "Status: investigating",
        "Since: 04 Nov 13:50 CET",
        "Lead: Ana Ruiz",
        "Comms: U9 (slack)",
        "Alerts: 2 of 5 firing",
        "Paging: nobody has answered yet; the next one is paged at 14:35, after 5 min",
        "Paged: Ana Ruiz at 14:30: ntfy and email; Ben Okoro at 14:30: ntfy and email",
        "Impact: Writes take 20 s; data plane; volumes",
        "Last update: Rolling back",
        "Next update: due by 15:00",
        "Customers: investigating: Slow volumes",
        "Open tasks",
        "- 1: check the quorum (Ben Okoro)",
        "- 3: call them",
        "Acknowledge: `INC-7 ack`",
    ]
    assert shown(incident).tone == "bad"
    assert shown(incident).summary == "INC-7 · SEV1 · investigating · Volumes slow in az2"


PAGINGS = [
    (
        replace(WAITING, acknowledged_by="ben", next_at=None, via="email", answered_at=NOW + timedelta(minutes=3)),
        "Paging: Ben Okoro has it, by email at 14:33\n",
    ),
    (
        replace(WAITING, acknowledged_by="ben", next_at=None, via="command", answered_at=NOW + timedelta(minutes=3)),
        "Paging: Ben Okoro has it, acknowledged at 14:33\n",
    ),
    (
        replace(WAITING, acknowledged_by="rota:Zed", next_at=None, via="rota", answered_at=NOW),
        "Paging: Zed (rota) has it, acknowledged at 14:30\n",
    ),
    # As the release before wrote it.
    (replace(WAITING, acknowledged_by="ben", next_at=None), "Paging: Ben Okoro has it\n"),
    (replace(WAITING, over=True, next_at=None), "Paging: nobody answered\n"),
    (
        replace(WAITING, over=True, exhausted=True, next_at=None),
        "Paging: nobody answered: INC-7 page @NAME wakes somebody\n",
    ),
    (replace(WAITING, next_at=None), "Paging: nobody has answered yet; nobody else is paged\n"),
    (
        replace(WAITING, last=True),
        "Paging: nobody has answered yet; nobody else is paged; everybody is called at 14:35, after 5 min\n",
    ),
    (replace(WAITING, next_at=NOW + timedelta(seconds=5)), "; the next one is paged at 14:30\n"),
]


@pytest.mark.parametrize(("paging", "words"), PAGINGS, ids=[words for _, words in PAGINGS])
def test_the_card_says_how_the_paging_stands(paging, words):
    assert words in shown(replace(CALM, paging=paging)).to_plain()


ONE = replace(WAITING, people=("ana",), asked=("ana",), pages={"ana": PagedAt(NOW, 3)})
LATER = NOW + timedelta(minutes=5)
BOTH = replace(
    ONE,
    people=("ben",),
    asked=("ana", "ben"),
    since=LATER,
    pages={**ONE.pages, "ben": PagedAt(LATER, 9)},
    failed=("ana:ntfy", "ana:email"),
)
PAGED = [
    (ONE, "Ana Ruiz at 14:30: ntfy and email"),
    (replace(ONE, sent={"ana:ntfy": 4}), "Ana Ruiz at 14:30: ntfy sent, then email"),
    (replace(ONE, sent={"ana:ntfy": 2}), "Ana Ruiz at 14:30: ntfy and email"),
    (replace(ONE, sent={"ana:email": 4}, failed=("ana:ntfy",)), "Ana Ruiz at 14:30: ntfy failed, email sent"),
    (replace(ONE, sent={"ana:sms": 4}, acknowledged_by="ana"), "Ana Ruiz at 14:30: sms sent"),
    (replace(ONE, acknowledged_by="ana"), "Ana Ruiz at 14:30: not woken"),
    (BOTH, "Ana Ruiz at 14:30: ntfy failed, email failed; Ben Okoro at 14:35: ntfy and email"),
    (replace(ONE, people=("pager:rota",), asked=(), pages={}), "the service rota at 14:30: on its way"),
    (
        replace(ONE, people=("pager:rota",), asked=(), pages={}, sent={"pager:rota:rota": 4}),
        "the service rota at 14:30: sent",
    ),
    (replace(ONE, people=("cleo",), asked=("cleo",), pages={}), "cleo at 14:30: no way to reach them"),
]


@pytest.mark.parametrize(("paging", "words"), PAGED, ids=[words for _, words in PAGED])
def test_the_card_says_who_was_paged_how_and_what_came_of_it(paging, words):
    assert f"Paged: {words}\n" in shown(replace(CALM, paging=paging)).to_plain()


def test_the_card_shows_the_last_who_were_paged():
    many = tuple(f"p{number}" for number in range(9))
    paging = replace(WAITING, people=many[8:], asked=many, pages={one: PagedAt(NOW, 3) for one in many})
    text = shown(replace(CALM, paging=paging)).to_plain()
    assert "Paged: 3 others; p3 at 14:30: ntfy and email; p4" in text
    assert "p8 at 14:30: ntfy and email\n" in text


def test_who_has_it_is_asked_for_until_somebody_does():
    assert "INC-7 ack" in lines(replace(CALM, paging=replace(WAITING, over=True, exhausted=True)))
    assert "INC-7 ack" not in lines(replace(CALM, paging=replace(WAITING, over=True)))
    assert "INC-7 ack" not in lines(replace(CALM, paging=replace(WAITING, acknowledged_by="ana")))


def test_nobody_is_called_to_what_is_private():
    text = shown(replace(CALM, private=True, paging=replace(WAITING, last=True))).to_plain()
    assert "Paging: nobody has answered yet; nobody else is paged\n" in text


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ((), "the next one is"),
        (("ben",), "Ben Okoro is"),
        (("ana", "ben"), "Ana Ruiz and Ben Okoro are"),
        (("cleo",), "Cleo Weiß is"),
    ],
)
def test_the_card_names_who_is_paged_next_where_that_is_known(then, words):
    waiting = replace(WAITING, people=("cleo",))
    people = {**PEOPLE, "cleo": Person("cleo", "Cleo Weiß")}
    card_ = card(
        replace(CALM, paging=waiting), people=people, zone=ZONE, now=NOW, templates=TEMPLATES, then=then
    ).to_plain()
    again = " again" if then == ("cleo",) else ""
    assert f"Paging: nobody has answered yet; {words} paged{again} at 14:35, after 5 min\n" in card_


def test_the_card_shows_when_the_impact_of_a_write_up_ended():
    began, ended = Stamp(NOW - timedelta(hours=5), "command"), Stamp(NOW - timedelta(hours=4, minutes=40), "command")
    past = replace(
        CALM,
        kind=Kind.RETRO,
        status=Status.RESOLVED,
        moments={**CALM.moments, Moment.IMPACT_START: began, Moment.IMPACT_END: ended},
    )
    assert "Since: 04 Nov 09:30 CET, impact ended 09:50\n" in shown(past).to_plain()
    later = replace(past, moments={**past.moments, Moment.RESOLVED: Stamp(NOW + timedelta(days=1), "command")})
    assert "Since: 04 Nov 09:30 CET, impact ended 09:50, resolved 05 Nov 14:30\n" in shown(later).to_plain()


BUTTONS = [
    ("triage", replace(CALM, status=Status.TRIAGE), ["accept", "decline"]),
    ("nobody leads", CALM, ["take lead", "status monitoring", "resolve"]),
    ("led", replace(CALM, roles={Role.LEAD: "ana"}), ["status monitoring", "resolve"]),
    ("a page waits", replace(CALM, paging=WAITING), ["ack", "take lead", "status monitoring", "resolve"]),
    ("all clear", replace(CALM, alerts_total=3, roles={Role.LEAD: "ana"}), ["status monitoring"]),
    (
        "monitoring and clear",
        replace(CALM, status=Status.MONITORING, alerts_total=3, roles={Role.LEAD: "ana"}),
        ["resolve"],
    ),
    ("resolved", replace(CALM, status=Status.RESOLVED), ["close", "reopen"]),
    ("closed", replace(CALM, status=Status.CLOSED), []),
    (
        "a preview waits",
        replace(CALM, roles={Role.LEAD: "ana"}, draft=PublicPost("t", PublicStatus.IDENTIFIED, "x")),
        ["status monitoring", "resolve", "publish approve", "publish discard"],
    ),
]


@pytest.mark.parametrize(("name", "incident", "expected"), BUTTONS, ids=[name for name, _, _ in BUTTONS])
def test_the_buttons_fit_the_moment(name, incident, expected):
    assert lines(incident) == [f"INC-7 {line}" for line in expected]


def test_a_maintenance_is_resolved_when_its_window_is_over():
    window = Window(NOW, NOW + timedelta(hours=2), (("az", "=", "az1"),))
    incident = replace(CALM, kind=Kind.MAINTENANCE, status=Status.MONITORING, window=window, roles={Role.LEAD: "ana"})
    assert lines(incident) == []
    assert lines(incident, NOW + timedelta(hours=2)) == ["INC-7 resolve"]
    assert "Window: 04 Nov 14:30 to 04 Nov 16:30" in shown(incident).to_plain()


def test_every_button_is_a_line_somebody_could_type_anywhere():
    for _, incident, _ in BUTTONS:
        for line in lines(incident):
            assert parse(line, ELSEWHERE).incident == 7


def test_a_drill_says_that_it_is_one():
    document = shown(replace(CALM, kind=Kind.DRILL))
    assert document.to_plain().startswith("DRILL · an exercise: nobody is paged, nothing is published.\n")
    assert document.summary.startswith("DRILL · INC-7 ")


def test_an_announcement_is_two_lines_with_a_link():
    text = announced(replace(CALM, roles={Role.LEAD: "ana"}), link="https://example.org/room").to_plain()
    assert text == "🟠 INC-7 · SEV2 · investigating: Volumes slow in az2\nLead: Ana Ruiz · Open the room"


def test_an_announcement_mentions_nobody():
    document = announced(replace(CALM, roles={Role.LEAD: "ana"}))
    assert "Lead: Ana Ruiz" in document.to_plain()
    assert not any(isinstance(i, Mention) for block in document.blocks for i in getattr(block, "inlines", ()))


def test_what_is_in_triage_is_accepted_where_it_is_announced():
    document = announced(replace(CALM, status=Status.TRIAGE))
    assert [button.line for button in document.blocks[-1].buttons] == ["INC-7 accept", "INC-7 decline"]


def test_a_private_incident_is_only_a_number_in_public():
    document = announced(
        replace(CALM, private=True, status=Status.TRIAGE, roles={Role.LEAD: "ana"}), link="https://x.y"
    )
    assert document.to_plain() == document.summary == "INC-7 is private."
    assert room_name(replace(CALM, private=True), mark="inc-7", templates=TEMPLATES) == "inc-7"


def test_no_template_of_a_house_tells_of_a_private_incident_where_everybody_reads(tmp_path):
    (tmp_path / "announce.md.j2").write_text("{{ incident.ref }}: {{ incident.title }} {{ link }}")
    theirs = Templates(tmp_path)
    assert "Volumes slow" in announcement(CALM, people=PEOPLE, templates=theirs, link="https://x.y").to_plain()
    private = announcement(replace(CALM, private=True), people=PEOPLE, templates=theirs, link="https://x.y")
    assert private.to_plain() == private.summary == "INC-7 is private."


def test_a_topic_and_a_rooms_name_begin_with_the_reference():
    led = replace(CALM, roles={Role.LEAD: "ana"})
    assert topic(led, people=PEOPLE, templates=TEMPLATES) == (
        "INC-7 · SEV2 · investigating · Volumes slow in az2 · lead Ana Ruiz"
    )
    assert room_name(led, mark="inc-7", templates=TEMPLATES) == "inc-7-volumes-slow-in-az2"
    assert room_name(replace(CALM, title="日本"), mark="inc-7", templates=TEMPLATES) == "inc-7"
    assert len(topic(replace(CALM, title="x" * 900), people=PEOPLE, templates=TEMPLATES)) == 250


def recorded(seq, event, by="ana", kind="command"):
    return e.Recorded(7, seq, NOW, by, Source(kind), seq, event)


def test_a_digest_has_a_line_an_event_and_leaves_out_plumbing():
    document = digest(
        [
            recorded(1, e.CardPosted(at=NOW, platform="slack", message="1.2")),
            recorded(2, e.Noted(at=NOW, mark=Mark.HYPOTHESIS, text="the *kernel*")),
            recorded(3, e.RoleAssigned(at=NOW + timedelta(minutes=1), role=Role.LEAD, person="ana")),
            recorded(
                4, e.AlertsCleared(at=NOW + timedelta(minutes=2), count=1, firing=0), by="alertmanager", kind="alert"
            ),
        ],
        people=PEOPLE,
        zone=ZONE,
        templates=TEMPLATES,
    )
    assert document.to_plain().splitlines() == [
        "Timeline",
        "- 14:30 Hypothesis: the *kernel* (Ana Ruiz)",
        "- 14:31 Ana Ruiz is lead",
        "- 14:32 1 alert cleared, none is firing now",
    ]
    assert document.summary == "Hypothesis: the *kernel* and 2 more"


def test_a_digest_tells_every_time_in_the_zone_of_its_room():
    promised = recorded(1, e.UpdateWasDue(at=NOW + timedelta(minutes=1), promised=NOW), by="")
    text = digest([promised], people=PEOPLE, zone=ZONE, templates=TEMPLATES).to_plain()
    assert text == "- 14:31 The update promised for 14:30 CET has not come"


def test_a_long_digest_is_cut_and_an_empty_one_is_none():
    many = [recorded(n, e.Noted(at=NOW, mark=Mark.NOTE, text=f"line {n}")) for n in range(1, 42)]
    text = digest(many, people=PEOPLE, zone=ZONE, templates=TEMPLATES).to_plain()
    assert text.endswith("and 11 more: timeline shows all")
    assert (
        digest([recorded(1, e.RoomArchived(at=NOW, platform="slack"))], people={}, zone=ZONE, templates=TEMPLATES)
        is None
    )


@pytest.mark.parametrize(
    ("id_", "name"),
    [
        ("ana", "Ana Ruiz"),
        ("slack:U0ANA", "Ana Ruiz"),
        ("slack:U1", "U1 (slack)"),
        ("terminal:root", "root (terminal)"),
        ("alertmanager", "alertmanager"),
        ("", "somebody"),
    ],
)
def test_ids_have_names(id_, name):
    assert who(PEOPLE)(id_) == name


@given(st.text(), st.text(), st.text())
def test_whatever_an_alert_says_the_card_keeps_its_shape(title, text, person):
    incident = replace(CALM, title=title, impact=text, summary=text, roles={Role.LEAD: person})
    blocks = shown(incident).blocks
    names = [type(block).__name__ for block in blocks]
    assert names == ["Heading", "Fields", "Buttons"]


@pytest.mark.parametrize(
    ("firing", "total", "words"),
    [
        (0, 0, ""),
        (1, 1, "1 firing"),
        (0, 1, "1, cleared"),
        (0, 3, "3, all cleared"),
        (3, 3, "3 firing"),
        (1, 3, "1 of 3 firing"),
    ],
)
def test_the_card_says_what_the_alerts_do(firing, total, words):
    incident = replace(CALM, alerts_firing=firing, alerts_total=total)
    assert alerts(incident) == words
    shown = card(incident, people=PEOPLE, zone=ZONE, now=NOW, templates=TEMPLATES).to_plain()
    assert (f"Alerts: {words}\n" in shown) is bool(words)


def test_components_are_called_what_customers_call_them():
    incident = replace(CALM, impact="slow", affected=("volumes",))
    names = {"volumes": "Volumes (AZ 1)"}
    shown = card(incident, people=PEOPLE, zone=ZONE, now=NOW, templates=TEMPLATES, components=names).to_plain()
    assert "Impact: slow; Volumes (AZ 1)" in shown
    described = e.ImpactDescribed(at=NOW, text="slow", affected=("volumes",))
    told = [e.Recorded(7, 1, NOW, "ana", Source("command"), 1, described)]
    said = digest(told, people=PEOPLE, zone=ZONE, templates=TEMPLATES, components=names)
    assert said is not None
    assert "Impact: slow; Volumes (AZ 1)" in said.to_plain()


def test_when_the_last_alert_clears_the_end_is_proposed_and_only_then():
    story = Story()
    story.give(step(c.Open(title="Volumes slow", fired_count=2, fired=())))
    story.give(step(c.FoldAlerts(cleared_count=1)))
    assert proposal(story.incident, story.history) == ()
    story.give(step(c.FoldAlerts(cleared_count=1)))
    said, buttons = proposal(story.incident, story.history)
    assert "All alerts have cleared" in Document("", (said,)).to_plain()
    assert [button.line for button in buttons.buttons] == ["INC-7 status monitoring", "INC-7 resolve"]
    story.give(step(c.Resolve()))
    assert proposal(story.incident, story.history) == ()


def test_an_alert_that_clears_in_triage_proposes_to_decline():
    story = Story()
    story.give(step(c.Open(title="Disk full", status=Status.TRIAGE, fired_count=1)))
    story.give(step(c.FoldAlerts(cleared_count=1)))
    _, buttons = proposal(story.incident, story.history)
    assert [button.line for button in buttons.buttons] == ["INC-7 decline cleared by itself", "INC-7 accept"]
