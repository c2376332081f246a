"""`pm lint` looks at what was written to be read, not at what people said while it went on."""

from __future__ import annotations

from bot.chat.rereading import SHOWN, Asked, rereading_document
from bot.incident import commands as c
from bot.incident.model import Mark, PublicStatus
from bot.postmortem.gather import facts
from bot.postmortem.reread import reread
from tests.builders import PEOPLE, Story

NAMES = ("Ana Ruiz", "Ben Okafor", "Cleo Weiß")


def found(story: Story) -> list[tuple[str, str]]:
    assert story.incident is not None
    asked = reread(facts(story.history, people=PEOPLE), story.incident.draft, NAMES)
    return [(one.where, one.finding.words) for one in asked]


def test_what_will_be_read_is_looked_at_in_the_order_of_the_draft() -> None:
    story = Story()
    story.give(c.Open(title="A disaster in az2"))
    story.give(c.DescribeImpact(text="Customers saw errors, which should have been caught"))
    story.give(c.AddFollowUp(text="Remind everyone to drain nodes"))
    story.give(c.AddFollowUp(text="Retrain the team"))
    story.give(c.DraftPublicPost(status=PublicStatus.INVESTIGATING, title="Human error", text="It was human error."))
    story.give(c.ApprovePublicPost())
    story.give(c.DraftPublicPost(status=PublicStatus.RESOLVED, title="Human error", text="The cause was a disaster."))
    story.give(c.Resolve(summary="Ben forgot the flag"))
    assert found(story) == [
        ("Title", "disaster"),
        ("Impact", "should have been"),
        ("Resolution", "Ben forgot"),
        ("Follow-up 1", "Remind everyone"),
        ("Follow-up 2", "Retrain the team"),
        ("Public post 1, title", "Human error"),
        ("Public post 1", "human error"),
        ("Preview", "The cause was"),
        ("Preview", "disaster"),
    ]


def test_what_people_said_while_it_went_on_and_what_was_dropped_are_not() -> None:
    story = Story()
    story.give(c.Open(title="Volumes slow"))
    for mark in (Mark.NOTE, Mark.HYPOTHESIS, Mark.DECISION, Mark.KEY_MOMENT, Mark.QUESTION, Mark.LUCKY):
        story.give(c.Note(text="Ben forgot the flag, what a disaster", mark=mark))
    story.give(c.AddTask(text="Tell Ben to be more careful"))
    story.give(c.PostUpdate(text="It was human error"))
    story.give(c.AddFollowUp(text="Remind everyone to drain nodes"))
    story.give(c.ChangeFollowUp(followup=1, outcome="dropped"))
    assert found(story) == []


def asked(number: int) -> list[Asked]:
    return [Asked(f"Follow-up {n}", "Remind everyone", "Which change?") for n in range(1, number + 1)]


def test_a_few_findings_are_shown_and_the_rest_is_counted() -> None:
    one = rereading_document("INC-7", asked(1)).to_plain()
    assert one.startswith(
        "INC-7: 1 place to read again\n- Follow-up 1: “Remind everyone” – Which change?\nLooked at: its title"
    )
    many = rereading_document("INC-7", asked(SHOWN + 2))
    assert many.summary == f"INC-7: {SHOWN + 2} places to read again"
    assert many.to_plain().count("Remind everyone") == SHOWN
    assert "And 2 more;" in many.to_plain()


def test_when_nothing_is_found_it_says_what_was_looked_at() -> None:
    assert rereading_document("INC-7", ()).to_plain() == (
        "INC-7: nothing to reword in its title, impact, resolution, follow-ups and what customers read."
    )
