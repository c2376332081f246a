"""Whether a request comes from Twilio: it is signed with the account's auth token
(https://www.twilio.com/docs/usage/webhooks/webhooks-security)."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, parse_qsl, urlsplit

FIELDS = 200
"""Fields that are read of a request; Twilio sends some thirty."""

Fields = Sequence[tuple[str, str]]


class NotTwilio(Exception):
    """The signature is missing or wrong, or what is signed cannot be read."""


def signature(token: str, url: str, fields: Fields = ()) -> str:
    """What Twilio signs: the address as it was given to it, then each field's name and value, sorted by the name. Of a name
    that comes again each value counts once, in order; so does twilio-python
    (https://github.com/twilio/twilio-python/blob/main/twilio/request_validator.py)."""
    said = url + "".join(name + value for name, value in sorted(set(fields)))
    return b64encode(hmac.digest(token.encode(), said.encode(errors="replace"), "sha1")).decode()


def verified(token: str, url: str, given: str, body: bytes, media: str) -> Mapping[str, str]:
    """The fields of a request to `url`, as people outside reach it; `given` is the header `X-Twilio-Signature`, `media` the
    `Content-Type`. Raises NotTwilio."""
    if media.partition(";")[0].strip().lower() == "application/json":
        _check_body(url, body)
        signed: Fields = ()
        fields = _of_json(body)
    else:
        signed = fields = _of_form(body)
    good = [signature(token, form, signed) for form in _forms(url)]
    # All of them are compared, in the same time whatever they hold.
    if sum(hmac.compare_digest(one.encode(), given.encode(errors="replace")) for one in good) == 0:
        raise NotTwilio
    return dict(fields)


def _forms(url: str) -> list[str]:
    """With and without the usual port: which of them is signed is not always the same, says twilio-python."""
    parts = urlsplit(url)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    if parts.port not in (None, usual):
        return [url]
    bare = parts.netloc.removesuffix(f":{usual}")
    return [parts._replace(netloc=host).geturl() for host in (bare, f"{bare}:{usual}")]


def _check_body(url: str, body: bytes) -> None:
    """A body of JSON is not signed itself; the address that is signed has its SHA-256."""
    (wanted, *more) = parse_qs(urlsplit(url).query).get("bodySHA256") or [""]
    if more or not hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), wanted.lower().encode()):
        raise NotTwilio


def _of_form(body: bytes) -> Fields:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=FIELDS)
    except ValueError as error:
        raise NotTwilio from error


def _of_json(body: bytes) -> Fields:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotTwilio from error
    if not isinstance(said, dict):
        raise NotTwilio
    return [(name, value) for name, value in said.items() if isinstance(value, str)]
