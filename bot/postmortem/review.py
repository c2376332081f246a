"""The second half of a draft: what people considered, did, promised and will do, and what only they can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.incident.model import Kind, Mark, Moment
from bot.postmortem.facts import Facts, FollowUpFact, Line, PageFact
from bot.postmortem.markup import (
    COMMS,
    LEAD,
    ON_CALL,
    SCRIBE,
    ask,
    cite,
    clock,
    count,
    fact,
    quote,
    section,
    spent,
    table,
)
from bot.postmortem.words import escape, upper_first


def contributing_factors(known: Facts) -> list[str]:
    lines = _lines("Considered", known.said(Mark.HYPOTHESIS))
    if lines:
        lines.append(ask(LEAD, "Which of these held, which did not, and what showed it?"))
    else:
        lines.append(
            ask(LEAD, "Which explanations were considered on the way, also those that did not hold?", "hypothesis TEXT")
        )
    lines.append(ask(LEAD, "What set it off, and which conditions let that have this effect? Name several."))
    return lines


def mitigators(known: Facts) -> list[str]:
    lines: list[str] = []
    if mitigated := known.moments.get(Moment.MITIGATED):
        why = f": {quote(mitigated.reason)}" if mitigated.reason else ""
        lines.append(fact(f"The impact was stopped at {clock(mitigated.at)}{why}", (mitigated.ref,)))
    else:
        lines.append(ask(LEAD, "When was the impact stopped, and by what?", "status monitoring"))
    lines.append(ask(ON_CALL, "What kept it from becoming larger or longer?"))
    return lines


def recovery(known: Facts) -> list[str]:
    lines = _lines("Decided", known.said(Mark.DECISION)) + _lines("Key moment", known.said(Mark.KEY_MOMENT))
    for task in known.tasks:
        owner = f" for {task.owner}" if task.owner else ""
        lines.append(fact(f"Task {task.id}{owner}, {task.state}: {quote(task.text)}", task.refs))
    if known.resolution and known.resolution.text:
        lines.append(fact(f"Resolved with {quote(known.resolution.text)}", known.resolution.refs))
    if not lines:
        lines.append(ask(LEAD, "What was tried, in which order, and what worked?", "decide TEXT"))
    lines.append(ask(LEAD, "Which of these steps are temporary, and which last?"))
    return lines


def reflections(known: Facts) -> list[str]:
    lucky = _lines("Lucky", known.said(Mark.LUCKY))
    return [
        section(
            "What went well", [ask(ON_CALL, "What helped: a tool, a runbook, a habit, somebody who came?")], level=3
        ),
        section("What was hard", [ask(ON_CALL, "What cost time or nerves, and how could you tell?")], level=3),
        section("Where we got lucky", lucky or [ask(LEAD, "Where did chance help?", "note TEXT mark=lucky")], level=3),
    ]


def response(known: Facts) -> list[str]:
    lines = _paging(known) + _times(known)
    for tenure in known.tenures:
        upto = f" to {clock(tenure.end)}" if tenure.end else ""
        passed = ", taken over from another person" if tenure.handed_over else ""
        lines.append(fact(f"The role of {tenure.role} was held from {clock(tenure.start)}{upto}{passed}", tenure.refs))
    lines += [fact(f"{escape(line.text)} at {clock(line.at)}", line.refs) for line in known.severities]
    if known.kept:
        lines.append(fact(f"{count(len(known.kept), 'promised update')} came in time", known.kept))
    for promise in known.broken:
        came = f" came at {clock(promise.came)}" if promise.came else " has not come"
        lines.append(fact(f"The update promised for {clock(promise.promised)}{came}", promise.refs))
    lines += [fact(f"{escape(line.text)} at {clock(line.at)}", line.refs) for line in known.undelivered]
    if not any(tenure.role == "lead" for tenure in known.tenures):
        lines.append(ask(ON_CALL, "Who led the response, and from when?", "role lead @…"))
    if not known.paging.asked and known.kind and known.kind.value is Kind.REAL:
        lines.append(ask(ON_CALL, "Was anybody woken, and how?"))
    if not known.updates:
        lines.append(ask(LEAD, "How did the rest of the organisation learn how it stood?", "update TEXT next=30m"))
    lines.append(ask(LEAD, "How did the people who worked on it fare, and did they get rest afterwards?"))
    return lines


def _paging(known: Facts) -> list[str]:
    paging = known.paging
    lines = []
    for page in paging.asked:
        people = f"{', '.join(page.people)} {'was' if len(page.people) == 1 else 'were'}"
        paged = f"{upper_first(people)} paged at {clock(page.at)}, in {page.hour} hours{_place(page)}"
        lines.append(fact(paged, (page.ref,)))
    if paging.sent:
        lines.append(fact(f"{count(len(paging.sent), 'page')} went out", paging.sent))
    lines += [fact(escape(line.text), line.refs) for line in (*paging.failed, *paging.exhausted)]
    if paging.acknowledged:
        answer = paging.acknowledged
        lines.append(fact(f"{answer.text} at {clock(answer.at)}", answer.refs))
    elif paging.asked:
        lines.append(ask(ON_CALL, "Who answered the page, and when?"))
    if paging.waited:
        lines.append(fact(f"From the first page to the answer: {spent(paging.waited.value)}", paging.waited.refs))
    return lines


def _place(page: PageFact) -> str:
    """Where in its policy, or in which schedule; a person has no steps."""
    kind, _, name = page.ladder.rpartition(":")
    if not name or kind == "person":
        return ""
    return f", on call in {escape(name)}" if kind == "schedule" else f", step {page.step + 1} of {escape(name)}"


def _times(known: Facts) -> list[str]:
    gaps = known.gaps
    named = (
        ("From the declaration until it was acknowledged", gaps.acknowledge),
        ("From the start of the impact until it was stopped", gaps.mitigate),
        ("From the declaration until it was resolved", gaps.resolve),
        ("From the declaration to the first public post", gaps.first_public_post),
    )
    lines = [fact(f"{name}: {spent(gap.value)}", gap.refs) for name, gap in named if gap]
    for phase in known.phases:
        if phase.end and phase.status.open:
            lines.append(fact(f"{upper_first(phase.status)} for {spent(phase.end - phase.start)}", phase.refs))
    return lines


def learnings(known: Facts) -> list[str]:
    lines = _lines("Open question", known.said(Mark.QUESTION))
    if not lines:
        lines.append(ask(SCRIBE, "Which questions are still open?", "note TEXT mark=question"))
    lines.append(ask(LEAD, "What surprised those who were there? What do they know now that they did not know before?"))
    return lines


def action_items(known: Facts) -> list[str]:
    blocks: list[str] = []
    listed = [item for item in known.followups if item.outcome != "dropped"]
    if listed:
        blocks += table(
            ("#", "What", "Owner", "Due", "Done when", "State", "Evidence"), [_action(item) for item in listed]
        )
    else:
        blocks.append(
            ask(
                LEAD,
                "What will be changed, by whom and by when; and what was decided against, and why?",
                "followup TEXT owner=@… due=14d",
            )
        )
    for task in known.tasks:
        if task.state == "open":
            blocks.append(
                ask(LEAD, f"Task {task.id} is open: {quote(task.text)}. Does it become a follow-up? {cite(task.refs)}")
            )
    blocks.append(ask(LEAD, "Which of these keeps the same conditions from meeting again?"))
    return blocks


def _action(item: FollowUpFact) -> Sequence[str]:
    state = {"": "open", "done": "done"}.get(item.outcome, "")
    if item.outcome == "wontdo":
        state = f"decided not to, because {quote(item.reason)}" if item.reason else "decided not to"
    ended = item.outcome != ""
    return (
        str(item.id),
        escape(item.text),
        item.owner or ("–" if ended else "**Lead:** who takes it?"),
        f"{item.due:%Y-%m-%d}" if item.due else "–" if ended else "**Lead:** by when?",
        escape(item.done_when) or ("–" if ended else "**Lead:** how can we tell it is done?"),
        state,
        cite(item.refs),
    )


def customer_message(known: Facts, components: Mapping[str, str]) -> list[str]:
    lines: list[str] = []
    for post in known.posts:
        said = f"{clock(post.at)}, {post.status}: {quote(post.title)} {quote(post.text)}"
        states = ", ".join(
            f"{escape(components.get(name, name))} {state.value.replace('_', ' ')}"
            for name, state in sorted(post.components.items())
        )
        lines.append(fact(f"{said}{f' ({states})' if states else ''}", (post.ref,)))
    drill = known.kind is not None and known.kind.value in (Kind.DRILL, Kind.NEARMISS)
    if not lines and not drill:
        lines.append(ask(COMMS, "What were customers told, when and where?", "publish investigating TEXT"))
    lines.append(ask(COMMS, "Which words, reviewed and free of names, may tell others what was learned here?"))
    return lines


def evidence(known: Facts) -> list[str]:
    lines = [fact(f"Alert: {escape(sample.value)}", sample.refs) for sample in known.alerts.samples]
    lines += [fact(f"Link: <{link.value}>", link.refs) for link in known.links]
    lines += [
        fact(f"File: {quote(file.value)} (`klatsch export {known.ref} --to FOLDER` writes it)", file.refs)
        for file in known.files
    ]
    lines.append(ask(SCRIBE, "Which graphs, logs and changes show what happened? Link to them rather than pasting."))
    return lines


def _lines(what: str, said: Sequence[Line]) -> list[str]:
    return [fact(f"{what} at {clock(line.at)}: {quote(line.text)}", line.refs) for line in said]
