"""Our end of the encryption, without the network: keys made and learned, messages sealed and opened.

matrix-nio does the cryptography. What it takes for granted of what others send is looked at here first, so that nobody's
broken key or message stops what is between others. The schemes are Olm between two devices and Megolm in a room
(https://spec.matrix.org/latest/client-server-api/#end-to-end-encryption).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import Any

from nio.crypto import Olm, OlmDevice, OutboundGroupSession
from nio.events import MegolmEvent, ToDeviceEvent
from nio.events.to_device import EncryptedToDeviceEvent
from nio.exceptions import EncryptionError
from nio.responses import KeysClaimResponse, KeysQueryResponse, KeysUploadResponse
from unpaddedbase64 import encode_base64
from vodozemac import OlmEncryptionException

from adapters.chat.matrix.encryption.rotation import Rotation
from adapters.chat.matrix.encryption.spoken import Device, Spoken
from adapters.chat.matrix.homeserver import Json

log = logging.getLogger(__name__)

SEALED = ("m.room.message", "m.reaction")
"""What may stand in an encrypted event."""

OLM, MEGOLM = "m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"

PARCEL = 20
"""Devices in one request that hands out keys: over federation one may have 64 kB, and a key for one has about 2."""

# What a key or message of somebody else raises that is not of its form; vodozemac's errors are ValueErrors.
_MALFORMED = (ValueError, TypeError, KeyError, AttributeError, AssertionError, RecursionError)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A key of ours for some devices, and what `/sendToDevice` is to be given."""

    session: str
    devices: frozenset[Device]
    messages: dict[str, dict[str, Json]]


class Machine:
    """The keys of one device. Nothing here waits; whoever calls it sees that what it changed is saved (`KeyFiles.saving`)."""

    def __init__(self, olm: Olm, spoken: Spoken) -> None:
        self._olm = olm
        self._spoken = spoken

    # Our own keys.

    @property
    def fingerprint(self) -> str:
        """By which others know that it is this device, for as long as it exists."""
        return str(self._olm.account.identity_keys["ed25519"])

    @property
    def published(self) -> bool:
        """Whether the homeserver has our device's keys."""
        return bool(self._olm.account.shared)

    def unpublished(self) -> None:
        """The homeserver has our device's keys no more."""
        self._olm.account.shared = False

    def lacks_keys(self, on_homeserver: int) -> bool:
        """Whether there are too few keys by which others begin to talk to us."""
        return on_homeserver < self._olm.account.max_one_time_keys // 2

    def to_publish(self, on_homeserver: int) -> dict[str, Any]:
        """What `/keys/upload` is to be given. It must be saved before it is published: others use these keys at once."""
        account = self._olm.account
        # Those that were made and did not get there are still to go; one more is made at least.
        waiting = len(account.one_time_keys["curve25519"])
        self._olm.uploaded_key_count = min(on_homeserver + waiting, account.max_one_time_keys - 1)
        content: dict[str, Any] = self._olm.share_keys()
        return content

    def was_published(self, on_homeserver: int) -> None:
        self._olm.handle_response(KeysUploadResponse(0, on_homeserver))

    def save(self) -> None:
        self._olm.save_account()

    def sign(self, value: Json) -> str:
        return str(self._olm.sign_json(dict(value)))

    # The devices of others.

    def learn(self, user: str, devices: object) -> None:
        """All devices that `user` has now; those whose keys are not signed by themselves are none."""
        sound = {}
        for id_, keys in devices.items() if isinstance(devices, dict) else ():
            if self._sound(user, id_, keys):
                sound[id_] = {**keys, "unsigned": {}}
            else:
                log.warning("a device of %s is left out, for its keys are not sound: %r", user, str(id_)[:60])
        self._olm.handle_response(KeysQueryResponse({user: sound}, {}))

    def _sound(self, user: str, id_: str, keys: Any) -> bool:
        try:
            curve, own = keys["keys"][f"curve25519:{id_}"], keys["keys"][f"ed25519:{id_}"]
            named = (keys["user_id"], keys["device_id"]) == (user, id_) and isinstance(curve, str)
            return named and bool(self._olm.verify_json(deepcopy(keys), own, user, id_))
        except _MALFORMED:
            return False

    def devices(self, users: Iterable[str]) -> list[OlmDevice]:
        """Those that are known of `users`, without our own."""
        us = (self._olm.user_id, self._olm.device_id)
        return [
            device
            for user in users
            for device in self._olm.device_store.active_user_devices(user)
            if (device.user_id, device.id) != us
        ]

    def strange(self, devices: Iterable[OlmDevice]) -> list[OlmDevice]:
        """Those with whom we cannot talk before one of their keys was claimed."""
        return [device for device in devices if not self._olm.session_store.get(device.curve25519)]

    def claimed(self, keys: object) -> None:
        """The answer of `/keys/claim`, its `one_time_keys`."""
        for user, devices in keys.items() if isinstance(keys, dict) else ():
            for id_, key in devices.items() if isinstance(devices, dict) else ():
                try:
                    self._olm.handle_response(KeysClaimResponse({user: {id_: key}}, {}))
                except (*_MALFORMED, StopIteration):
                    log.warning("the key of device %r of %s is not sound", str(id_)[:60], user)

    # What is sent.

    def key_of(self, room: str, devices: Sequence[OlmDevice], rotation: Rotation) -> OutboundGroupSession:
        """The key the next message of `room` is sealed with: a new one as soon as somebody has the old one who should not read
        on, and when the old one was used enough."""
        there = {(device.user_id, device.id) for device in devices}
        key = self._olm.outbound_group_sessions.get(room)
        if key is not None:
            key.max_messages, key.max_age = rotation.messages, rotation.age
        if key is None or key.expired or key.users_shared_with - there:
            self._olm.create_outbound_group_session(room)
            key = self._olm.outbound_group_sessions[room]
            key.max_messages, key.max_age = rotation.messages, rotation.age
            self._spoken.began(room, key)
        return key

    def spoke_in(self, room: str) -> bool:
        return bool(self._spoken.keys(room))

    def parcels(self, room: str, devices: Sequence[OlmDevice], *, history: bool) -> list[Parcel]:
        """The keys of the room for those who lack them. With `history` they read what we said before them; without it they read
        from the next message on."""
        key = self._olm.outbound_group_sessions.get(room)
        keys = self._spoken.keys(room) if history else [(key.id, key.session_key)] if key else []
        return [parcel for session, opens in keys for parcel in self._packed(room, session, opens, devices)]

    def _packed(self, room: str, session: str, opens: str, devices: Sequence[OlmDevice]) -> Iterator[Parcel]:
        content = {"algorithm": MEGOLM, "room_id": room, "session_id": session, "session_key": opens}
        holders = self._spoken.holders(session)
        waiting = iter([device for device in devices if (device.user_id, device.id) not in holders])
        while some := list(islice(waiting, PARCEL)):
            messages: dict[str, dict[str, Json]] = {}
            for device in some:
                if (sealed := self._for_device(device, "m.room_key", content)) is not None:
                    messages.setdefault(device.user_id, {})[device.id] = sealed
            whom = frozenset((user, id_) for user, held in messages.items() for id_ in held)
            if whom:
                yield Parcel(session, whom, messages)

    def delivered(self, room: str, parcel: Parcel) -> None:
        """The homeserver has it."""
        self._spoken.give(parcel.session, parcel.devices)
        key = self._olm.outbound_group_sessions.get(room)
        if key is not None and key.id == parcel.session:
            key.users_shared_with |= parcel.devices

    def _for_device(self, device: OlmDevice, kind: str, content: Json) -> Json | None:
        session = self._olm.session_store.get(device.curve25519)
        if session is None:
            return None
        ours = self._olm.account.identity_keys
        said = {
            "type": kind,
            "content": content,
            "sender": self._olm.user_id,
            "sender_device": self._olm.device_id,
            "keys": {"ed25519": ours["ed25519"]},
            "recipient": device.user_id,
            "recipient_keys": {"ed25519": device.ed25519},
        }
        try:
            type_, body = session.encrypt(_json(said)).to_parts()
        except OlmEncryptionException:
            return None
        self._olm.save_session(device.curve25519, session)
        text = {device.curve25519: {"type": type_, "body": encode_base64(body)}}
        return {"algorithm": OLM, "sender_key": ours["curve25519"], "ciphertext": text}

    def sealed(self, room: str, key: OutboundGroupSession, kind: str, content: Json) -> dict[str, Any]:
        """The content of an `m.room.encrypted`."""
        key.mark_as_shared()
        return {
            "algorithm": MEGOLM,
            "ciphertext": key.encrypt(_json({"type": kind, "content": content, "room_id": room})),
            "session_id": key.id,
            # Clients of before 2022 look a key up by these two.
            "sender_key": self._olm.account.identity_keys["curve25519"],
            "device_id": self._olm.device_id,
        }

    # What is received.

    def heard(self, events: Iterable[Any]) -> None:
        """Takes in what was sent to our device: keys of rooms."""
        for event in events:
            try:
                message = ToDeviceEvent.parse_event(event)
                if isinstance(message, EncryptedToDeviceEvent):
                    self._olm.decrypt_event(message)
            except _MALFORMED as error:
                log.warning("a message to our device is not of its form: %s", type(error).__name__)
        # A key by which somebody began to talk to us is used up.
        self.save()
        # We ask nobody for keys: what nio would ask for is put aside.
        self._olm.outgoing_to_device_messages.clear()
        self._olm.key_re_requests_events.clear()

    def opened(self, room: str, event: Json) -> Json | None:
        """`event`, an `m.room.encrypted`, as it would be if it was not encrypted; None: we cannot read it."""
        content = event["content"]
        named = {"sender_key": self._sender_of(room, str(content.get("session_id"))), "device_id": "", **content}
        try:
            found = MegolmEvent.from_dict({**event, "content": named})
            clear = self._olm.decrypt_megolm_event(found, room) if isinstance(found, MegolmEvent) else None
        except (EncryptionError, *_MALFORMED):
            return None
        return _clear(room, event, getattr(clear, "source", None))

    def knows(self, room: str, session: str) -> bool:
        """Whether we have this key."""
        return bool(self._sender_of(room, session))

    def _sender_of(self, room: str, session: str) -> str:
        """A message need not say whose key it is any more (https://spec.matrix.org/latest/client-server-api/#mroomencrypted)."""
        held: Mapping[str, Mapping[str, object]] = self._olm.inbound_group_store[room]
        return next((sender for sender, sessions in held.items() if session in sessions), "")


def _clear(room: str, event: Json, source: object) -> Json | None:
    """The event with what was sealed in it. What it relates to stands outside, for homeservers; nothing else that does counts."""
    if not isinstance(source, dict) or not isinstance(source.get("content"), dict):
        return None
    # No other kind is sent encrypted. What only some may do, like removing a message, the homeserver could not refuse here.
    if source.get("room_id") != room or source.get("type") not in SEALED:
        return None
    content = {key: value for key, value in source["content"].items() if key != "m.relates_to"}
    if "m.relates_to" in event["content"]:
        content["m.relates_to"] = event["content"]["m.relates_to"]
    return {**event, "type": source["type"], "content": content}


def _json(value: Json) -> str:
    """Half a surrogate pair becomes a question mark, as in what is sent in the clear."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace").decode()
