"""Slack, by the strict fake with the documented limits on: an alert until its channel, what Slack waits for, how often it is asked,
fifty incidents in a minute, and what it costs to be there at all.

What is missing fails the bench, and so does an acknowledgement that does not come.
"""

from __future__ import annotations

from tests.bench import slack_acks, slack_calls, slack_rest, slack_rooms, slack_rush
from tests.bench.places import Place
from tests.bench.report import Row

PARTS = (slack_rooms, slack_acks, slack_calls, slack_rush, slack_rest)


def run(where: Place) -> list[Row]:
    return [row for part in PARTS for row in part.run(where)]
