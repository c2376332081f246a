"""Keys given and taken over the homeserver, by our own requests and from our own sync.

What a method learned is on the disk before it answers, and what it gives away is there before it is sent: others
use a key from the moment on in which the homeserver has it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from nio.crypto import OlmDevice

from adapters.chat.matrix.config import Config
from adapters.chat.matrix.encryption.identity import FILE, Identity
from adapters.chat.matrix.encryption.machine import Machine
from adapters.chat.matrix.encryption.rotation import Rotation
from adapters.chat.matrix.encryption.store import KeyFiles, KeysUnusable
from adapters.chat.matrix.homeserver import Homeserver, Json
from adapters.excerpt import excerpt
from bot.ports import Rejected, Unavailable

log = logging.getLogger(__name__)

ONE_TIME = "signed_curve25519"

ABROAD = 5_000
"""Milliseconds for which our homeserver waits for others; a message waits as long."""

ASKED_AGAIN = 60.0
"""Seconds after which a device that has no key for us, or a homeserver that did not answer, is asked again."""


@dataclass(frozen=True, slots=True)
class Group:
    """Who reads in a room now. `history`: also what was said before they came."""

    room: str
    readers: Sequence[str]
    rotation: Rotation
    history: bool


class Exchange:
    """The keys of the bot's device, `config.device_id`, in `config.encryption_store`. Every method raises Unavailable, also when
    the files cannot be used, and Rejected."""

    def __init__(self, name: str, config: Config, homeserver: Homeserver) -> None:
        self._name = name
        self._us = config.user_id
        self._device = config.device_id
        self._homeserver = homeserver
        secret = config.encryption_key.get_secret_value()
        self._folder = config.encryption_store
        self._files = KeyFiles(self._folder, config.user_id, config.device_id, secret)
        self._identity = Identity(name, config, homeserver, self._files.beside(FILE))
        self._machine: Machine | None = None
        self._busy = asyncio.Lock()
        self._starting = asyncio.Lock()
        self._current: set[str] = set()
        self._not_before: dict[object, float] = {}
        self._withheld: set[tuple[str, str]] = set()
        # It writes what it decrypted into the log when that is not of its form. What matters is said here.
        logging.getLogger("nio").setLevel(logging.CRITICAL)

    async def heard(self, found: Json) -> None:
        """Takes in what a sync says to our device. Until this is back the place of the sync may not be kept: behind it the
        homeserver forgets the keys that it brought."""
        machine = await self._ready()
        lists = found.get("device_lists", {})
        for user in (*lists.get("changed", ()), *lists.get("left", ())):
            self._current.discard(user)
            self._not_before.pop(user, None)
        if events := found.get("to_device", {}).get("events", []):
            with self._saving(machine):
                machine.heard(events)
            self._tell_withheld(events)
        counts = found.get("device_one_time_keys_count")
        if isinstance(counts, dict) and machine.lacks_keys(left := int(counts.get(ONE_TIME, 0))):
            await self._publish(machine, left)

    async def sealed(self, kind: str, content: Json, group: Group) -> Json:
        """The content of an `m.room.encrypted` that the devices of the group can read, and nobody else."""
        machine = await self._ready()
        async with self._busy:
            devices = await self._devices(machine, group.readers)
            with self._saving(machine):
                key = machine.key_of(group.room, devices, group.rotation)
            await self._share(machine, devices, group)
            return machine.sealed(group.room, key, kind, content)

    async def welcome(self, group: Group) -> None:
        """Whoever is new in the group reads what we said there, if its history is for them."""
        machine = await self._ready()
        async with self._busy:
            if group.history and machine.spoke_in(group.room):
                await self._share(machine, await self._devices(machine, group.readers), group)

    async def _share(self, machine: Machine, devices: Sequence[OlmDevice], group: Group) -> None:
        with self._saving(machine):
            parcels = machine.parcels(group.room, devices, history=group.history)
        for parcel in parcels:
            body = {"messages": parcel.messages}
            # By its words: the same ones are delivered once, and others are others.
            transaction = hashlib.sha256(json.dumps(body).encode()).hexdigest()
            await self._homeserver.put("sendToDevice", "m.room.encrypted", transaction, body=body)
            with self._saving(machine):
                machine.delivered(group.room, parcel)

    async def opened(self, room: str, event: Json) -> Json | None:
        """`event` as if it was not encrypted; None: it cannot be read."""
        return (await self._ready()).opened(room, event)

    def knows(self, room: str, session: str) -> bool:
        return self._machine is not None and self._machine.knows(room, session)

    def close(self) -> None:
        self._machine = None
        self._files.close()

    # Our own keys.

    async def _ready(self) -> Machine:
        async with self._starting:
            if self._machine is None:
                try:
                    machine = Machine(*self._files.open())
                except KeysUnusable as error:
                    raise Unavailable(f"{self._name}: {error}") from error
                try:
                    await self._introduce(machine)
                except BaseException:
                    # Begun again from the start; also when somebody has only lost patience.
                    self._machine = None
                    raise
                return machine
            return self._machine

    async def _introduce(self, machine: Machine) -> None:
        """The homeserver knows our device by the keys that we have, or nobody could talk to us and nobody would notice."""
        answer = await self._query([self._us])
        known = _devices_of(self._us, answer).get(self._device, {})
        fingerprint = known.get("keys", {}).get(f"ed25519:{self._device}")
        if fingerprint not in (None, machine.fingerprint):
            raise Unavailable(
                f"{self._name}: others know the device {self._device} by other keys than those in {self._folder}. Put the "
                "folder back that belongs to it; if that is lost, make a token for a new device, and write that as `device_id`."
            )
        self._machine = machine
        if fingerprint is None:
            machine.unpublished()
            await self._publish(machine, 0)
            answer = await self._query([self._us])
        elif not machine.published:
            with self._saving(machine):
                machine.was_published(0)
        await self._identity.vouch(machine, answer)

    async def _publish(self, machine: Machine, on_homeserver: int) -> None:
        with self._saving(machine):
            content = machine.to_publish(on_homeserver)
            machine.save()
        try:
            await self._homeserver.post("keys", "upload", body=content)
        except Rejected as error:
            if "device_keys" in content:
                raise
            # After an old copy of the files was put back their numbers are taken; the next ones may be free.
            log.warning("%s: keys were not taken, others are tried: %s", self._name, error.reason)
        with self._saving(machine):
            machine.was_published(on_homeserver)

    # The devices of others.

    async def _devices(self, machine: Machine, users: Sequence[str]) -> Sequence[OlmDevice]:
        """All there are now. With those that can be talked to it can be, from here on."""
        stale = [user for user in users if user not in self._current and self._may_ask(user)]
        if stale:
            # What changes while we ask is asked for once more.
            self._current.update(stale)
            try:
                answer = await self._query(stale)
            except BaseException:
                self._current.difference_update(stale)
                raise
            with self._saving(machine):
                found = {user: _devices_of(user, answer) for user in stale if user in answer.get("device_keys", {})}
                for user, devices in found.items():
                    machine.learn(user, devices)
            silent = [user for user in stale if user not in found]
            self._current.difference_update(silent)
            self._put_off(silent)
        there = machine.devices(users)
        await self._claim(machine, [one for one in machine.strange(there) if self._may_ask((one.user_id, one.id))])
        return there

    async def _query(self, users: Iterable[str]) -> Json:
        asked = {"device_keys": {user: [] for user in users}, "timeout": ABROAD}
        return await self._homeserver.post("keys", "query", body=asked)

    async def _claim(self, machine: Machine, devices: Sequence[OlmDevice]) -> None:
        if not devices:
            return
        wanted: dict[str, dict[str, str]] = {}
        for device in devices:
            wanted.setdefault(device.user_id, {})[device.id] = ONE_TIME
        body = {"one_time_keys": wanted, "timeout": ABROAD}
        answer = await self._homeserver.post("keys", "claim", body=body)
        with self._saving(machine):
            machine.claimed(answer.get("one_time_keys"))
        if left := machine.strange(devices):
            self._put_off((device.user_id, device.id) for device in left)
            log.info("%s: %d devices have no key for us and read nothing for now", self._name, len(left))

    def _may_ask(self, whom: object) -> bool:
        return self._not_before.get(whom, 0.0) <= time.monotonic()

    def _put_off(self, whom: Iterable[object]) -> None:
        now = time.monotonic()
        self._not_before = {one: until for one, until in self._not_before.items() if until > now}
        self._not_before.update(dict.fromkeys(whom, now + ASKED_AGAIN))

    def _tell_withheld(self, events: Sequence[Any]) -> None:
        """Somebody's client says that it gives us no keys; it alone knows why."""
        for event in events:
            if not isinstance(event, dict) or event.get("type") != "m.room_key.withheld":
                continue
            content = event.get("content")
            who, code = str(event.get("sender")), str(content.get("code") if isinstance(content, dict) else "")
            who, code = excerpt(who), excerpt(code)
            if (who, code) not in self._withheld and len(self._withheld) < 1_000:
                self._withheld.add((who, code))
                log.warning(
                    "%s: a device of %s gives us no keys (%s): what it writes is not read", self._name, who, code
                )

    @contextmanager
    def _saving(self, machine: Machine) -> Iterator[None]:
        if machine is not self._machine:
            raise Unavailable(f"{self._name}: the keys were read again meanwhile")
        # Until it is over, what is in memory may be ahead of the disk.
        self._machine = None
        try:
            with self._files.saving():
                yield
        except KeysUnusable as error:
            raise Unavailable(f"{self._name}: {error}") from error
        self._machine = machine


def _devices_of(user: str, answer: Json) -> Json:
    """By their ids, as `/keys/query` has them."""
    found = answer.get("device_keys", {}).get(user, {})
    return found if isinstance(found, dict) else {}
