"""What follows when people are paged: by which ways, in which order, and what is withdrawn."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.evolve import evolve
from bot.incident.model import Incident, Kind, Paging, Person, Room, Severity, Status
from bot.incident.paging import escalate, record_page
from bot.incident.plan import Policy, plan
from tests.builders import START

MINUTE = timedelta(minutes=1)
ANA = Person(
    "ana",
    "Ana Ruiz",
    ways=("ntfy", "email", "sms"),
    waits={"email": 2 * MINUTE, "sms": 5 * MINUTE},
)
BEN = Person("ben", "Ben Okafor", ways=("email", "gotify"))
SERVICE = Person("pager:pagerduty", "pagerduty", ways=("pagerduty",))
POLICY = Policy(
    platforms=("console",),
    people={one.id: one for one in (ANA, BEN, SERVICE)},
    quiet=frozenset({Severity.SEV3, Severity.SEV4}),
    pushes=frozenset({"ntfy", "gotify"}),
    settling=frozenset({"pagerduty"}),
)


def an_incident(severity: Severity = Severity.SEV1) -> Incident:
    room = {"console": Room("r1", "https://chat.example.org/r1")}
    return Incident(7, START, version=1, status=Status.INVESTIGATING, severity=severity, title="Down", rooms=room)


def paged(*people: str, step: int = 0, round: int = 0, **more: object) -> e.PeoplePaged:
    at = START + (step + 10 * round) * MINUTE
    given = {"ladder": "platform", "step": step, "round": round, "people": people, "next_at": at + 5 * MINUTE, **more}
    return e.PeoplePaged(at=at, **given)


def after(incident: Incident, *events: e.Event, policy: Policy = POLICY) -> tuple[Incident, list[f.Planned]]:
    """The incident after them, and what the last one asks for beside what is shown in chat."""
    planned: list[f.Planned] = []
    for event in events:
        incident = evolve(incident, event)
        planned = plan(incident, event, policy)
    shown = (f.RefreshCard, f.Tell, f.SetTopic, f.Announce, f.Invite)
    return incident, [effect for effect in planned if not isinstance(effect, shown)]


def pages(effects: list[f.Planned]) -> list[tuple[str, str, timedelta]]:
    """Who by what, and how long after START (0: at once)."""
    found = [effect for effect in effects if isinstance(effect, f.SendPage)]
    return [(page.person, page.way, page.due - START if page.due else timedelta()) for page in found]


def test_a_person_is_paged_by_each_way_after_its_wait() -> None:
    _, effects = after(an_incident(), paged("ana", "ben"))
    assert pages(effects) == [
        ("ana", "ntfy", 0 * MINUTE),
        ("ana", "email", 2 * MINUTE),
        ("ana", "sms", 5 * MINUTE),
        ("ben", "email", 0 * MINUTE),
        ("ben", "gotify", 0 * MINUTE),
    ]
    assert f.WakeEscalation("platform", 0, 0, START + 5 * MINUTE) in effects
    assert not any(isinstance(effect, f.Cancel) and effect.lanes for effect in effects)
    assert {effect.asked for effect in effects if isinstance(effect, f.SendPage)} == {2}


def test_a_quiet_severity_pages_by_push_only_and_by_the_first_way_whoever_has_no_push() -> None:
    cem = Person("cem", "Cem", ways=("sms", "email"), waits={"sms": 3 * MINUTE})
    policy = Policy(people={**POLICY.people, "cem": cem}, quiet=POLICY.quiet, pushes=POLICY.pushes)
    _, effects = after(an_incident(Severity.SEV3), paged("ana", "ben", "cem"), policy=policy)
    assert pages(effects) == [("ana", "ntfy", 0 * MINUTE), ("ben", "gotify", 0 * MINUTE), ("cem", "sms", 0 * MINUTE)]


def test_when_it_gets_worse_the_ways_that_were_kept_quiet_are_used_too() -> None:
    quiet, _ = after(an_incident(Severity.SEV3), paged("ana"))
    change = e.SeverityChanged(at=START + MINUTE, old=Severity.SEV3, new=Severity.SEV1)
    _, effects = after(quiet, change)
    # In minutes after it got worse; START plus one.
    assert pages(effects) == [("ana", "email", 0 * MINUTE), ("ana", "sms", 4 * MINUTE)]
    assert not [effect for effect in effects if isinstance(effect, f.Cancel)]
    _, unchanged = after(quiet, e.SeverityChanged(at=START + MINUTE, old=Severity.SEV3, new=Severity.SEV4))
    assert pages(unchanged) == []


def test_a_way_that_fails_brings_the_next_one_forward_and_the_others_with_it() -> None:
    failed = e.PageFailed(at=START + MINUTE, person="ana", way="ntfy", reason="no")
    _, effects = after(an_incident(), paged("ana"), failed)
    assert pages(effects) == [("ana", "email", 0 * MINUTE), ("ana", "sms", 4 * MINUTE)]
    assert effects[0] == f.Cancel(("send_page",), ("7:page:ana:email", "7:page:ana:sms"))


def test_what_was_due_at_once_and_is_not_begun_stays_when_another_way_fails() -> None:
    """In a storm many pages wait their turn: the first one that fails must not take the others with it."""
    dan = Person("dan", "Dan", ways=("ntfy", "gotify", "sms"), waits={"sms": 5 * MINUTE})
    policy = Policy(people={"dan": dan})
    failed = e.PageFailed(at=START + MINUTE, person="dan", way="ntfy", reason="no")
    _, effects = after(an_incident(), paged("dan"), failed, policy=policy)
    assert pages(effects) == [("dan", "sms", 0 * MINUTE)]
    assert [x.lanes for x in effects if isinstance(x, f.Cancel)] == [("7:page:dan:sms",)]


def test_the_next_way_is_the_next_in_time_in_whatever_order_they_are_written() -> None:
    eva = Person("eva", "Eva", ways=("sms", "ntfy"), waits={"sms": 5 * MINUTE})
    policy = Policy(people={"eva": eva})
    failed = e.PageFailed(at=START + MINUTE, person="eva", way="ntfy", reason="no")
    assert pages(after(an_incident(), paged("eva"), failed, policy=policy)[1]) == [("eva", "sms", 0 * MINUTE)]


def test_who_has_no_way_and_is_asked_again_withdraws_nobody_elses_page() -> None:
    fay = Person("fay", "Fay")
    policy = Policy(people={"ana": ANA, "fay": fay})
    incident, _ = after(an_incident(), paged("ana", "fay", "gone"), policy=policy)
    _, effects = after(incident, paged("ana", "fay", "gone", round=1), policy=policy)
    cancels = [x for x in effects if isinstance(x, f.Cancel) and "send_page" in x.kinds]
    # Of nobody's lanes nothing is withdrawn; it is no word for all of them.
    assert [x.lanes for x in cancels] == [("7:page:ana:ntfy", "7:page:ana:email", "7:page:ana:sms"), ()]


def test_what_goes_by_a_way_that_is_not_brought_forward_is_not_withdrawn() -> None:
    """Ben has both ways at once: when one fails, the other may not have begun."""
    failed = e.PageFailed(at=START, person="ben", way="email", reason="no")
    _, effects = after(an_incident(), paged("ben"), failed)
    assert effects == []


def test_a_way_that_was_due_at_that_moment_is_on_its_way_and_not_brought_again() -> None:
    failed = e.PageFailed(at=START + 2 * MINUTE, person="ana", way="ntfy", reason="no")
    assert pages(after(an_incident(), paged("ana"), failed)[1]) == [("ana", "sms", 0 * MINUTE)]


def test_a_way_that_was_brought_forward_and_failed_is_not_tried_again_and_again() -> None:
    fails = [e.PageFailed(at=START + MINUTE, person="ana", way=way, reason="no") for way in ("ntfy", "email")]
    incident, effects = after(an_incident(), paged("ana"), *fails)
    assert pages(effects) == [("ana", "sms", 0 * MINUTE)]
    assert pages(after(incident, e.PageFailed(at=START + MINUTE, person="ana", way="sms", reason="no"))[1]) == []
    # Nor when the next one is asked in between.
    asked, _ = after(incident, paged("ben", step=1))
    assert pages(after(asked, e.PageFailed(at=START + MINUTE, person="ana", way="sms", reason="no"))[1]) == []
    # Asked again, they may be reached.
    again, _ = after(asked, paged("ana", round=1))
    assert again.paging is not None
    assert again.paging.failed == ()


def test_what_was_sent_meanwhile_is_not_brought_forward() -> None:
    sent = e.PageSent(at=START + MINUTE, person="ana", way="email")
    failed = e.PageFailed(at=START + MINUTE, person="ana", way="ntfy", reason="no")
    assert pages(after(an_incident(), paged("ana"), sent, failed)[1]) == [("ana", "sms", 0 * MINUTE)]


def test_a_clock_that_was_set_for_a_rung_that_was_begun_anew_meanwhile_asks_nobody() -> None:
    from bot.incident.paging import escalate

    incident, _ = after(an_incident(), paged("ana"), paged("ben"))
    rung = c.Rung("platform", 1, 0, ("ben",), 5 * MINUTE)
    clock = c.Escalate(ladder="platform", step=1, round=0, rung=rung, due=START + 4 * MINUTE)
    assert escalate(incident, clock, START + 5 * MINUTE) == []
    in_time = replace(clock, due=START + 5 * MINUTE)
    assert [type(event) for event in escalate(incident, in_time, START + 5 * MINUTE)] == [e.PeoplePaged]


def test_a_way_that_fails_when_all_others_were_due_brings_nothing() -> None:
    failed = e.PageFailed(at=START + 6 * MINUTE, person="ana", way="email", reason="no")
    assert pages(after(an_incident(), paged("ana"), failed)[1]) == []
    had = e.PageAcknowledged(at=START, person="ben")
    early = e.PageFailed(at=START + MINUTE, person="ana", way="ntfy", reason="no")
    assert pages(after(an_incident(), paged("ana"), had, early)[1]) == []


def test_who_is_paged_again_has_one_page_outstanding() -> None:
    """What of the earlier one has not begun is withdrawn before the new one is planned."""
    incident, _ = after(an_incident(), paged("ana"))
    _, effects = after(incident, paged("ana", "ben", round=1))
    withdrawn = [effect for effect in effects if isinstance(effect, f.Cancel) and effect.lanes]
    assert withdrawn == [f.Cancel(("send_page",), ("7:page:ana:ntfy", "7:page:ana:email", "7:page:ana:sms"))]
    assert effects.index(withdrawn[0]) < next(i for i, effect in enumerate(effects) if isinstance(effect, f.SendPage))


def test_a_page_that_went_out_after_they_were_asked_again_is_enough() -> None:
    late = e.PageSent(at=START + 12 * MINUTE, person="ana", way="ntfy")
    incident, _ = after(an_incident(), paged("ana"), paged("ana", round=1), late)
    assert incident.paging is not None
    assert incident.paging.went_out("ana", "ntfy", since=incident.paging.pages["ana"].event)
    assert not incident.paging.went_out("ana", "ntfy", since=incident.version)
    assert not incident.paging.went_out("ana", "email", since=0)


def test_a_page_of_an_earlier_round_is_not_enough_although_the_clock_was_set_back_meanwhile() -> None:
    early = e.PageSent(at=START + 40 * MINUTE, person="ana", way="ntfy")
    incident, _ = after(an_incident(), paged("ana"), early, paged("ana", round=1))
    assert incident.paging is not None
    assert not incident.paging.went_out("ana", "ntfy", since=incident.paging.pages["ana"].event)
    assert not incident.paging.reached()
    incident, _ = after(incident, e.PageSent(at=START, person="ana", way="ntfy"))
    assert incident.paging is not None
    assert incident.paging.reached()


def test_a_service_is_told_that_somebody_has_it_and_that_it_is_over() -> None:
    sent = (
        e.PageSent(at=START, person="pager:pagerduty", way="pagerduty"),
        e.PageSent(at=START, person="ana", way="ntfy"),
    )
    incident, _ = after(an_incident(), paged("pager:pagerduty", "ana"), *sent)
    answered, effects = after(incident, e.PageAcknowledged(at=START, person="ana"))
    assert [x for x in effects if isinstance(x, f.SettlePage)] == [f.SettlePage("pager:pagerduty", "pagerduty", "ana")]
    over = e.StatusChanged(at=START, old=Status.INVESTIGATING, new=Status.RESOLVED)
    _, effects = after(answered, over)
    assert [x for x in effects if isinstance(x, f.SettlePage)] == [f.SettlePage("pager:pagerduty", "pagerduty")]
    merged = e.MergedInto(at=START, into=3, old=Status.INVESTIGATING)
    assert f.SettlePage("pager:pagerduty", "pagerduty") in after(answered, merged)[1]


def test_where_somebody_answered_at_the_service_it_is_not_told_so() -> None:
    sent = e.PageSent(at=START, person="pager:pagerduty", way="pagerduty")
    answer = e.PageAcknowledged(at=START, person="ana", via="pagerduty")
    _, effects = after(an_incident(), paged("pager:pagerduty"), sent, answer)
    assert not [x for x in effects if isinstance(x, f.SettlePage)]


def test_an_answer_at_the_provider_settles_the_other_pages_there_too() -> None:
    """Ana's phone is quiet when she presses its button; Ben's would ring on for an hour."""
    sent = [e.PageSent(at=START, person=person, way="pagerduty") for person in ("ana", "ben")]
    answer = e.PageAcknowledged(at=START, person="ana", via="pagerduty")
    _, effects = after(an_incident(), paged("ana", "ben"), *sent, answer)
    assert f.SettlePage("ben", "pagerduty", "ana") in effects


@pytest.mark.parametrize(
    ("then", "told"),
    [
        (e.PageAcknowledged(at=START, person="ana"), f.SettlePage("pager:pagerduty", "pagerduty", "ana")),
        (
            e.StatusChanged(at=START, old=Status.INVESTIGATING, new=Status.RESOLVED),
            f.SettlePage("pager:pagerduty", "pagerduty"),
        ),
    ],
)
def test_a_page_that_was_on_its_way_when_it_was_answered_is_settled_behind_it(
    then: e.Event, told: f.SettlePage
) -> None:
    incident, _ = after(an_incident(), paged("pager:pagerduty"), then)
    _, effects = after(incident, e.PageSent(at=START, person="pager:pagerduty", way="pagerduty"))
    assert effects == [told]


def test_a_phone_that_rang_after_the_answer_is_told_nothing() -> None:
    incident, _ = after(an_incident(), paged("ana"), e.PageAcknowledged(at=START, person="ben"))
    assert after(incident, e.PageSent(at=START, person="ana", way="ntfy"))[1] == []


def test_a_service_is_invited_into_no_room() -> None:
    incident = evolve(an_incident(), event := paged("pager:pagerduty", "ana"))
    assert [x.people for x in plan(incident, event, POLICY) if isinstance(x, f.Invite)] == [("ana",)]
    assert incident.responders == ("ana",)


def test_when_nobody_answers_it_is_called_out_and_the_room_shows_how_people_are_reached() -> None:
    ended = e.PagingEnded(at=START, ladder="platform", exhausted=True, reason="nobody acknowledged")
    _, effects = after(an_incident(), paged("ana"), ended)
    assert effects == [f.Cancel(("wake_escalation",)), f.CallOut("console"), f.ShowContacts("console")]


def test_a_private_incident_is_called_out_nowhere() -> None:
    made = e.MadePrivate(at=START)
    ended = e.PagingEnded(at=START, ladder="platform", exhausted=True)
    assert not [x for x in after(an_incident(), paged("ana"), made, ended)[1] if isinstance(x, f.CallOut)]


def test_when_no_page_got_through_the_room_shows_how_people_are_reached_while_the_next_are_paged() -> None:
    _, effects = after(an_incident(), paged("ana"), paged("ben", step=1, unreached=True))
    assert f.ShowContacts("console") in effects
    _, effects = after(an_incident(), paged("ana"), paged("ben", step=1))
    assert f.ShowContacts("console") not in effects


def test_whether_those_who_were_asked_were_reached_is_decided_when_the_next_are() -> None:
    incident, _ = after(an_incident(), paged("ana"))
    rung = c.Rung("platform", 1, 0, ("ben",), 5 * MINUTE)
    clock = c.Escalate(ladder="platform", step=1, round=0, rung=rung)
    (unheard,) = escalate(incident, clock, START + 5 * MINUTE)
    assert isinstance(unheard, e.PeoplePaged)
    assert unheard.unreached
    sent, _ = after(incident, e.PageSent(at=START, person="ana", way="ntfy"))
    (heard,) = escalate(sent, clock, START + 5 * MINUTE)
    assert isinstance(heard, e.PeoplePaged)
    assert not heard.unreached


def test_a_page_that_its_provider_took_and_could_not_deliver_reached_nobody() -> None:
    taken = e.PageSent(at=START, person="ana", way="sms")
    undelivered = e.PageFailed(at=START + MINUTE, person="ana", way="sms", reason="the telephone is off")
    again = e.PageSent(at=START + 2 * MINUTE, person="ana", way="sms")
    reached = []
    for events in ([taken], [taken, undelivered], [taken, undelivered, again]):
        incident, _ = after(an_incident(), paged("ana"), *events)
        assert incident.paging is not None
        reached.append(incident.paging.reached())
    assert reached == [True, False, True]


def test_when_the_last_way_fails_after_its_provider_took_the_page_they_were_not_reached() -> None:
    incident, _ = after(an_incident(), paged("ana"), e.PageSent(at=START, person="ana", way="sms"))
    command = c.RecordPage(
        person="ana",
        way="sms",
        failed="nobody picked up",
        ladder="platform",
        step=0,
        round=0,
        nobody_left=True,
        rung=c.Rung("platform", 1, 0, ("ben",)),
    )
    failed, asked = record_page(incident, command, START + MINUTE)
    assert isinstance(failed, e.PageFailed)
    assert isinstance(asked, e.PeoplePaged)
    assert (asked.people, asked.unreached) == (("ben",), True)


def test_who_was_reached_the_last_time_was_not_reached_when_asked_again() -> None:
    sent = e.PageSent(at=START, person="ana", way="ntfy")
    incident, _ = after(an_incident(), paged("ana"), sent)
    assert incident.paging is not None
    assert incident.paging.reached()
    again, _ = after(incident, paged("ana", round=1))
    assert again.paging is not None
    assert not again.paging.reached()


def test_a_ladder_of_the_release_before_is_not_said_to_have_reached_nobody() -> None:
    """Its pages went out, and nobody wrote down which."""
    before = Paging("platform", 0, 0, ("ana",), START, START + 5 * MINUTE)
    incident = replace(an_incident(), paging=before)
    clock = c.Escalate(ladder="platform", step=1, round=0, rung=c.Rung("platform", 1, 0, ("ben",), 5 * MINUTE))
    (asked,) = escalate(incident, clock, START + 5 * MINUTE)
    assert isinstance(asked, e.PeoplePaged)
    assert not asked.unreached
    nobody, _ = after(an_incident(), paged("ana"))
    (asked,) = escalate(nobody, clock, START + 5 * MINUTE)
    assert isinstance(asked, e.PeoplePaged)
    assert asked.unreached


def test_a_drill_pages_nobody() -> None:
    from bot.incident.model import Refused
    from bot.incident.paging import page

    drill = Incident(8, START, kind=Kind.DRILL)
    with pytest.raises(Refused, match="pages nobody"):
        page(drill, c.Page(target="person:ana"), START)
