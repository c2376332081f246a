"""What is checked of the lean coffee: when it is, where its board is shown, that its times fit into each other, and who gets its minutes."""

from __future__ import annotations

from datetime import timedelta

from bot.config.draft import Draft
from bot.config.learning import CoffeeSection
from bot.config.learning_checks import check_cron, check_destinations, check_holidays
from bot.config.problems import Findings, quote, suggestion, under
from bot.durations import format_duration

LONGEST = timedelta(hours=8)
"""Of a meeting: who wants more has a conference."""

SHORTEST_THUMBS = timedelta(seconds=10)
"""To find the message, and the thumb."""

OFTENEST = timedelta(days=1)


def check_coffee(draft: Draft, findings: Findings) -> None:
    coffee = draft.coffee
    if coffee is None:
        return
    _check_when(coffee, findings)
    check_destinations(coffee.to, "coffee.to", draft, findings, rooms=True)
    check_holidays(coffee.holidays, "coffee.holidays", findings)
    _check_times(coffee, findings)
    for n, name in enumerate(coffee.minutes):
        if name not in draft.publishing:
            findings.error(
                under("coffee.minutes", n),
                f"there is no publisher {quote(name)}",
                suggestion(
                    name, draft.publishing, "Configure it under `publishing:`; the folder of `postmortem` has them too."
                ),
            )


def _check_when(coffee: CoffeeSection, findings: Findings) -> None:
    ways = {"cron": coffee.cron, "every": coffee.every, "calendar": coffee.calendar}
    given = [name for name, value in ways.items() if value is not None]
    for name in given[1:]:
        findings.error(under("coffee", name), f"there is `{given[0]}` beside it", "Say in one way when the coffee is.")
    if coffee.cron is not None:
        check_cron(coffee.cron, "coffee.cron", findings)
    if coffee.every is not None and coffee.start is None and not findings.wrong("coffee.start"):
        findings.error(
            "coffee.start", "it is missing", "Write the local time of the first coffee, like 2026-12-03T10:00."
        )
    if coffee.every is not None and coffee.every < OFTENEST:
        findings.error("coffee.every", "it comes more than once a day", "Write it like `1w` or `4w`.")
    if coffee.start is not None and coffee.every is None and not findings.wrong("coffee.every"):
        findings.error("coffee.start", "there is no `every` beside it", "Write how often it is, like `every: 4w`.")
    if coffee.calendar is not None and "type" not in coffee.calendar:
        findings.error("coffee.calendar.type", "it is missing", "Add `type: …`.")


def _check_times(coffee: CoffeeSection, findings: Findings) -> None:
    if coffee.length > LONGEST:
        findings.error("coffee.length", f"it is longer than {format_duration(LONGEST)}", "Write it like `50m`.")
    for name, value in (("timebox", coffee.timebox), ("extension", coffee.extension)):
        if value > coffee.length:
            whole = format_duration(coffee.length)
            findings.error(
                under("coffee", name), f"it is longer than the coffee, which is {whole}", "Write it like `8m`."
            )
    if coffee.thumbs < SHORTEST_THUMBS:
        findings.error("coffee.thumbs", "nobody holds a thumb so fast", "Write it like `45s`.")
    if coffee.thumbs > coffee.timebox:
        findings.error("coffee.thumbs", "people would be asked for longer than they talk", "Write it like `45s`.")
    if coffee.order >= coffee.call:
        findings.error(
            "coffee.order",
            f"the agenda would be ordered before dots are asked for, {format_duration(coffee.call)} ahead",
            "Write a shorter time, or a longer one at `coffee.call`.",
        )
