"""The draft says what the events say, cites them, names nobody, and asks for the rest."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.incident import commands as c
from bot.incident.events import Recorded
from bot.incident.model import (
    Captured,
    ComponentState,
    Mark,
    Moment,
    Person,
    PublicStatus,
    Refused,
    Role,
    Severity,
    Status,
)
from bot.postmortem.draft import draft
from bot.postmortem.gather import facts
from bot.postmortem.markup import closed
from bot.postmortem.told import told
from bot.postmortem.words import cast, escape
from tests.builders import PEOPLE, START, Step, Story, record, step, without
from tests.commands import NASTY, OPENINGS, STEPS
from tests.golden_files import golden
from tests.stories import COMPONENTS, drill, permalink, volumes_slow

CITATION = re.compile(r"\[(e\d+)\](?!:)")
OPENED = re.compile(r"\[e\d+\]: <https://[^>]+>")
GIVE_AWAYS = ("ana", "Ana", "Ruiz", "ben", "Ben", "Okafor", "cleo", "Cleo", "Weiß", "U0ANA1", "U0BEN2", "U0DORA4")
SECTIONS = [
    "Summary",
    "Impact",
    "Background",
    "Detection",
    "Timeline",
    "Contributing factors",
    "Mitigators",
    "Response and recovery",
    "What went well, what was hard, where we got lucky",
    "How the response went",
    "Learnings and open questions",
    "Action items",
    "Customer message",
    "Supporting evidence",
]


def drafted(history: list[Recorded], zone: str = "") -> str:
    return draft(history, people=PEOPLE, zone=zone, components=COMPONENTS)


def cited(text: str) -> set[str]:
    return set(CITATION.findall(text))


def part(text: str, title: str) -> str:
    """The section called `title`."""
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def uncited(text: str) -> list[str]:
    """The lines that state something without saying where it is from."""
    return [
        line
        for line in text.splitlines()
        if line
        and not line.startswith(("#", "> ", "| # ", "| Time ", "| ---"))
        and not OPENED.fullmatch(line)
        and not re.search(r"\](?: \|)?$", line)
    ]


def names_in(text: str) -> list[str]:
    return [word for word in GIVE_AWAYS if re.search(rf"(?<![^\W_]){word}(?![^\W_])", text)]


def test_the_draft_of_a_whole_incident_is_the_one_that_was_read() -> None:
    golden("postmortem/story.md", drafted(volumes_slow(), zone="Europe/Berlin"))


def test_the_draft_of_a_drill_says_so_first() -> None:
    text = drafted(drill())
    golden("postmortem/drill.md", text)
    assert text.index("This was a drill") < text.index("## Summary")


def test_a_private_incident_is_marked_and_has_no_audience() -> None:
    text = drafted(record(c.Open(title="Key leaked"), c.MakePrivate()))
    assert "> **Private.** For those who worked on it, and nobody else. [e2]" in text
    assert "everybody in the organisation" not in text


def test_the_sections_come_in_the_order_a_reader_expects() -> None:
    text = drafted(volumes_slow())
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert text.startswith("# Postmortem of INC-7: Volumes slow in az2\n")


def test_every_sentence_of_the_story_is_cited_and_every_citation_exists() -> None:
    history = volumes_slow()
    text = drafted(history)
    assert uncited(text) == []
    assert cited(text) <= {recorded.id for recorded in history}


def test_nobody_is_named_not_even_in_what_people_wrote() -> None:
    text = drafted(volumes_slow())
    assert names_in(text) == []
    assert "“the second lead is on the way to rack 3, \\<b\\>call\\</b\\> the lead”" in text


def test_a_line_that_was_taken_back_is_nowhere() -> None:
    history = volumes_slow()
    assert any("hunter2" in str(recorded.event) for recorded in history)
    assert "hunter2" not in drafted(history)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(c.Note(mark=Mark.NOTE, text="hunter2"), id="note"),
        pytest.param(c.AddTask(text="hunter2"), id="task"),
        pytest.param(c.AddFollowUp(text="hunter2"), id="follow-up"),
        pytest.param(c.Rename(title="hunter2"), id="title"),
        pytest.param(c.DescribeImpact(text="hunter2", start=START), id="impact"),
        pytest.param(c.PostUpdate(text="hunter2"), id="update"),
        pytest.param(c.SetSeverity(severity=Severity.SEV1, reason="hunter2"), id="severity"),
        pytest.param(c.Resolve(summary="hunter2"), id="resolve"),
        pytest.param(c.SetMoment(moment=Moment.DETECTED, value=START, reason="hunter2"), id="moment"),
        pytest.param(c.DraftPublicPost(status=PublicStatus.IDENTIFIED, title="t", text="hunter2"), id="preview"),
    ],
)
def test_what_was_undone_is_quoted_nowhere(command: c.Command) -> None:
    said = record(c.Open(title="Volumes slow"), command)
    taken_back = record(c.Open(title="Volumes slow"), command, c.Undo(by="ana"))
    assert any("hunter2" in str(recorded.event) for recorded in said)
    assert "hunter2" not in drafted(taken_back)


@pytest.mark.parametrize(
    "slip",
    [
        c.Rename(title="Volumes are gone"),
        c.SetSeverity(severity=Severity.SEV4),
        c.AssignRole(role=Role.LEAD, person="ben"),
        c.AssignRole(role=Role.LEAD, person=""),
        c.SetMoment(moment=Moment.IMPACT_START, value=START - timedelta(hours=1)),
        c.DescribeImpact(text="Nothing works", plane="data", affected=("volumes",)),
        c.PostUpdate(text="It is all over"),
        c.ChangeTask(task=1, done=True),
        c.SetStatus(status=Status.IDENTIFIED),
        c.Resolve(summary="A slip"),
    ],
    ids=lambda slip: type(slip).__name__,
)
def test_what_was_taken_back_is_no_fact_and_nothing_rests_on_it(slip: c.Command) -> None:
    before = (
        c.Open(title="Volumes slow", severity=Severity.SEV2, detected=START),
        c.AssignRole(role=Role.LEAD, person="ana"),
        c.DescribeImpact(text="Writes are slow"),
        c.AddTask(text="check the quorum"),
        c.SetMoment(moment=Moment.IMPACT_START, value=START - timedelta(minutes=5)),
        c.PostUpdate(text="We look into it"),
    )
    history = record(*before, slip, c.Undo(by="ana"))
    there = {recorded.id for recorded in told(history)}
    draft = drafted(history)
    assert cited(draft) <= there
    if not isinstance(slip, c.SetStatus | c.Resolve):
        shown = [line for line in draft.splitlines() if line not in drafted(record(*before)).splitlines()]
        assert shown == []


TASK_OFF = c.Retract(message="m1", captured=Captured.TASK)


@pytest.mark.parametrize(
    ("mistake", "told_of"),
    [
        pytest.param((c.Close(),), "Status changed from review to resolved", id="close"),
        pytest.param((c.StartReview(),), "Status changed from review to resolved", id="review"),
        pytest.param((c.Reopen(reason="a slip"),), "Resolved again", id="reopen"),
    ],
)
def test_an_undo_does_not_resolve_anything(mistake: tuple[c.Command, ...], told_of: str) -> None:
    resolved = (c.Open(title="Volumes slow"), c.Resolve(summary="rolled back the kernel"))
    text = drafted(record(*resolved, *(step(command, after=1200) for command in mistake), c.Undo(by="ana")))
    assert "It was resolved at 2026-11-20 14:01 UTC: “rolled back the kernel” [e2]" in text
    assert "Resolved with “rolled back the kernel” [e2]" in text
    assert "undo" not in part(text, "Summary") + part(text, "Timeline") + part(text, "Response and recovery")
    assert f"| {told_of} |" in text


def test_an_end_that_was_a_slip_is_not_how_it_ended() -> None:
    story = [c.Open(title="x"), c.Resolve(summary="one"), c.Reopen(), c.Resolve(summary="two"), c.Undo(by="ana")]
    assert "It was resolved at 2026-11-20 14:01 UTC: “one” [e2]" in drafted(record(*story, c.Undo(by="ana", event=3)))


def test_a_task_whose_reaction_was_taken_away_was_never_meant() -> None:
    added = step(c.AddTask(text="hunter2", message="m1"), source="reaction")
    history = record(c.Open(title="Volumes slow"), added, step(TASK_OFF, source="reaction"))
    assert "hunter2" in drafted(history[:-1])
    assert "hunter2" not in drafted(history)


DROPPED = [
    ("IncidentOpened", "Summary", "was opened at", "**Lead:** What is this incident called"),
    ("impact_start", "Impact", "The impact began at", "**Lead:** When did the impact begin? (`impact start=14:05`)"),
    ("impact_end", "Impact", "The impact ended at", "**Lead:** When did the impact end? (`impact end=15:20`)"),
    ("ImpactDescribed", "Impact", "Described as", "**Lead:** What could users not do, or only slowly?"),
    ("resolved", "Summary", "It was resolved at", "**Lead:** How did it end, and when?"),
    ("PageAcknowledged", "How the response went", "acknowledged at", "**On-call:** Who answered the page, and when?"),
    ("hypothesis", "Contributing factors", "Considered at", "**Lead:** Which explanations were considered"),
    ("monitoring", "Mitigators", "The impact was stopped at", "**Lead:** When was the impact stopped"),
    ("lucky", "What went well, what was hard, where we got lucky", "Lucky at", "**Lead:** Where did chance help?"),
    ("question", "Learnings and open questions", "Open question at", "**Scribe:** Which questions are still open?"),
    ("PostmortemAssigned", "", "Owner of this document", "**Lead:** Which one person owns this document?"),
]


@pytest.mark.parametrize(("event", "title", "sentence", "question"), DROPPED, ids=[row[0] for row in DROPPED])
def test_without_its_event_a_sentence_becomes_a_question(event: str, title: str, sentence: str, question: str) -> None:
    history = volumes_slow()
    whole = drafted(history)
    fields = ("moment", "new", "mark")

    def wanted(recorded: Recorded) -> bool:
        values = {str(getattr(recorded.event, field, "")) for field in fields}
        return event in {type(recorded.event).__name__, *values}

    dropped = next(recorded.id for recorded in history if wanted(recorded))
    rest = drafted(without(history, dropped))
    assert sentence in (part(whole, title) or whole)
    assert question not in whole
    assert sentence not in (part(rest, title) or rest)
    assert question in rest


def test_no_event_is_cited_once_it_is_gone() -> None:
    history = volumes_slow()
    for gone in history:
        text = drafted(without(history, gone.id))
        assert gone.id not in cited(text), gone
        assert uncited(text) == [], gone


def test_what_is_cited_opens_the_message_it_came_of_and_nothing_else_does() -> None:
    evil = "[e1] [e2]: <https://evil.example> [e2](https://evil.example)"
    text = drafted(
        record(
            step(c.Open(title=evil), link=permalink("opened")),
            step(c.Note(mark=Mark.DECISION, text=evil), link=permalink("decided")),
            c.Note(mark=Mark.LUCKY, text=evil),
            step(c.AssignPostmortem(person="ana"), link=permalink("assigned")),
            step(c.DraftPostmortem(), link=permalink("drafted")),
        )
    )
    page = MarkdownIt("commonmark").enable("table").render(text)
    opens = [f'<a href="{permalink(what)}">{ref}</a>' for ref, what in (("e1", "opened"), ("e2", "decided"))]
    owner = f'<a href="{permalink("assigned")}">e4</a>'
    assert set(re.findall(r"<a .*?</a>", page)) == {
        *opens,
        owner,
        '<a href="https://evil.example">https://evil.example</a>',
    }
    assert "[e3]" in page
    assert permalink("drafted") not in text
    assert closed(text).rstrip() == text.partition("\n[e1]: ")[0].rstrip()


def test_without_any_event_there_are_only_questions() -> None:
    text = drafted([])
    assert cited(text) == set()
    assert uncited(text) == []
    assert text.count("> **") > 15


def test_only_the_events_that_are_passed_count() -> None:
    history = volumes_slow()
    text = drafted(history[:20])
    assert cited(text) <= {recorded.id for recorded in history[:20]}
    assert "> **Lead:** How did it end, and when?" in text


def test_the_timeline_begins_with_what_happened_first() -> None:
    rows = [line for line in part(drafted(volumes_slow()), "Timeline").splitlines() if line.startswith("| 2026")]
    assert rows[0] == "| 2026-11-20 21:55 | The impact began | [e12] |"
    assert "Incident opened as sev2" in rows[2]
    assert [row[:18] for row in rows] == sorted(row[:18] for row in rows)


def test_a_storm_of_alerts_is_three_rows() -> None:
    fold = [c.FoldAlerts(fired_count=1, cleared_count=1)] * 300
    rows = facts(record(c.Open(title="Rack down"), *fold), people=PEOPLE).rows
    assert [row.text for row in rows[1:]] == [
        "1 alert fired",
        "598 more changes of alerts",
        "1 alert cleared, none is firing now",
    ]


def test_outage_is_said_only_of_what_customers_were_told_was_one() -> None:
    def told(state: ComponentState) -> str:
        post = c.DraftPublicPost(status=PublicStatus.IDENTIFIED, title="t", text="x", components={"volumes-az2": state})
        return part(drafted(record(c.Open(title="Volumes slow"), post, c.ApprovePublicPost())), "Summary")

    assert "Volumes (AZ 2) had a degradation (partial outage)" in told(ComponentState.PARTIAL_OUTAGE)
    assert "Volumes (AZ 2) had a major outage" in told(ComponentState.MAJOR_OUTAGE)


def test_a_handover_is_told_by_roles() -> None:
    history = record(
        c.Open(title="Volumes slow"),
        c.AssignRole(role=Role.LEAD, person="ana"),
        c.AssignRole(role=Role.LEAD, person="ben"),
        c.Note(mark=Mark.NOTE, text="Ana rests, Ben goes on"),
    )
    known = facts(history, people=PEOPLE)
    assert [(t.role, t.handed_over, t.refs) for t in known.tenures] == [
        (Role.LEAD, False, ("e2", "e3")),
        (Role.LEAD, True, ("e3",)),
    ]
    assert known.said(Mark.NOTE)[0].text == "the lead rests, the second lead goes on"
    assert [row.text for row in known.rows[1:3]] == [
        "The role of lead was taken",
        "The role of lead passed from the lead to the second lead",
    ]


def test_everybody_has_one_name_in_the_whole_document_and_nobody_shares_it() -> None:
    rung = c.Rung("policy:platform", 0, 0, ("ana",), timedelta(minutes=5))
    history = record(
        c.Open(title="Volumes slow", rung=rung),
        c.Escalate(ladder="policy:platform", step=1, round=0, rung=replace(rung, step=1, people=("ben",))),
        step(c.Acknowledge(person="ben", via="link"), by="ben"),
        step(c.AssignRole(role=Role.COMMS, person="cleo"), by="cleo"),
        step(c.AddTask(text="call Dora Blum, Emil Holm helps", owner="ben"), by="terminal:root"),
        step(c.AddTask(text="ask the vendor", owner="terminal:guest"), by="terminal:root"),
        step(c.Note(mark=Mark.NOTE, text="Emil Holm and @ana look, Cleo Weiß writes"), by="ana"),
        step(c.AssignPostmortem(person="cleo"), by="ana"),
    )
    others = {name: Person(name, full) for name, full in (("dora", "Dora Blum"), ("emil", "Emil Holm"))}
    text = draft(history, people={**others, **PEOPLE}, zone="", components={})
    for said in (
        "Paged the on-call engineer (step 1 of platform)",
        "Paged the second on-call engineer (step 2 of platform): nobody acknowledged",
        "The second on-call engineer acknowledged",
        "The role of comms was taken",
        "Task 1 for the second on-call engineer: “call the colleague, the second colleague helps”",
        "Task 2 for the second responder: “ask the vendor”",
        "“the second colleague and the on-call engineer look, the communications lead writes”",
        "**Owner of this document:** the communications lead",
        "- The on-call engineer was paged at 2026-11-20 14:00 UTC, in business hours, step 1 of platform",
    ):
        assert said in text, said


def test_who_was_given_a_follow_up_has_a_role_and_no_name() -> None:
    history = record(
        c.Open(title="Volumes slow"),
        c.AddFollowUp(text="order disks", owner="cleo"),
        c.ChangeFollowUp(followup=1, outcome="", owner="terminal:guest"),
    )
    text = draft(history, people=PEOPLE, zone="", components={})
    assert "| 1 | order disks | the third responder |" in text
    assert "guest" not in text


ASKED = [
    ("policy:platform", ", step 1 of platform"),
    ("platform", ", step 1 of platform"),
    ("schedule:network", ", on call in network"),
    ("person:ana", ""),
]


@pytest.mark.parametrize(("ladder", "words"), ASKED)
def test_who_was_paged_is_told_with_the_step_where_there_are_steps(ladder: str, words: str) -> None:
    text = drafted(record(c.Open(title="Volumes slow", rung=c.Rung(ladder, 0, 0, ("ana",)))))
    assert f"- The on-call engineer was paged at 2026-11-20 14:00 UTC, in business hours{words} [e2]" in text
    assert f"| Paged the on-call engineer{f' ({words[2:]})' if words else ''} | [e2] |" in text
    assert "person:" not in text


def test_the_draft_of_a_closed_incident_says_that_it_is_closed() -> None:
    story = Story()
    for command in (c.Open(title="Volumes slow"), c.Resolve(), c.Close()):
        story.give(command)
    through = story.incident.postmortem.through if story.incident and story.incident.postmortem else 0
    text = drafted([recorded for recorded in story.history if recorded.seq <= through])
    assert "- **Status:** closed [" in text


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Berlin", " All times are UTC; Europe/Berlin (CET) was 1 h ahead.\n"),
        ("America/St_Johns", " All times are UTC; America/St_Johns (NST) was 3 h 30 min behind.\n"),
        ("UTC", " All times are UTC.\n"),
        ("", " All times are UTC.\n"),
    ],
)
def test_the_heading_says_what_the_times_are(zone: str, said: str) -> None:
    assert said in drafted(volumes_slow(), zone).partition("\n## ")[0]


def test_a_question_names_a_line_that_works_in_a_terminal() -> None:
    text = drafted(record(c.Open(title="Volumes slow")))
    asked = re.findall(r"^> .*\(`([^`]+)`\)$", text, re.MULTILINE)
    assert {"note TEXT mark=lucky", "note TEXT mark=question"} <= set(asked)
    assert not re.search(r"[^\x00-\x7f…]", "".join(asked))


def test_a_promise_is_kept_or_broken() -> None:
    half_hour = timedelta(minutes=30)
    history = record(
        c.Open(title="Volumes slow"),
        c.PostUpdate(text="one", next_in=half_hour),
        step(c.PostUpdate(text="two", next_in=half_hour), after=20),
        step(c.Remind(promised=START + timedelta(minutes=51)), by="clock", source="clock", after=30),
        step(c.PostUpdate(text="three"), after=5),
    )
    known = facts(history, people=PEOPLE)
    assert known.kept == ("e2",)
    assert [(p.promised, p.came, p.refs) for p in known.broken] == [
        (START + timedelta(minutes=51), START + timedelta(minutes=56), ("e4", "e5"))
    ]


def test_decided_not_to_is_told_with_its_reason() -> None:
    text = part(drafted(volumes_slow()), "Action items")
    assert "decided not to, because “the vendor's check found nothing” | [" in text
    assert "it fires in the drill | open | [" in text


@settings(deadline=None)
@given(text=NASTY | st.text(max_size=60))
def test_whatever_is_noted_stays_one_cell_of_one_row(text: str) -> None:
    try:
        history = record(c.Open(title="Volumes slow"), c.Note(mark=Mark.NOTE, text=text))
    except Refused:
        return
    markdown = draft(history, people={}, zone="", components={})
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    timeline = html.partition("<h2>Timeline</h2>")[2].partition("<h2>")[0]
    assert timeline.count("<tr>") == 3
    assert timeline.count("<td>") == 6
    assert re.findall(r"<(?!/?(?:table|thead|tbody|tr|th|td)>)", timeline) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# x | y <script>", r"\# x \| y \<script\>"),
        ("1. first", r"1\. first"),
        ("- one\n- two", r"\- one - two"),
        ("a\x1b[31mred\u202e", r"a\[31mred"),
        ("&amp; `x` *y* _z_", r"\&amp; \`x\` \*y\* \_z\_"),
    ],
)
def test_text_of_people_is_literal(text: str, expected: str) -> None:
    assert escape(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@ana, Ana, @ANA, <@U0ANA1> @ana:example.org", ", ".join(["a colleague"] * 4) + " a colleague"),
        ("ANA RUIZ and slack:U0ANA1 and person:ana", "a colleague and a colleague and a colleague"),
        ("banana and Anabel", "banana and Anabel"),
        # An id is a name only where it is used as one: somebody may be called `nodes`.
        ("2 ana, ben=3", "2 ana, ben=3"),
        ("write to ana@example.org", "write to a colleague"),
        ("write to dora@example.net", "write to an e-mail address"),
        ("ask <@U0FRANZ> or @franz:example.org", "ask somebody or somebody"),
        ("ask @ana:elsewhere.example.org", "ask somebody"),
        ("then Ruiz said; ruizical", "then a colleague said; ruizical"),
        # A capital at the start says nothing, and she took no part.
        ("Ana said", "Ana said"),
        ("and A\u200bna", "and a colleague"),
        ("and A\u200dna, R\u200cuiz", "and a colleague, a colleague"),
        ("p\u0131ng", "p\u0131ng"),
    ],
)
def test_known_people_are_masked_in_what_others_wrote(text: str, expected: str) -> None:
    assert cast([], PEOPLE).mask(text) == expected


def test_who_took_part_is_masked_also_at_the_start_of_a_sentence() -> None:
    history = record(c.Open(title="x"), c.Note(mark=Mark.NOTE, text="Ruiz said so. Ana went"))
    assert cast(history, PEOPLE).mask("Ruiz said so. Ana went") == "the responder said so. the responder went"


def test_somebody_who_left_the_configuration_is_masked_too() -> None:
    history = record(
        c.Open(title="Volumes slow"),
        c.AssignRole(role=Role.LEAD, person="slack:U0DORA4"),
        c.Note(mark=Mark.NOTE, text="ask <@U0DORA4>"),
    )
    nobody: dict[str, Person] = {}
    assert "“ask the lead”" in draft(history, people=nobody, zone="", components={})


def test_who_is_known_by_a_login_is_masked_where_they_are_spoken_to() -> None:
    history = record(
        c.Open(title="x"), step(c.Note(mark=Mark.NOTE, text="/root is full, @root looks"), by="terminal:root")
    )
    assert "“/root is full, the second responder looks”" in drafted(history)


@settings(max_examples=60, deadline=None)
@given(opening=OPENINGS, steps=st.lists(STEPS, max_size=30))
def test_any_history_gives_a_draft_that_cites_and_names_nobody(opening: c.Open, steps: list[Step]) -> None:
    story = Story()
    story.give(opening)
    for one in steps:
        try:
            story.give(one)
        except Refused:
            continue
    history = list(story.history)
    text = drafted(history)
    assert text == drafted(history)
    assert text.encode()
    assert uncited(text) == []
    assert cited(text) <= {recorded.id for recorded in history}
    assert names_in(text) == []
