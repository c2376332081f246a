"""What a webhook of PagerDuty says: whether it is PagerDuty's, and what of it is an answer."""

from __future__ import annotations

import hashlib
import json

import pytest

from adapters.paging.pagerduty_answers import SIGNATURES, Answer, answer_in, signed
from adapters.paging.services import dedup_key
from tests.contract.servers.pagerduty import ANA, INTEGRATION, PagerDutyServer
from tests.contract.test_pagers import page

ADDRESS = "https://klatsch.example.org/paging/phones"
ACKNOWLEDGED, RESOLVED = "incident.acknowledged", "incident.resolved"


def key_of(number: int, address: str = ADDRESS) -> str:
    """The key of the alert that was opened for an incident."""
    return dedup_key(page(key=f"INC-{number}:pager:phones", ref=f"INC-{number}", answer_url=address))


VECTOR = b'{"receiver":"r","status":"firing"}'
MADE = "v1=d62add0f3f1c349a6b7d1069439da2743c306af19796b8e3b42b48b0bbf69159"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([MADE], id="one"),
        pytest.param([f"v1={'0' * 64},{MADE}"], id="one of two"),
        pytest.param([f"{MADE}, v2=abc"], id="another version beside it"),
        pytest.param([f"v1={'0' * 64}", MADE], id="in a header of its own"),
    ],
)
@pytest.mark.parametrize("secrets", [["s3cr3t"], ["another", "s3cr3t"]], ids=["a secret", "one of two secrets"])
def test_a_signature_that_was_made_with_a_secret_of_ours_is_taken(headers: list[str], secrets: list[str]) -> None:
    assert signed(VECTOR, headers, secrets)


@pytest.mark.parametrize(
    ("body", "headers", "secrets"),
    [
        pytest.param(VECTOR, [], ["s3cr3t"], id="none"),
        pytest.param(VECTOR, [""], ["s3cr3t"], id="empty"),
        pytest.param(VECTOR + b" ", [MADE], ["s3cr3t"], id="another body"),
        pytest.param(VECTOR, [MADE], ["s3cr3t "], id="another secret"),
        pytest.param(VECTOR, [MADE], [], id="no secret"),
        pytest.param(VECTOR, [MADE.replace("v1", "v0")], ["s3cr3t"], id="another version"),
        pytest.param(VECTOR, [MADE.removeprefix("v1=")], ["s3cr3t"], id="no version"),
        pytest.param(VECTOR, [MADE[:-1]], ["s3cr3t"], id="cut off"),
        pytest.param(VECTOR, ["v1=\xe4\xf6\u2028"], ["s3cr3t"], id="letters beyond ASCII"),
        pytest.param(VECTOR, ["v1=0," * SIGNATURES + MADE], ["s3cr3t"], id="more than anybody sends"),
    ],
)
def test_any_other_signature_is_none(body: bytes, headers: list[str], secrets: list[str]) -> None:
    assert not signed(body, headers, secrets)


@pytest.mark.parametrize(
    ("kind", "key", "agent"),
    [
        pytest.param(ACKNOWLEDGED, key_of(1), INTEGRATION, id="acknowledged by us"),
        pytest.param(RESOLVED, key_of(1), INTEGRATION, id="resolved by us"),
        pytest.param(RESOLVED, key_of(1), None, id="by nobody"),
        pytest.param(RESOLVED, key_of(1), {"type": "service_reference", "id": "PSERV1C"}, id="by a rule"),
        pytest.param(RESOLVED, key_of(1), "Ana Ruiz", id="by a word"),
        *(
            pytest.param(f"incident.{kind}", key_of(1), ANA, id=kind)
            for kind in (
                "triggered",
                "unacknowledged",
                "reopened",
                "reassigned",
                "escalated",
                "annotated",
                "responder.added",
            )
        ),
        pytest.param("pagey.ping", None, ANA, id="a test of the webhook"),
        pytest.param(ACKNOWLEDGED, None, ANA, id="no key"),
        pytest.param(ACKNOWLEDGED, "srv01/HTTP", ANA, id="another tool's key"),
        pytest.param(ACKNOWLEDGED, key_of(1, "https://staging.example.org/paging/phones"), ANA, id="another bot's key"),
        pytest.param(ACKNOWLEDGED, key_of(1) + "0", ANA, id="nearly a key"),
        pytest.param(ACKNOWLEDGED, key_of(1).replace("inc-1", "inc-01"), ANA, id="an odd number"),
    ],
)
def test_what_is_none_of_our_business_is_told_in_words(kind: str, key: str | None, agent: object) -> None:
    body, _ = PagerDutyServer("e" * 32).webhook(kind, key, agent)
    why = answer_in(body, ADDRESS)
    assert isinstance(why, str)
    assert why.startswith(f"{kind} ")


def test_an_incident_that_is_merged_into_another_one_there_is_not_over() -> None:
    data = {"incident_key": key_of(1), "resolve_reason": {"type": "merge_resolve_reason", "incident": {"id": "Q2"}}}
    body, _ = PagerDutyServer("e" * 32).webhook(RESOLVED, key_of(1), data=data)
    assert answer_in(body, ADDRESS) == f"{RESOLVED} is only that PagerDuty merged it into another incident"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[]",
        b"null",
        b'{"event": []}',
        b'{"event": {"event_type": 7, "agent": 7, "data": 7}}',
        json.dumps({"event": {"event_type": ACKNOWLEDGED, "agent": {"type": ["user"]}, "data": {}}}).encode(),
        json.dumps({"event": {"event_type": ACKNOWLEDGED, "agent": ANA, "data": {"incident_key": {"a": 1}}}}).encode(),
        json.dumps({"event": {"event_type": ACKNOWLEDGED, "agent": ANA, "data": "x" * 100_000}}).encode(),
    ],
    ids=[
        "empty",
        "no text",
        "deep",
        "a list",
        "null",
        "no event",
        "numbers",
        "a list for a word",
        "an object for a key",
        "no data",
    ],
)
def test_what_is_signed_and_makes_no_sense_is_told_in_words(body: bytes) -> None:
    assert isinstance(answer_in(body, ADDRESS), str)


@pytest.mark.parametrize("id", [None, 7, "", "x" * 101, "a\nb"])
def test_an_event_whose_id_is_none_is_known_by_its_body(id: object) -> None:
    body, _ = PagerDutyServer("e" * 32).webhook(ACKNOWLEDGED, key_of(7), id=id)
    assert answer_in(body, ADDRESS) == Answer(7, False, "PANA7Q1", "", "Ana Ruiz", hashlib.sha256(body).hexdigest())
