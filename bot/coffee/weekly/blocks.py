"""What the weekly digest is made of."""

from __future__ import annotations

from enum import StrEnum


class DigestBlock(StrEnum):
    """In the order in which they stand. A block that has nothing to say is left out, and so is one that a team turned off."""

    STORY = "story"
    INCIDENTS = "incidents"
    NEARMISSES = "nearmisses"
    DRILLS = "drills"
    NOISE = "noise"
    ONCALL = "oncall"
    FOLLOWUPS = "followups"
    POSTMORTEMS = "postmortems"
    DURATIONS = "durations"
    QUESTIONS = "questions"
    COMING = "coming"
    WHEEL = "wheel"
    COFFEE = "coffee"
