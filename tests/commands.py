"""Random commands for Hypothesis: valid and invalid ones, with the texts that break things."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from bot.incident import commands as c
from bot.incident.attachment import Attachment
from bot.incident.events import Absorbed, AlertFact, AlertsCleared, AlertsFired, AlertsLeft, Recorded
from bot.incident.life import TITLE_LIMIT
from bot.incident.links import Guides
from bot.incident.model import ComponentState, Kind, Mark, Moment, PublicStatus, Role, Severity, Source, Status
from bot.incident.text import one_line
from tests.builders import START, Step, step

PERSONS = st.sampled_from(["ana", "ben", "cleo", "slack:U0DORA4"])
NASTY = st.sampled_from(
    [
        "# x | y <script>alert(1)</script>",
        "- [ ] task\n\n## Heading\n| a | b |",
        "[e99] said Ana Ruiz, @ben and ana@example.org",
        "<@U0ANA1> and @cleo:example.org, BEN and Cleo Weiß: `code` **bold** ![x](http://x)",
        "1. first\r\n2) second\u2028third\x1b[31mred\x00",
        "&lt;b&gt; ~~gone~~ \\| https://graphs.example.org/d/1?x=2&y=3, done when it is green",
        "A\u200bna and a\u0301 \ud800 end",
        "> quoted\n---\n***",
    ]
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """One word in what Hypothesis says of it, which warns of a strategy that it cannot say in 30 kB: these are in most commands."""
    return draw(NASTY | st.text(max_size=40))


TEXTS = texts()
NUMBERS = st.integers(0, 4)
PAST = st.integers(-300, 5).map(lambda minutes: START + timedelta(minutes=minutes)) | st.integers(55, 65).map(
    lambda seconds: START + timedelta(seconds=seconds)
)
"""And the seconds around the first command after the start, which comes a minute later or at once."""
COMPONENTS = st.dictionaries(
    st.sampled_from(["volumes-az2", "compute|az1", "#api"]), st.sampled_from(ComponentState), max_size=2
)
ADDRESSES = st.sampled_from(["", "https://wiki.example.org/1", "https://wiki.example.org/2"])
FACTS = st.builds(AlertFact, st.sampled_from(["f1", "f2", "f3"]), TEXTS, TEXTS)
GUIDES = st.builds(Guides, ADDRESSES, ADDRESSES)
FILES = st.lists(st.builds(Attachment, name=TEXTS, place=TEXTS), max_size=2).map(tuple)
PAGED = PERSONS | st.just("pager:rota")
RUNGS = st.none() | st.builds(
    c.Rung,
    st.sampled_from(["policy:platform", "person:ben"]),
    st.integers(0, 2),
    st.integers(1, 2),
    st.lists(PAGED, max_size=2, unique=True).map(tuple),
    st.none() | st.just(timedelta(minutes=5)),
    last=st.booleans(),
    gone=st.sampled_from(["", "", "", "old"]),
    targets=st.sampled_from([(), ("schedule:platform", "pager:rota")]),
    turn=st.sampled_from(["", "platform:0"]),
)

PAST_EVENTS = (
    AlertsFired(at=START, count=3, firing=3, samples=(AlertFact("f1", "OSDDown", "osd.1 is down"),)),
    AlertsCleared(at=START, count=1, firing=2),
    Absorbed(at=START, other=4, title="# x | y", alerts_firing=2),
    AlertsLeft(at=START, count=4, firing=0),
)
SCRIPT = tuple(
    Recorded(3, seq, START + timedelta(minutes=7 * seq), "alerts", Source("alert"), seq, event)
    for seq, event in enumerate(PAST_EVENTS, 1)
)
SCRIPTS = st.integers(0, 4).map(lambda first: SCRIPT[first:])
"""What a drill replays."""

OPENINGS = st.builds(
    c.Open,
    title=TEXTS.filter(lambda text: bool(one_line(text, TITLE_LIMIT))),
    kind=st.sampled_from(Kind),
    status=st.sampled_from([Status.TRIAGE, Status.INVESTIGATING]),
    severity=st.sampled_from(Severity),
    service=TEXTS,
    private=st.booleans(),
    # What is opened in the future is refused, and then there is no incident.
    detected=st.none() | st.integers(-300, 0).map(lambda minutes: START + timedelta(minutes=minutes)),
    rung=RUNGS,
    fired=st.lists(FACTS, max_size=2).map(tuple),
    fired_count=st.integers(0, 3),
    guides=GUIDES,
    replays=st.sampled_from([0, 0, 3]),
    speed=st.sampled_from([0, 1, 60]),
    script=SCRIPTS,
)

COMMANDS: st.SearchStrategy[c.Command] = st.one_of(
    st.builds(
        c.FoldAlerts,
        fired=st.lists(FACTS, max_size=2).map(tuple),
        fired_count=NUMBERS,
        cleared=st.lists(FACTS, max_size=2).map(tuple),
        cleared_count=NUMBERS,
        left=st.lists(FACTS, max_size=2).map(tuple),
        left_count=NUMBERS,
        kept=st.lists(FACTS, max_size=2).map(tuple),
        kept_count=NUMBERS,
        truncated=NUMBERS,
        guides=GUIDES,
    ),
    st.builds(c.PaceReplay, paused=st.sampled_from([None, True, False]), speed=st.sampled_from([0, 2, 1000])),
    st.builds(
        c.StepReplay,
        of=st.just(3),
        seq=st.integers(0, 9),
        due=PAST,
        script=SCRIPTS,
    ),
    st.builds(c.Accept, rung=RUNGS),
    st.builds(c.Decline, reason=TEXTS),
    st.builds(c.Merge, into=st.sampled_from([7, 8]), reason=TEXTS),
    st.builds(
        c.Absorb,
        other=st.just(9),
        title=TEXTS,
        alerts_firing=NUMBERS,
        alerts_total=NUMBERS,
        groups=st.sampled_from([(), ("g",), ("g", "h")]),
        guides=GUIDES,
    ),
    st.builds(c.SetStatus, status=st.sampled_from(Status), reason=TEXTS),
    st.builds(c.Resolve, summary=TEXTS, when=st.none() | PAST, drill=st.sampled_from([False, False, True])),
    st.builds(c.Reopen, reason=TEXTS),
    st.builds(c.Close, reason=TEXTS),
    st.builds(c.Cancel, reason=TEXTS),
    st.builds(c.SetSeverity, severity=st.sampled_from(Severity), reason=TEXTS),
    st.builds(c.Rename, title=TEXTS),
    st.builds(c.MakePrivate, person=PERSONS | st.just("")),
    st.builds(c.AssignRole, role=st.sampled_from(Role), person=PERSONS | st.just("")),
    st.builds(
        c.Note,
        mark=st.sampled_from(Mark),
        text=TEXTS,
        when=st.none() | PAST,
        author=PERSONS,
        message=st.sampled_from(["", "m1", "m2"]),
        files=FILES,
    ),
    st.builds(c.EditMessage, message=st.sampled_from(["m1", "m2"]), text=TEXTS, when=st.none() | PAST),
    st.builds(
        c.RecordFile,
        message=st.sampled_from(["m1", "m2"]),
        number=st.integers(0, 1),
        size=NUMBERS,
        sha256=st.just("ab" * 32),
        failed=st.just("") | TEXTS,
    ),
    st.builds(c.RemoveMessage, message=st.sampled_from(["m1", "m2"]), when=st.none() | PAST),
    st.builds(c.Retract, message=st.sampled_from(["m1", "m2"]), mark=st.none() | st.sampled_from(Mark)),
    st.builds(c.AddTask, text=TEXTS, owner=PERSONS | st.just(""), message=st.sampled_from(["", "m1"])),
    st.builds(c.ChangeTask, task=NUMBERS, done=st.booleans(), dropped=st.booleans(), owner=PERSONS | st.just("")),
    st.builds(
        c.AddFollowUp,
        text=TEXTS,
        owner=PERSONS | st.just(""),
        due=st.none() | PAST,
        message=st.sampled_from(["", "m2"]),
    ),
    st.builds(
        c.ChangeFollowUp,
        followup=NUMBERS,
        outcome=st.sampled_from(["", "done", "wontdo", "dropped", "eaten"]),
        reason=TEXTS,
        owner=PERSONS | st.just(""),
    ),
    st.builds(c.DateFollowUp, followup=NUMBERS, due=st.none() | PAST),
    st.builds(c.SetMoment, moment=st.sampled_from(Moment), value=PAST, reason=TEXTS),
    st.builds(
        c.DescribeImpact,
        text=TEXTS,
        plane=st.sampled_from(["", "data"]),
        affected=st.lists(TEXTS, max_size=2).map(tuple),
        start=st.none() | PAST,
        end=st.none() | PAST,
        reason=TEXTS,
    ),
    st.builds(c.PostUpdate, text=TEXTS, next_in=st.none() | st.just(timedelta(minutes=30)), next_at=st.none() | PAST),
    st.builds(c.Remind, promised=PAST),
    st.builds(c.Page, target=st.just("policy:platform"), text=TEXTS, rung=RUNGS),
    st.builds(
        c.Escalate,
        ladder=st.just("policy:platform"),
        step=NUMBERS,
        round=st.integers(1, 2),
        rung=RUNGS,
        due=st.none() | st.none() | PAST,
    ),
    st.builds(c.Acknowledge, person=PERSONS, via=st.sampled_from(["command", "link", "email", "rota"])),
    st.builds(c.StopPaging, reason=TEXTS),
    st.builds(
        c.RecordPage,
        person=PAGED,
        way=st.sampled_from(["ntfy", "email", "rota"]),
        failed=st.just("") | TEXTS,
        ladder=st.sampled_from(["policy:platform", "policy:platform", "person:ben", ""]),
        step=st.integers(0, 2),
        round=st.integers(1, 2),
        nobody_left=st.booleans(),
        rung=RUNGS,
    ),
    st.builds(
        c.DraftPublicPost,
        status=st.sampled_from(PublicStatus),
        text=TEXTS,
        title=TEXTS,
        components=COMPONENTS,
        when=st.none() | PAST,
    ),
    st.just(c.ApprovePublicPost()),
    st.just(c.DiscardPublicPost()),
    st.builds(
        c.RecordPost, number=st.integers(1, 2), page=st.just("page"), link=st.just("https://status.example.org/7")
    ),
    st.builds(
        c.RecordRoom, platform=st.sampled_from(["slack", "matrix"]), room=TEXTS, link=TEXTS, private=st.booleans()
    ),
    st.builds(c.ArchiveRooms),
    st.builds(c.RecordArchive, platform=st.sampled_from(["slack", "matrix"])),
    st.builds(c.RecordCard, platform=st.just("slack"), message=TEXTS),
    st.builds(c.LoseCard, platform=st.just("slack"), message=TEXTS),
    st.builds(c.RecordAnnouncement, platform=st.just("slack"), message=TEXTS),
    st.builds(c.RecordFailure, effect=st.just("open_room"), provider=st.just("slack"), reason=TEXTS),
    st.just(c.DraftPostmortem()),
    st.just(c.StartReview()),
    st.builds(c.AssignPostmortem, person=PERSONS),
    st.builds(c.RecordPostmortem, place=TEXTS, edited=TEXTS | st.just(""), copy=st.booleans(), removed=st.booleans()),
    st.builds(c.Undo, by=PERSONS, event=st.none() | st.integers(1, 12)),
)

STEPS: st.SearchStrategy[Step] = st.builds(
    step,
    COMMANDS,
    by=PERSONS,
    source=st.sampled_from(["command", "command", "reaction", "link", "clock", "delivery"]),
    after=st.sampled_from([0, 1, 45]),
)
"""A second of life of an incident: half of them come at once, a minute or most of an hour later."""
