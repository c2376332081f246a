"""How fast Slack is asked, against the strictest reading of what it documents."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat.slack.pace import BURST, CARDS_BURST, CHANNELS, MINUTE, ON_ITS_WAY, TIERS, Pace


def asked(pace: Pace, method: str, channel: str, wanted: list[float]) -> list[float]:
    """When each is asked that somebody wants to ask at `wanted`, and who has to wait waits."""
    times: list[float] = []
    now = 0.0
    for at in wanted:
        now = max(now, at)
        now += pace.wait(method, channel, now)
        assert pace.wait(method, channel, now) == 0
        pace.asks(method, channel, now)
        times.append(now)
    return times


@pytest.mark.parametrize("method", ["conversations.create", "chat.update", "users.info"])
@given(
    wanted=st.lists(st.floats(0, 600), min_size=1, max_size=300).map(sorted),
    late=st.lists(st.floats(0, ON_ITS_WAY * 0.999), min_size=1, max_size=7),
)
def test_no_minute_of_slack_s_has_more_calls_than_the_tier(method, wanted, late):
    times = sorted(at + late[n % len(late)] for n, at in enumerate(asked(Pace(), method, "", wanted)))
    for first, at in enumerate(times):
        assert sum(at <= other < at + MINUTE for other in times[first:]) <= TIERS[method]


@given(wanted=st.lists(st.floats(0, 60), min_size=1, max_size=100).map(sorted))
def test_a_channel_gets_a_message_a_second_and_a_few_at_once(wanted):
    times = asked(Pace(), "chat.postMessage", "C1", wanted)
    for first, at in enumerate(times):
        for number, other in enumerate(times[first:], 1):
            assert number <= BURST + (other - at) + 0.001


def test_a_call_waits_no_longer_than_it_must():
    pace = Pace()
    assert asked(pace, "conversations.create", "", [0.0] * 20) == [0.0] * 20
    assert pace.wait("conversations.create", "", 12.0) == 48.0 + ON_ITS_WAY
    assert pace.wait("conversations.setTopic", "", 12.0) == 0
    assert pace.wait("conversations.create", "", 60.0 + ON_ITS_WAY) == 0


def test_cards_that_change_all_the_time_never_stand_still_for_long():
    for wanted in ([*range(300)], [0.0] * 200):
        times = asked(Pace(), "chat.update", "", wanted)
        assert times[:CARDS_BURST] == wanted[:CARDS_BURST]
        assert max(later - earlier for earlier, later in pairwise(times)) < 2


def test_one_channel_waits_for_no_other_one():
    pace = Pace()
    asked(pace, "chat.postMessage", "C1", [0.0] * BURST)
    assert pace.wait("chat.postMessage", "C1", 0.25) == 0.75
    assert pace.wait("chat.postMessage", "C2", 0.25) == 0


def test_whoever_was_refused_comes_back_when_slack_says():
    pace = Pace()
    pace.refused("chat.update", "", 30, 5.0)
    pace.refused("chat.update", "", 2, 6.0)
    assert pace.wait("chat.update", "", 10.0) == 25
    assert pace.wait("pins.add", "", 10.0) == 0
    pace.refused("chat.postMessage", "C1", 3, 10.0)
    assert pace.wait("chat.postMessage", "C1", 11.0) == 2
    assert pace.wait("chat.postMessage", "C2", 11.0) == 0


def test_channels_in_which_nothing_happens_are_forgotten():
    pace = Pace()
    for number in range(5_000):
        pace.asks("chat.postMessage", f"C{number}", number * 10.0)
    assert len(pace._posted) <= CHANNELS + 1
