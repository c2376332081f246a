"""The words of the field, each a small closed set: the same in code, tables, configuration and on the timeline."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Kind(StrEnum):
    """Fixed at birth: drills and near misses never count as real incidents."""

    REAL = "real"
    DRILL = "drill"
    NEARMISS = "nearmiss"
    RETRO = "retro"
    MAINTENANCE = "maintenance"


class Status(StrEnum):
    TRIAGE = "triage"
    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    REVIEW = "review"
    CLOSED = "closed"
    DECLINED = "declined"
    MERGED = "merged"
    CANCELLED = "cancelled"

    @property
    def active(self) -> bool:
        """Somebody is working on it."""
        return self in ACTIVE

    @property
    def open(self) -> bool:
        """Not over yet: in triage or active. New alerts of its group belong to it."""
        return self is Status.TRIAGE or self in ACTIVE

    @property
    def final(self) -> bool:
        """Nothing more is meant to happen: its rooms will be archived."""
        return self in FINAL


ACTIVE = frozenset({Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING})
FINAL = frozenset({Status.CLOSED, Status.DECLINED, Status.MERGED, Status.CANCELLED})


class Severity(StrEnum):
    """`SEV1` is the worst."""

    SEV1 = "sev1"
    SEV2 = "sev2"
    SEV3 = "sev3"
    SEV4 = "sev4"


class Role(StrEnum):
    LEAD = "lead"
    COMMS = "comms"
    SCRIBE = "scribe"
    OPS = "ops"


class Moment(StrEnum):
    """The timestamps of an incident, kept apart from its status; each may be corrected with a reason."""

    IMPACT_START = "impact_start"
    DETECTED = "detected"
    DECLARED = "declared"
    ACKNOWLEDGED = "acknowledged"
    MITIGATED = "mitigated"
    IMPACT_END = "impact_end"
    RESOLVED = "resolved"


class Mark(StrEnum):
    """Why a line was put on the timeline."""

    NOTE = "note"
    HYPOTHESIS = "hypothesis"
    DECISION = "decision"
    KEY_MOMENT = "key_moment"
    LUCKY = "lucky"
    QUESTION = "question"
    PROPOSAL = "public_proposal"
    COFFEE = "coffee"
    ON_IT = "on_it"
    INJECT = "inject"


class Captured(StrEnum):
    """What a reaction makes of a message."""

    LINE = "line"
    TASK = "task"
    FOLLOWUP = "followup"


class ComponentState(StrEnum):
    """Statuspage's words (https://developer.statuspage.io, component `status`)."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded_performance"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"
    MAINTENANCE = "under_maintenance"


BY_BADNESS = (
    ComponentState.OPERATIONAL,
    ComponentState.MAINTENANCE,
    ComponentState.DEGRADED,
    ComponentState.PARTIAL_OUTAGE,
    ComponentState.MAJOR_OUTAGE,
)
"""From the best to the worst."""


def worst(states: Iterable[ComponentState]) -> ComponentState:
    """The worst of them; operational when there are none."""
    return max(states, key=BY_BADNESS.index, default=ComponentState.OPERATIONAL)


class PublicStatus(StrEnum):
    """What customers read (Statuspage's incident `status`)."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
