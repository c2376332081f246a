"""The table of forms, beside that of the verbs: which of them are hard to type on a phone, or lack something when typed
alone. One line is always enough; a form is sugar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.chat.form import TEXT_MOST, Field, Form, Kind, Option, Place
from bot.chat.publishing import STATES
from bot.chat.values import MARKS
from bot.incident.commands.coffee import TOPIC_LIMIT
from bot.incident.life import TITLE_LIMIT
from bot.incident.model import Moment, PublicStatus, Role
from bot.incident.replay import as_fast


def _options(*values: str) -> tuple[Option, ...]:
    return tuple(Option(value, value.replace("_", " ").replace("-", " ").capitalize()) for value in values)


def _text(label: str, hint: str = "", *, required: bool = True) -> Field:
    return Field("text", label, Kind.LONG, Place.TEXT, hint, required, most=TEXT_MOST)


def _time(name: str, label: str, hint: str, *, required: bool = False) -> Field:
    return Field(name, label, Kind.TIME, Place.KEY, hint, required)


WHEN = "For example 14:05, -10m or 2026-11-26T23:00. Empty: now."
TITLE = Field("text", "Title", Kind.LINE, Place.TEXT, "What is wrong, and where", True, most=TITLE_LIMIT)
SEVERITY = Field(
    "sev",
    "Severity",
    Kind.CHOICE,
    Place.WORD,
    "In doubt the higher one; it can be changed.",
    True,
    (
        Option("sev1", "SEV1: the worst"),
        Option("sev2", "SEV2: serious"),
        Option("sev3", "SEV3: limited"),
        Option("sev4", "SEV4: small"),
    ),
)
FIRST_SEVERITY = replace(SEVERITY, first="sev2")
SERVICE = Field("service", "Service", Kind.LINE, Place.KEY, "What it is about, for example compute")
REASON = Field("reason", "Why", Kind.LONG, Place.KEY, most=TEXT_MOST)
OWNER = Field("owner", "Who does it", Kind.PERSON, Place.KEY, empty="none")
ROLE = Field("role", "Role", Kind.CHOICE, Place.WORD, required=True, options=_options(*(role.value for role in Role)))
PERSON = Field("person", "Who", Kind.PERSON, Place.WORD, required=True)
COMPONENTS = Field("comp", "Components", Kind.SEVERAL, Place.KEY, source="components", most=TEXT_MOST)

_DRILL = (
    Field(
        "of",
        "Past incident",
        Kind.CHOICE,
        Place.WORD,
        "Its alerts come again, for example INC-7. Empty: you tell what happens.",
        source="past",
    ),
    replace(TITLE, hint="Empty: as the past one was opened", required=False),
    Field(
        "speed",
        "How fast its alerts come",
        Kind.CHOICE,
        Place.KEY,
        "Empty: within about twenty minutes.",
        options=tuple(Option(f"{n}x", as_fast(n).capitalize()) for n in (1, 5, 10, 20, 60, 200, 1000)),
        needs="of",
    ),
    replace(SEVERITY, hint="Empty: as the past one was opened; without one sev2.", required=False),
)

_BEGIN = (
    Form(
        "open",
        "Open an incident",
        "Open",
        (
            TITLE,
            FIRST_SEVERITY,
            Field(
                "private",
                "Private",
                Kind.YES,
                Place.WORD,
                options=(Option("yes", "Only for those who are invited; announced and published nowhere"),),
            ),
            SERVICE,
            Field(
                "page",
                "Whom to page",
                Kind.CHOICE,
                Place.KEY,
                "Empty: sev1 and sev2 page the usual policy, others nobody.",
                options=(Option("none", "Nobody"),),
                source="policies",
            ),
        ),
    ),
    Form("drill", "Open an exercise", "Open", _DRILL),
    Form(
        "maint",
        "Plan maintenance",
        "Plan",
        (
            TITLE,
            _time("start", "From", "For example 22:00 or 2026-12-01T22:00", required=True),
            _time("end", "Until", "For example +2h (from the start) or 02:00", required=True),
            Field(
                "match", "Alerts that open nothing", Kind.LINE, Place.KEY, "A label, for example az=az1 or host=~hv-1.*"
            ),
        ),
    ),
    Form(
        "retro",
        "Record a past incident",
        "Record",
        (
            TITLE,
            FIRST_SEVERITY,
            _time("start", "From", "For example 2026-11-26T13:50", required=True),
            _time("end", "Until", "For example 2026-11-26T15:10"),
            SERVICE,
        ),
    ),
    Form(
        "nearmiss",
        "Record a near miss",
        "Record",
        (
            TITLE,
            Field("anonymous", "Your name", Kind.YES, Place.WORD, options=(Option("yes", "Leave my name out"),)),
        ),
    ),
)

_RUN = (
    Form(
        "status",
        "Set the status",
        "Set",
        (
            Field(
                "status",
                "Status",
                Kind.CHOICE,
                Place.WORD,
                required=True,
                options=_options("investigating", "identified", "monitoring", "resolved"),
            ),
            REASON,
        ),
        asked="to",
    ),
    Form("sev", "Set the severity", "Set", (SEVERITY, REASON)),
    Form("role", "Give somebody a role", "Give", (ROLE, PERSON), asked=None),
    Form("handoff", "Hand over", "Hand over", (ROLE, PERSON)),
    Form(
        "merge",
        "Join to another one",
        "Join",
        (
            Field(
                "into",
                "Belongs to",
                Kind.CHOICE,
                Place.WORD,
                "It takes over the alerts, for example INC-7",
                True,
                source="incidents",
            ),
            REASON,
        ),
    ),
    Form("rename", "Another title", "Rename", (TITLE,)),
    Form(
        "moment",
        "Correct a timestamp",
        "Set",
        (
            Field(
                "moment",
                "Which",
                Kind.CHOICE,
                Place.WORD,
                required=True,
                options=_options(*(moment.value for moment in Moment)),
            ),
            _time("at", "When", "For example 14:05, -10m or 2026-11-26T23:00", required=True),
            REASON,
        ),
    ),
    Form(
        "page",
        "Wake somebody",
        "Page",
        (
            Field("whom", "Whom", Kind.CHOICE, Place.WORD, required=True, source="targets"),
            _text("What to say", "Stands on their phone", required=False),
        ),
    ),
    Form(
        "resolve",
        "The impact is over",
        "Resolve",
        (_text("What helped", required=False), _time("at", "When", WHEN)),
        asked=None,
    ),
)

_TELL = (
    Form(
        "note",
        "Add to the timeline",
        "Add",
        (
            _text("What happened"),
            _time("at", "When", WHEN),
            Field("mark", "What it is", Kind.CHOICE, Place.KEY, options=_options(*MARKS)),
        ),
    ),
    Form("hypothesis", "What might be behind it", "Add", (_text("Hypothesis"), _time("at", "When", WHEN))),
    Form("decide", "A decision", "Add", (_text("Decision"), _time("at", "When", WHEN))),
    Form(
        "impact",
        "What customers notice",
        "Set",
        (
            _text("Impact", "What they notice, in their words"),
            _time("start", "Since", "For example 13:50 or -20m"),
            _time("end", "Until", "Empty: it goes on"),
            Field("plane", "Plane", Kind.CHOICE, Place.KEY, options=_options("data", "control")),
            COMPONENTS,
        ),
    ),
    Form(
        "update",
        "Tell your people",
        "Tell",
        (
            _text("How it stands"),
            _time("next", "When you say more", "For example 30m or 14:30"),
        ),
    ),
    Form("task", "To be done now", "Add", (_text("What"), OWNER), asked="add"),
    Form(
        "followup",
        "To be done afterwards",
        "Add",
        (_text("What"), OWNER, _time("due", "Until", "For example 14d, friday or 2026-12-31")),
        asked="add",
    ),
    Form(
        "publish",
        "Tell customers",
        "Preview",
        (
            Field(
                "status",
                "Status",
                Kind.CHOICE,
                Place.WORD,
                required=True,
                options=_options(*(status.value for status in PublicStatus)),
            ),
            _text("Text", "You see a preview before anybody reads it."),
            replace(COMPONENTS, state="state"),
            Field(
                "state",
                "Their state",
                Kind.CHOICE,
                Place.WITHIN,
                "Of all of them; different ones take a line each.",
                options=_options(*(state.value for state in STATES)),
            ),
            Field("title", "Title", Kind.LINE, Place.KEY, "Empty: made of the components"),
        ),
        asked=None,
    ),
)

_COFFEE = (
    Form(
        "coffee",
        "A topic for the coffee",
        "Add",
        (Field("text", "Topic", Kind.LINE, Place.TEXT, "What to talk about, in one line", True, most=TOPIC_LIMIT),),
        asked="add",
        word="add",
    ),
    Form(
        "coffee",
        "Put dots",
        "Put",
        (
            Field(
                "topics",
                "Topics",
                Kind.SEVERAL,
                Place.WORD,
                "A dot on each. `coffee vote 3 x2` puts two on one.",
                True,
                source="topics",
            ),
        ),
        asked="vote",
        word="vote",
    ),
)

FORMS: Mapping[str, Form] = {form.key: form for form in (*_BEGIN, *_RUN, *_TELL, *_COFFEE)}
"""By the name of the verb, and the word behind it where it has several."""
