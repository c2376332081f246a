"""The rules of the public word: what goes out, what does not, and that nothing ends unnoticed under an open post."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chat import standing
from bot.chat.replies import done, refused
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import ComponentState as S
from bot.incident.model import Incident, Kind, PublicPost, PublicStatus, Refused, Status, StillDisturbed
from bot.incident.plan import Policy, plan
from bot.incident.public import outweighing
from bot.incident.timeline import sentence
from bot.questions import Answers, Names
from storage import codec
from tests.builders import PEOPLE, START, Story, step

INVESTIGATING = Status.INVESTIGATING
NAMES = {"volumes": "Volumes (AZ 1)", "compute": "Compute (AZ 1)"}


def draft(status: str = "investigating", **components: S) -> c.DraftPublicPost:
    return c.DraftPublicPost(
        status=PublicStatus(status), text="We look into it.", title="Slow volumes", components=components
    )


APPROVE = c.ApprovePublicPost()
RED = (draft(volumes=S.DEGRADED), APPROVE)
"""A post that turns a component red."""

WORD = (draft(), APPROVE)
"""A post that names no component."""

SETTLED = (*RED, draft("resolved"), APPROVE)
STILL_RED = (*RED, draft("resolved", volumes=S.DEGRADED), APPROVE)
"""Resolved, and yet a component stays as it is, as somebody said."""


def story(*commands: c.Command, **opening: object) -> Story:
    told = Story()
    for command in (c.Open(title="Keys leaked", **opening), *commands):
        told.give(command)
    return told


def replied(told: Story, command: c.Command, **how: object) -> str:
    """What is answered to `command`."""
    before = told.incident
    events = [recorded.event for recorded in told.give(command)]
    assert told.incident is not None
    return done(command, events, before, told.incident, people=PEOPLE, zone="UTC", components=NAMES, **how).to_plain()


# A private incident

PRIVATE = [
    ("opened so, nothing told", (c.MakePrivate(),), "investigating", "nothing of it goes to customers"),
    ("opened so, not even an end", (c.MakePrivate(),), "resolved", "nothing of it goes to customers"),
    ("with an open post", (*RED, c.MakePrivate()), "monitoring", "customers can only be told that it is resolved"),
    ("with an open post, its end", (*RED, c.MakePrivate()), "resolved", ""),
    ("with an open post without components, its end", (*WORD, c.MakePrivate()), "resolved", ""),
    ("resolved, a component still red: its end", (*STILL_RED, c.MakePrivate()), "resolved", ""),
    ("with its post resolved", (*SETTLED, c.MakePrivate()), "resolved", "nothing of it goes to customers"),
    ("not private", (), "investigating", ""),
]


@pytest.mark.parametrize(
    ("before", "status", "refusal"), [row[1:] for row in PRIVATE], ids=[f"{row[0]}: {row[2]}" for row in PRIVATE]
)
def test_of_a_private_incident_customers_read_only_the_end_of_what_they_read_before(before, status, refusal):
    told = story(*before)
    if not refusal:
        assert [type(r.event) for r in told.give(draft(status))] == [e.PublicPostDrafted]
        assert [type(r.event) for r in told.give(APPROVE)] == [e.PublicPostPublished]
        return
    with pytest.raises(Refused, match=refusal):
        told.give(draft(status))


def test_what_was_opened_private_is_not_published_and_the_refusal_says_what_to_do_instead():
    told = story(private=True)
    for command in (draft(), APPROVE):
        with pytest.raises(Refused) as caught:
            told.give(command)
        assert refused(caught.value).to_plain().splitlines() == [
            "INC-7 is private: nothing of it goes to customers.",
            "To tell them, open a public incident beside it, open TITLE, and publish there.",
        ]


def test_becoming_private_throws_the_waiting_preview_away():
    told = story(draft())
    assert [type(r.event) for r in told.give(c.MakePrivate())] == [e.MadePrivate, e.PublicDraftDiscarded]
    with pytest.raises(Refused, match="nothing of it goes to customers"):
        told.give(APPROVE)


def test_a_preview_from_before_it_became_private_is_not_approved():
    # As a database of the first version may hold it: private, and the preview still there.
    held = Incident(7, START, private=True, draft=PublicPost("Slow", PublicStatus.INVESTIGATING, "We look."))
    with pytest.raises(Refused, match="INC-7 is private"):
        Story(incident=held).give(APPROVE)


BECAME = [
    ("nothing told", (), "INC-7 · Made private"),
    ("an open post", RED, "1 public post of it stays on the status page: customers have read it. The status page still "
     "shows Volumes (AZ 1) degraded: INC-7 publish resolved TEXT. Nothing else of it can be published now."),
    ("an open post without components", WORD, "Customers still read “investigating”: INC-7 publish resolved TEXT."),
    ("resolved posts", SETTLED,
     "2 public posts of it stay on the status page: customers have read it; nothing more of it can be published."),
]  # fmt: skip


@pytest.mark.parametrize(("before", "said"), [row[1:] for row in BECAME], ids=[row[0] for row in BECAME])
def test_private_works_at_once_and_says_what_customers_go_on_reading(before, said):
    told = story(*before)
    text = replied(told, c.MakePrivate())
    assert told.incident.private
    assert said in text
    assert ("status page" in text) == bool(before)


# The end of an incident

ENDS = [
    ("decline", "triage", c.Decline(), c.Decline(reason="noise"), Status.DECLINED),
    ("cancel", "investigating", c.Cancel(), c.Cancel(reason="noise"), Status.CANCELLED),
    ("cancel in triage", "triage", c.Cancel(), c.Cancel(reason="noise"), Status.CANCELLED),
    ("status cancelled", "investigating", c.SetStatus(status=Status.CANCELLED),
     c.SetStatus(status=Status.CANCELLED, reason="noise"), Status.CANCELLED),
    ("merge", "investigating", c.Merge(into=8), c.Merge(into=8, reason="same switch"), Status.MERGED),
    ("close", "resolved", c.Close(), c.Close(reason="as it is"), Status.CLOSED),
]  # fmt: skip
TOLD = [
    ("a component is red", RED, "The status page still shows Volumes (AZ 1) degraded."),
    ("resolved, but a component is red", STILL_RED, "The status page still shows Volumes (AZ 1) degraded."),
]


@pytest.mark.parametrize(("posts", "why"), [row[1:] for row in TOLD], ids=[row[0] for row in TOLD])
@pytest.mark.parametrize(
    ("name", "status", "plain", "reasoned", "end"), [pytest.param(*row, id=row[0]) for row in ENDS]
)
def test_nothing_ends_under_a_page_that_still_tells_of_it_unless_somebody_says_why(
    name, status, plain, reasoned, end, posts, why
):
    told = story(*posts, status=Status(status))
    with pytest.raises(StillDisturbed) as caught:
        told.give(plain)
    said = refused(caught.value, NAMES).to_plain().splitlines()
    verb = {"merge": "merge INC-8", "status cancelled": "cancel", "cancel in triage": "cancel"}.get(name, name)
    assert said == [
        why,
        "INC-7 publish resolved TEXT, then INC-7 publish approve; "
        f"or INC-7 {verb} reason=WHY if the page is right as it is.",
    ]
    assert f"{why[:-1]}: INC-7 publish resolved TEXT." in replied(told, reasoned)
    assert told.incident.status is end
    # And it can still be brought to its end there.
    told.give(draft("resolved"))
    told.give(APPROVE)
    assert not told.incident.unsettled


@pytest.mark.parametrize(
    ("name", "status", "plain", "reasoned", "end"), [pytest.param(*row, id=row[0]) for row in ENDS]
)
def test_words_that_were_not_brought_to_their_end_hold_up_nobody_and_are_told(name, status, plain, reasoned, end):
    told = story(*WORD, status=Status(status))
    assert "Customers still read “investigating”: INC-7 publish resolved TEXT." in replied(told, plain)
    assert told.incident.status is end


@pytest.mark.parametrize("posts", [(), SETTLED, (draft(),)], ids=["nothing told", "resolved", "a preview only"])
@pytest.mark.parametrize(("status", "plain", "end"), [pytest.param(*row[1:3], row[4], id=row[0]) for row in ENDS])
def test_what_customers_do_not_read_of_any_more_ends_without_a_question(posts, status, plain, end):
    told = story(*posts, status=Status(status))
    assert "status page" not in replied(told, plain)
    assert told.incident.status is end


def test_undoing_the_opening_under_an_open_post_is_refused_like_cancel():
    told = story(*RED)
    with pytest.raises(StillDisturbed, match="volumes") as caught:
        told.give(c.Undo(by="ana", event=1))
    assert "`INC-7 cancel reason=WHY`" in caught.value.hint


@pytest.mark.parametrize(
    ("ending", "instead"),
    [(c.Cancel(reason="noise"), "cancel"), (c.Close(reason="as it is"), "resolve")],
    ids=["cancelled", "closed"],
)
def test_undoing_a_reopening_does_not_end_it_under_a_page_that_tells_of_it(ending, instead):
    status = Status.RESOLVED if isinstance(ending, c.Close) else INVESTIGATING
    told = story(ending, c.Reopen(), *RED, status=status)
    *before, reopening = told.history[:-2]
    ended = [recorded.event for recorded in before if isinstance(recorded.event, e.StatusChanged)][-1]
    assert isinstance(reopening.event, e.StatusChanged)
    assert (reopening.event.old, reopening.event.reopened) == (ended.new, True)
    with pytest.raises(StillDisturbed) as caught:
        told.give(c.Undo(by="ana", event=reopening.seq))
    assert f"`INC-7 {instead} reason=WHY`" in caught.value.hint
    assert told.incident.status is INVESTIGATING


# The preview

PREVIEWS = [
    ("in triage", Status.TRIAGE, "\nNobody has accepted INC-7 yet: INC-7 accept says that somebody works on it.\n"),
    ("when it is worked on", Status.INVESTIGATING, ""),
]


@pytest.mark.parametrize(("status", "said"), [row[1:] for row in PREVIEWS], ids=[row[0] for row in PREVIEWS])
def test_in_triage_one_may_publish_and_the_preview_says_that_nobody_has_accepted_it(status, said):
    text = replied(story(status=status), draft(volumes=S.DEGRADED))
    assert (said in text) if said else ("accepted" not in text)


def other(status: PublicStatus | None, **components: S) -> Incident:
    return Incident(107, START, public_status=status, components=components)


OPEN, OVER = PublicStatus.MONITORING, PublicStatus.RESOLVED
WORSE = [
    (
        "worse and open",
        other(OPEN, volumes=S.MAJOR_OUTAGE),
        {"volumes": S.MAJOR_OUTAGE},
        ["Volumes (AZ 1) in major outage"],
    ),
    (
        "maintenance is worse than operational",
        other(OPEN, volumes=S.MAINTENANCE),
        {"volumes": S.MAINTENANCE},
        ["Volumes (AZ 1) under maintenance"],
    ),
    ("the same", other(OPEN, volumes=S.OPERATIONAL), {}, []),
    ("another component", other(OPEN, compute=S.MAJOR_OUTAGE), {}, []),
    ("worse, but its post is resolved: the latest word counts", other(OVER, volumes=S.MAJOR_OUTAGE), {}, []),
    ("never published", other(None), {}, []),
]


@pytest.mark.parametrize(("beside", "worse", "seen"), [row[1:] for row in WORSE], ids=[row[0] for row in WORSE])
def test_an_open_post_of_another_incident_outweighs_a_better_word(beside, worse, seen):
    post = PublicPost("Slow", PublicStatus.RESOLVED, "Fast again.", {"volumes": S.OPERATIONAL})
    assert outweighing(beside, post) == worse
    told = story(*RED)
    text = replied(told, draft("resolved"), others=[beside, told.incident])
    said = [line for line in text.splitlines() if "still shows" in line]
    assert said == [f"INC-107 still shows {shown}, and the page shows the worst of both." for shown in seen]


TITLES = [
    ("components give the first", Kind.REAL, [("", "Volumes")], "Disruption of Volumes"),
    ("maintenance is called so", Kind.MAINTENANCE, [("", "Volumes")], "Maintenance of Volumes"),
    ("somebody's words win", Kind.MAINTENANCE, [("New switches", "Volumes")], "New switches"),
    ("later posts keep it", Kind.REAL, [("Slow disks", "Volumes"), ("", "Volumes and Compute")], "Slow disks"),
    ("later words win", Kind.REAL, [("", "Volumes"), ("Slow disks", "Volumes")], "Slow disks"),
]


@pytest.mark.parametrize(("kind", "posts", "title"), [row[1:] for row in TITLES], ids=[row[0] for row in TITLES])
def test_what_the_incident_is_called_for_customers(kind, posts, title):
    told = story(kind=kind)
    for given, subject in posts:
        told.give(c.DraftPublicPost(status=OPEN, text="We look.", title=given, subject=subject))
        told.give(APPROVE)
    assert told.incident.public_title == title


def test_neither_title_nor_components_are_the_incidents_own_title_which_nobody_masked():
    with pytest.raises(Refused, match="names what is disturbed, or has a title") as caught:
        story().give(c.DraftPublicPost(status=OPEN, text="We look."))
    assert refused(caught.value, NAMES).to_plain().splitlines()[1:] == [
        "Write: publish investigating TEXT comp=volumes:degraded_performance",
        "- Status: investigating, identified, monitoring, resolved",
        "- Components: volumes, compute",
        "- States: degraded_performance, partial_outage, major_outage, under_maintenance, operational",
    ]


def test_who_approves_without_a_preview_reads_how_one_is_made():
    with pytest.raises(Refused, match="no preview to approve") as caught:
        story().give(APPROVE)
    assert "comp=volumes:degraded_performance" in refused(caught.value, NAMES).to_plain()


ADDRESS = "https://status.example.org/incidents/INC-7"


@pytest.mark.parametrize(
    ("addresses", "said"),
    [
        ((ADDRESS,), f"They read it at {ADDRESS}"),
        ((ADDRESS, "https://b.example.org"), f"They read it at {ADDRESS} and https://b.example.org"),
        ((), "INC-7 publish shows its address as soon as it is posted."),
    ],
)
def test_who_approves_is_told_where_customers_read_it(addresses, said):
    told = story(draft())
    assert said in replied(told, APPROVE, addresses=addresses).splitlines()
    shown = standing.public_document(told.incident, components=NAMES, addresses=addresses).to_plain()
    assert ("Address: " in shown) is bool(addresses)
    assert all(address in shown for address in addresses)


def test_a_post_that_reached_a_page_is_remembered_with_its_address():
    told = story(*RED, c.RecordPost(number=1, page="page", link=ADDRESS), c.RecordPost(number=1, page="other", link=""))
    assert told.incident.public_links == {"page": ADDRESS}
    names = Names(public_addresses=lambda ref: (f"https://page/{ref}",))
    assert Answers(None, None, names, None).addresses(told.incident) == [ADDRESS]
    assert Answers(None, None, names, None).addresses(story().incident) == ["https://page/INC-7"]


def test_before_the_first_post_publish_alone_shows_how_one_is_written():
    many = {f"volumes-az{number}": "Volumes" for number in range(40)}
    shown = standing.public_document(story().incident, components=many).to_plain()
    assert "comp=volumes-az0:degraded_performance" in shown
    assert "volumes-az39" in shown


@pytest.mark.parametrize("kind", [Kind.DRILL, Kind.NEARMISS])
def test_a_drill_and_a_near_miss_are_never_published(kind):
    told = story(kind=kind)
    for command in (draft(), APPROVE):
        with pytest.raises(Refused, match="never goes on the status page"):
            told.give(step(command))
    # Nor would what somehow stood on its timeline.
    event = e.PublicPostPublished(at=START, number=1, post=PublicPost("x", OPEN, "y"))
    assert plan(told.incident, event, Policy(status_pages=("page",))) == []


# The time a post carries


def test_the_preview_shows_the_time_that_a_post_carries_and_what_is_published_keeps_it():
    began = START - timedelta(days=1)
    told = story(kind=Kind.RETRO, status=Status.RESOLVED)
    late = replace(draft(volumes=S.DEGRADED), when=began)
    assert "On the page it carries the time 2026-11-19 14:00 UTC." in replied(told, late)
    shown = standing.public_document(told.incident, components=NAMES, zone="Europe/Berlin").to_plain()
    assert "On the page it carries the time 2026-11-19 15:00 CET." in shown
    assert "taken out" not in shown
    (published,) = [recorded.event for recorded in told.give(APPROVE)]
    assert isinstance(published, e.PublicPostPublished)
    assert (published.at, published.shown_at) == (told.now, began)
    assert "dated 2026-11-19 14:00 UTC" in sentence(published, str)


def test_a_post_carries_the_time_at_which_it_is_published_unless_somebody_says_another():
    told = story(draft())
    assert "carries the time" not in standing.public_document(told.incident, components=NAMES).to_plain()
    (published,) = [recorded.event for recorded in told.give(APPROVE)]
    assert isinstance(published, e.PublicPostPublished)
    assert published.shown_at == published.at == told.now
    assert "dated" not in sentence(published, str)


def test_a_post_that_was_stored_before_it_could_carry_a_time_is_still_read():
    body = (
        '{"at": "2026-11-20T14:00:00Z", "number": 1, "post": {"title": "Slow volumes", "status": "investigating", '
        '"text": "We look into it.", "components": {"volumes": "degraded_performance"}}}'
    )
    event = codec.load_event("public_post_published", body)
    assert isinstance(event, e.PublicPostPublished)
    assert (event.post.when, event.shown_at) == (None, START)
