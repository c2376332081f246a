"""Any commands in any order: the rules hold, and the row is what the events make."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.incident import commands as c
from bot.incident.attachment import Attachment
from bot.incident.events import (
    IncidentOpened,
    PageAcknowledged,
    PageSent,
    PagingEnded,
    PeoplePaged,
    PublicPostPublished,
    Recorded,
    StatusChanged,
)
from bot.incident.evolve import replay
from bot.incident.model import Incident, Mark, Moment, PublicStatus, Refused, Status
from bot.incident.paging import NOBODY_ACKNOWLEDGED
from tests.builders import Step, Story, step
from tests.commands import OPENINGS, PERSONS, STEPS

MESSAGES = st.sampled_from(["c1", "c2"])
OVER = frozenset({Status.RESOLVED, Status.REVIEW, Status.CLOSED, Status.DECLINED, Status.CANCELLED, Status.MERGED})


def visible(incident: Incident | None) -> tuple[object, ...]:
    """What undo promises to give back."""
    assert incident is not None
    tasks = [task for task in incident.tasks if not task.dropped]
    followups = [item for item in incident.followups if item.outcome != "dropped"]
    work = (tasks, followups, incident.draft, incident.summary, incident.impact)
    return (incident.status, incident.severity, dict(incident.roles), incident.title, dict(incident.moments), *work)


class Incidents(RuleBasedStateMachine):
    """One incident; whatever is not allowed must be refused, and nothing else may be raised."""

    story: Story

    @initialize(opening=OPENINGS)
    def opens(self, opening: c.Open) -> None:
        self.story = Story()
        self.read_by_all: set[tuple[str, str]] = set()
        self.words = 0
        self.removed: set[str] = set()
        self.story.give(opening)

    def attempt(self, given: Step) -> list[Recorded]:
        """What it made happen; nothing when it was refused, and then nothing has changed. Any other exception fails."""
        before = self.story.incident, self.story.history
        try:
            done = self.story.give(given)
        except Refused:
            assert (self.story.incident, self.story.history) == before
            return []
        if done and isinstance(given.command, c.RecordRoom):
            room = (given.command.platform, given.command.room)
            (self.read_by_all.discard if given.command.private else self.read_by_all.add)(room)
        return done

    @rule(given=STEPS)
    def anything_may_be_tried(self, given: Step) -> None:
        self.attempt(given)

    @rule(given=STEPS, by=PERSONS, data=st.data())
    def undo_takes_back_what_was_just_done(self, given: Step, by: str, data: st.DataObject) -> None:
        before = visible(self.story.incident)
        done = self.attempt(given)
        if not done or isinstance(given.command, c.Undo):
            return
        undone = self.attempt(step(c.Undo(by=by, event=data.draw(st.sampled_from(done)).seq), by=by))
        if undone:
            assert visible(self.story.incident) == before

    @rule(message=MESSAGES, what=st.sampled_from([c.Note, c.AddTask, c.AddFollowUp, c.EditMessage]))
    def somebody_takes_or_edits_a_message(self, message: str, what: type[c.Command]) -> None:
        self.words += 1
        text = f"secret number {self.words} of {message}"
        file = Attachment(f"graph of {message}", place=f"place of {message}")
        given: dict[type[c.Command], c.Command] = {
            c.Note: c.Note(mark=Mark.PROPOSAL, text=text, message=message, files=(file,)),
            c.AddTask: c.AddTask(text=text, message=message, files=(file,)),
            c.AddFollowUp: c.AddFollowUp(text=text, message=message, files=(file,)),
            c.EditMessage: c.EditMessage(message=message, text=text),
        }
        self.attempt(step(given[what], source="message" if what is c.EditMessage else "reaction"))

    @rule(message=MESSAGES, failed=st.sampled_from(["", "it is gone"]))
    def a_file_is_kept_or_not(self, message: str, failed: str) -> None:
        came = c.RecordFile(message=message, number=0, sha256=f"sum of {message}", failed=failed)
        self.attempt(step(came, source="delivery"))

    @rule(data=st.data())
    def somebody_quotes_a_message_to_customers(self, data: st.DataObject) -> None:
        kept = [text for recorded in self.story.history if "secret" in (text := getattr(recorded.event, "text", ""))]
        if kept:
            post = f"So it is said: {data.draw(st.sampled_from(kept))}!"
            self.attempt(step(c.DraftPublicPost(status=PublicStatus.MONITORING, title="Disruption", text=post)))

    @rule(message=MESSAGES)
    def a_message_is_removed(self, message: str) -> None:
        if self.attempt(step(c.RemoveMessage(message=message), source="message")):
            self.removed.add(message)

    @invariant()
    def what_was_removed_is_nowhere_but_where_customers_read_it(self) -> None:
        kept = [r for r in self.story.history if not isinstance(r.event, PublicPostPublished)]
        everything = repr((kept, self.story.incident))
        assert [message for message in self.removed if f"of {message}" in everything] == []

    @invariant()
    def the_row_is_what_the_events_make(self) -> None:
        events = [recorded.event for recorded in self.story.history]
        assert replay(self.story.number, events) == self.story.incident

    @invariant()
    def the_version_counts_the_events(self) -> None:
        incident = self.story.incident
        assert incident is not None
        assert incident.version == len(self.story.history)
        assert [recorded.seq for recorded in self.story.history] == list(range(1, incident.version + 1))

    @invariant()
    def nobody_is_asked_for_what_is_over(self) -> None:
        incident = self.story.incident
        assert incident is not None
        if incident.status in OVER:
            assert incident.paging is None or not incident.paging.waiting
            assert incident.promise is None

    @invariant()
    def what_is_known_of_pages_is_of_people_who_were_paged_and_of_events_that_are_there(self) -> None:
        incident = self.story.incident
        assert incident is not None
        if (held := incident.paging) is None:
            return
        asked = {r.seq: r.event.people for r in self.story.history if isinstance(r.event, PeoplePaged)}
        assert all(person in asked[paged.event] for person, paged in held.pages.items())
        sent = {f"{r.event.person}:{r.event.way}": r.seq for r in self.story.history if isinstance(r.event, PageSent)}
        assert held.sent.items() <= sent.items()
        assert not (held.acknowledged_by and held.next_at)

    @invariant()
    def nobody_is_woken_after_an_answer_but_by_somebodys_word(self) -> None:
        """An answer or an end, and then a clock or a page that failed: whoever comes second changes nothing."""
        waiting = False
        for recorded in self.story.history:
            match recorded.event:
                case PeoplePaged(reason=reason):
                    assert waiting or not reason.startswith((NOBODY_ACKNOWLEDGED, "no page got through"))
                    waiting = True
                case PageAcknowledged() | PagingEnded():
                    waiting = False
                case _:
                    pass

    @invariant()
    def a_private_incident_is_worked_on_in_no_room_that_everybody_reads(self) -> None:
        incident = self.story.incident
        assert incident is not None
        live = {(platform, room.id) for platform, room in incident.rooms.items() if room.live}
        assert not (incident.private and live & self.read_by_all)

    @invariant()
    def a_status_follows_from_the_one_before(self) -> None:
        status = None
        for recorded in self.story.history:
            match recorded.event:
                case IncidentOpened(status=opened):
                    status = opened
                case StatusChanged(old=old, new=new):
                    assert old is status
                    status = new
                case _:
                    pass


def test_undoing_a_reopening_ends_the_paging_it_allowed() -> None:
    rung = c.Rung("policy:platform", 0, 1, ("ben",), timedelta(minutes=5))
    story = Story()
    for command in (c.Open(title="Volumes slow"), c.Resolve(), c.Reopen(), c.Page(target="policy:platform", rung=rung)):
        story.give(command)
    story.give(c.Undo(by="ana", event=3))
    assert story.incident is not None
    assert story.incident.status is Status.RESOLVED
    assert story.incident.paging is not None
    assert not story.incident.paging.waiting


def test_undoing_monitoring_takes_back_that_the_impact_was_stopped() -> None:
    story = Story()
    for command in (c.Open(title="Volumes slow"), c.SetStatus(status=Status.MONITORING), c.Undo(by="ana")):
        story.give(command)
    assert story.incident is not None
    assert story.incident.status is Status.INVESTIGATING
    assert Moment.MITIGATED not in story.incident.moments


TestIncidents = Incidents.TestCase
TestIncidents.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
