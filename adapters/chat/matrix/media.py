"""Files in messages: what a message says of its own, where they lie, and how they are fetched.

All of it was written by whoever sent the message, and any of it may be wrong
(https://spec.matrix.org/v1.15/client-server-api/#mroommessage-msgtypes).
"""

from __future__ import annotations

import asyncio
import json
import re
import struct
from http import HTTPStatus
from typing import Any

from nio.crypto import decrypt_attachment, encrypt_attachment
from nio.exceptions import EncryptionError

from adapters.chat.matrix.homeserver import Homeserver, Json, TooLarge, code_of, status_of
from adapters.chat.pictures import drawn, file_name, words
from bot.chat.document import Picture
from bot.incident.attachment import Attachment
from bot.ports import DeliveryError, Rejected
from bot.sizes import format_size

KINDS = frozenset({"m.image", "m.file", "m.video", "m.audio"})

PNG = "image/png"

_NAME = 300
"""Characters of a name that are looked at."""

_LARGEST = 1 << 53
"""What a JSON number of Matrix may be (https://spec.matrix.org/v1.15/appendices/#canonical-json)."""

_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,100}")

# https://spec.matrix.org/v1.15/client-server-api/#matrix-content-mxc-uris: neither part may lead elsewhere.
_MXC = re.compile(r"mxc://([A-Za-z0-9\[][A-Za-z0-9.:\[\]-]{0,254})/([A-Za-z0-9_-]{1,255})")

V1, V3 = "/_matrix/client/v1/media/download", "/_matrix/media/v3/download"
"""The first asks for our token; homeservers before version 1.11 know the other one alone."""


def attached(content: Json) -> tuple[Attachment, ...]:
    """The file in a message. `place` is its address, or in an encrypted room a JSON text with the address and the key to it; empty
    where neither is of its form."""
    if _text(content.get("msgtype")) not in KINDS:
        return ()
    encrypted, url = content.get("file"), _text(content.get("url"))
    place = _with_key(encrypted) if isinstance(encrypted, dict) else url if _MXC.fullmatch(url) else ""
    info = content.get("info")
    said = info if isinstance(info, dict) else {}
    name = _text(content.get("filename")) or _text(content.get("body"))
    kind = _text(said.get("mimetype")).lower()
    return (Attachment(name[:_NAME], kind if _TYPE.fullmatch(kind) else "", _size(said.get("size")), place),)


async def fetch(homeserver: Homeserver, place: str, most: int) -> bytes:
    """As `bot.ports.ChatPlatform.fetch`."""
    if place.startswith("{"):
        return await _unsealed(homeserver, place, most)
    found = _MXC.fullmatch(place)
    if found is None:
        raise Rejected("its address is none of a homeserver")
    try:
        try:
            return await homeserver.download(V1, *found.groups(), most=most)
        except DeliveryError as error:
            if not _unknown(error):
                raise
            return await homeserver.download(V3, *found.groups(), most=most)
    except TooLarge:
        raise Rejected(f"it is larger than {format_size(most)}") from None
    except Rejected as error:
        if status_of(error) == HTTPStatus.NOT_FOUND:
            raise Rejected("it is not on the homeserver any more") from error
        raise


async def a_picture(homeserver: Homeserver, picture: Picture, *, sealed: bool, most: int) -> dict[str, Any]:
    """The content of a message that shows `picture`, which is uploaded, encrypted where it is `sealed`; with `most` characters of its words.
    Raises Unavailable or Rejected."""
    content = await drawn(picture)
    place: dict[str, Any]
    if sealed:
        hidden, how = await asyncio.to_thread(encrypt_attachment, content)
        place = {"file": {**how, "url": await homeserver.upload(hidden, "application/octet-stream")}}
    else:
        place = {"url": await homeserver.upload(content, PNG)}
    # Where a PNG says how large it is (https://www.w3.org/TR/png-3/#11IHDR).
    width, height = struct.unpack(">II", content[16:24])
    return {
        "msgtype": "m.image",
        "body": words(picture, most),
        "filename": file_name(picture),
        "info": {"mimetype": PNG, "size": len(content), "w": width, "h": height},
        "m.mentions": {},
        **place,
    }


async def _unsealed(homeserver: Homeserver, place: str, most: int) -> bytes:
    """A place as `_with_key` makes it. A file is as long sealed as it is open. nio checks the hash first."""
    try:
        file = json.loads(place)
        url, how = str(file["url"]), (file["key"]["k"], file["hashes"]["sha256"], file["iv"])
    except (ValueError, KeyError, TypeError):
        raise Rejected("its address is none of a homeserver") from None
    sealed = await fetch(homeserver, url, most)
    try:
        opened: bytes = await asyncio.to_thread(decrypt_attachment, sealed, *how)
    except (EncryptionError, ValueError) as error:
        raise Rejected("it cannot be decrypted with what its message says") from error
    return opened


def _with_key(file: Json) -> str:
    """What it takes to fetch and read an encrypted file, as the message has it
    (https://spec.matrix.org/v1.15/client-server-api/#extensions-to-mroommessage-msgtypes)."""
    key, hashes = file.get("key"), file.get("hashes")
    url = _text(file.get("url"))
    held = {
        "url": url,
        "iv": _text(file.get("iv")),
        "key": {"k": _text(key.get("k")) if isinstance(key, dict) else ""},
        "hashes": {"sha256": _text(hashes.get("sha256")) if isinstance(hashes, dict) else ""},
    }
    return json.dumps(held) if _MXC.fullmatch(url) else ""


def _unknown(error: DeliveryError) -> bool:
    """Whether the homeserver knows no such request. A proxy before one says so without a code."""
    return code_of(error) == "M_UNRECOGNIZED" or (status_of(error) == HTTPStatus.NOT_FOUND and not code_of(error))


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _size(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST else 0
