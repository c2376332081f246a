"""The arguments of a call as clients send them: in a JSON body, in a form and in the query, each of the kind that the table says."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from tests.contract.servers.slack.refused import Refused
from tests.contract.servers.slack.table import MISSING, Method

TRUTH = {"1": True, "true": True, "0": False, "false": False}


async def sent(request: web.Request, method: Method) -> tuple[dict[str, Any], str]:
    """What came, and the token. Raises Refused for a body that is of no kind that the method reads."""
    given: dict[str, Any] = dict(request.query)
    body = await request.read()
    if request.content_type == "application/json":
        if not method.json and body:
            raise Refused("invalid_post_type")
        given |= json_object(body)
    elif request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        given |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    elif body:
        raise Refused(
            "invalid_post_type" if request.content_type != "application/octet-stream" else "missing_post_type"
        )
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    in_body = given.pop("token", "")
    return given, token if kind == "Bearer" else str(in_body)


def json_object(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        found = json.loads(body)
    except ValueError:
        raise Refused("invalid_json") from None
    if not isinstance(found, dict):
        raise Refused("json_not_object")
    return {name: value for name, value in found.items() if value is not None}


def understood(name: str, method: Method, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments with their values. Raises Refused."""
    if unknown := sorted(given.keys() - method.args.keys()):
        raise Refused("invalid_arg_name", response_metadata={"messages": [f"[ERROR] no such argument: {unknown}"]})
    for required in sorted(method.required):
        if required not in given or (given[required] == "" and required not in ("topic", "purpose")):
            raise Refused(
                MISSING.get((name, required), "missing_argument"),
                response_metadata={"messages": [f"[ERROR] missing required field: {required}"]},
            )
    values = {argument: _value(argument, method.args[argument], value) for argument, value in given.items()}
    for argument, most in method.limits.items():
        if len(values.get(argument, "")) > most:
            raise _wrong(argument, f"must be no more than {most} characters")
    return values


def _value(name: str, kind: str, value: Any) -> Any:
    if kind == "string" and isinstance(value, str):
        return value
    if kind == "boolean" and (isinstance(value, bool) or str(value) in TRUTH):
        return value if isinstance(value, bool) else TRUTH[str(value)]
    if kind == "integer" and not isinstance(value, bool) and str(value).isascii() and str(value).isdigit():
        return int(value)
    if kind == "list":
        return _list(name, value)
    if kind == "json":
        return _json(name, value)
    raise _wrong(name, f"must be a {kind}")


def _list(name: str, value: Any) -> list[str]:
    found = [one for one in value.split(",") if one] if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(one, str) and one == one.strip() for one in found):
        raise _wrong(name, "must be a list, joined by commas")
    return found


def _json(name: str, value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            code = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}.get(
                name, "invalid_arguments"
            )
            raise Refused(code) from None
    if not isinstance(value, dict | list):
        raise _wrong(name, "must be JSON")
    return value


def _wrong(name: str, why: str) -> Refused:
    return Refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] {why} [json-pointer:/{name}]"]})
