"""Whether a request comes from Twilio."""

import hashlib
import json
from urllib.parse import urlencode

import pytest

from adapters.paging.twilio.signatures import FIELDS, NotTwilio, signature, verified

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
PARAMETERS = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+12349013030",
    "Digits": "1234",
    "From": "+12349013030",
    "To": "+18005551212",
}
SIGNED = "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
"""The example of https://www.twilio.com/docs/usage/webhooks/webhooks-security, as twilio-python signs it."""
FORM = "application/x-www-form-urlencoded"


def check(given: str = SIGNED, *, url: str = URL, body: bytes | None = None, media: str = FORM, token: str = TOKEN):
    return verified(token, url, given, urlencode(PARAMETERS).encode() if body is None else body, media)


def test_the_documented_example_is_signed_as_documented() -> None:
    assert signature(TOKEN, URL, list(PARAMETERS.items())) == SIGNED
    assert check() == PARAMETERS


def test_fields_are_sorted_whatever_order_they_come_in() -> None:
    assert check(body=urlencode(dict(reversed(PARAMETERS.items()))).encode()) == PARAMETERS


@pytest.mark.parametrize(
    ("signed", "called"),
    [
        ("https://a.example.org/x", "https://a.example.org:443/x"),
        ("https://a.example.org:443/x", "https://a.example.org/x"),
        ("http://a.example.org:80/x?y", "http://a.example.org/x?y"),
        ("https://a.example.org:8443/x", "https://a.example.org:8443/x"),
    ],
)
def test_the_usual_port_may_be_named_or_not(signed: str, called: str) -> None:
    assert check(signature(TOKEN, signed, [("A", "1")]), url=called, body=b"A=1") == {"A": "1"}


@pytest.mark.parametrize(
    ("body", "counted"),
    [
        (b"A=2&A=1&B=x", [("A", "1"), ("A", "2"), ("B", "x")]),
        (b"A=1&A=1&B=x", [("A", "1"), ("B", "x")]),
        (b"A=&B=x", [("A", ""), ("B", "x")]),
        (b"A=f%C3%B6%C3%B6&B=a+b", [("A", "föö"), ("B", "a b")]),
        (b"", []),
    ],
    ids=["repeated", "repeated alike", "empty", "encoded", "nothing"],
)
def test_each_value_of_a_field_counts_once(body: bytes, counted: list[tuple[str, str]]) -> None:
    said = URL + "".join(name + value for name, value in counted)
    assert check(signature(TOKEN, said), body=body) == dict(counted) | ({"A": "1"} if b"A=2&A=1" in body else {})


@pytest.mark.parametrize(
    "given",
    ["", SIGNED[:-1], SIGNED.lower(), f" {SIGNED}", "ü" * 28, "0/KCTR6DLpKmkAf8muzZqo1nDgR=", SIGNED * 1000],
)
def test_a_signature_that_is_missing_or_wrong_is_refused(given: str) -> None:
    with pytest.raises(NotTwilio):
        check(given)


@pytest.mark.parametrize(
    ("changed"),
    [
        {"url": URL.replace("https", "http")},
        {"url": URL.replace("bar=2", "bar=3")},
        {"url": URL.replace("mycompany.com", "mycompany.com:8443")},
        {"body": urlencode({**PARAMETERS, "Digits": "1"}).encode()},
        {"body": urlencode({**PARAMETERS, "More": "1"}).encode()},
        {"body": b""},
        {"token": "12346"},
        {"media": "application/json"},
    ],
)
def test_what_was_changed_on_the_way_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(NotTwilio):
        check(**changed)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"\xff=1", [("\ufffd", "1")]),
        (b"a=%FF", [("a", "\ufffd")]),
        (b"&".join(b"a%d=1" % n for n in range(FIELDS + 1)), [(f"a{n}", "1") for n in range(FIELDS + 1)]),
    ],
    ids=["no text", "no text inside", "too many fields"],
)
def test_a_form_that_cannot_be_read_is_refused_however_it_is_signed(body: bytes, fields: list[tuple[str, str]]) -> None:
    with pytest.raises(NotTwilio):
        check(signature(TOKEN, URL, fields), body=body)


def test_a_body_of_json_is_signed_by_its_hash_in_the_address() -> None:
    body = json.dumps({"CallSid": "CA1", "Digits": "1", "Price": None}).encode()
    url = f"{URL}&bodySHA256={hashlib.sha256(body).hexdigest()}"
    given = signature(TOKEN, url)
    assert check(given, url=url, body=body, media="application/json; charset=utf-8") == {
        "CallSid": "CA1",
        "Digits": "1",
    }
    for other in (body.replace(b'"1"', b'"2"'), b"", b"[" * 100_000):
        with pytest.raises(NotTwilio):
            check(given, url=url, body=other, media="application/json")


@pytest.mark.parametrize("query", ["", "bodySHA256=", "bodySHA256={hash}&bodySHA256={hash}"])
def test_a_body_of_json_whose_hash_is_not_there_once_is_refused(query: str) -> None:
    body = b"{}"
    url = f"https://a.example.org/x?{query.format(hash=hashlib.sha256(body).hexdigest())}"
    with pytest.raises(NotTwilio):
        check(signature(TOKEN, url), url=url, body=body, media="application/json")


@pytest.mark.parametrize("body", [b"[]", b"7", b"not json"])
def test_json_that_is_no_object_is_refused(body: bytes) -> None:
    url = f"https://a.example.org/x?bodySHA256={hashlib.sha256(body).hexdigest()}"
    with pytest.raises(NotTwilio):
        check(signature(TOKEN, url), url=url, body=body, media="application/json")
