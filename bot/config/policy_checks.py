"""What is checked of policies: that each step asks somebody there is, and that none goes round in a circle."""

from __future__ import annotations

from bot.config.draft import Draft
from bot.config.models import StepEntry
from bot.config.oncall_checks import check_person
from bot.config.problems import Findings, quote, suggestion, under

MOST_STEPS = 100
"""Of a policy with those it goes on with; nobody waits for the last of more."""


def check_policies(draft: Draft, findings: Findings) -> None:
    names = draft.names["policies"]
    if draft.default_policy and draft.default_policy not in names:
        findings.error(
            "oncall.default",
            f"there is no policy {quote(draft.default_policy)}",
            suggestion(draft.default_policy, names, "Write it under `oncall.policies`."),
        )
    for name, policy in draft.policies.items():
        path = under("oncall.policies", name)
        if not policy.steps:
            findings.error(f"{path}.steps", "it is empty", "Give it at least one step.")
        for s, step in enumerate(policy.steps):
            _check_step(step, under(f"{path}.steps", s), draft, findings)
    if not any(findings.wrong(under("oncall.policies", name)) for name in draft.policies):
        for name in draft.policies:
            _check_circle(name, draft, findings)


def _check_step(step: StepEntry, path: str, draft: Draft, findings: Findings) -> None:
    page = f"{path}.page"
    if not step.page:
        findings.error(page, "it pages nobody", "Name a `schedule:NAME` or a `person:NAME`.")
    if len(step.page) > 1 and any(one.startswith("policy:") for one in step.page):
        findings.error(
            page, "a policy is asked beside others", "A policy that goes on with another one has it as a step."
        )
    elif step.page and step.page[0].startswith("policy:") and (step.wait or step.hours or step.pick != "all"):
        findings.error(
            path,
            "it goes on with another policy, and has something of its own",
            "Say `wait`, `hours` and `pick` there.",
        )
    for n, target in enumerate(step.page):
        _check_target(target, under(page, n), draft, findings)


def _check_target(page: str, path: str, draft: Draft, findings: Findings) -> None:
    kind, _, name = draft.target(page).partition(":")
    known = {
        "schedule": (draft.names["schedules"], "Write it under `oncall.schedules`."),
        "policy": (draft.names["policies"], "Write it under `oncall.policies`."),
        "pager": (draft.names["paging"], "Write it under `paging`."),
    }
    if kind in known:
        names, remedy = known[kind]
        if name not in names:
            findings.error(path, f"there is no {kind} {quote(name)}", suggestion(name, names, remedy))
    elif kind != "person":
        findings.error(
            path,
            f"{quote(page)} is neither a schedule nor a person",
            "Write `schedule:NAME`, `person:NAME`, `pager:NAME` or `policy:NAME`.",
        )
    elif ":" not in page and name not in draft.names["people"]:
        everybody = draft.names["schedules"] | draft.names["people"]
        findings.error(path, f"there is no schedule and no person {quote(name)}", suggestion(name, everybody))
    else:
        check_person(name, path, draft, findings)


def _check_circle(name: str, draft: Draft, findings: Findings) -> None:
    """A policy that goes on with one that goes on with it would never say that nobody answered."""
    steps, way = 0, [name]
    waiting: list[tuple[str, tuple[str, ...]]] = [(name, (name,))]
    while waiting and steps <= MOST_STEPS:
        policy, way_here = waiting.pop()
        for step in draft.policies[policy].steps:
            after = step.page[0].removeprefix("policy:") if step.page[0].startswith("policy:") else ""
            steps += not after
            if after in way_here:
                way = [*way_here, after]
                findings.error(
                    under("oncall.policies", name),
                    f"it goes round in a circle: {' → '.join(way)}",
                    "Let the last of them end with people.",
                )
                return
            if after:
                waiting.append((after, (*way_here, after)))
    if steps > MOST_STEPS:
        findings.error(
            under("oncall.policies", name),
            f"with the policies it goes on with it has more than {MOST_STEPS} steps",
            "Nobody waits for the last of them: leave some out.",
        )
