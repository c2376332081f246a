"""The account's own keys, by which it vouches for the bot's device: clients begin to give nothing to a device nobody vouches for
(https://spec.matrix.org/latest/client-server-api/#cross-signing, MSC4153).

There is nobody who could compare signs with a bot. So a client shows that the device belongs to the account, and not
that the account was verified.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any, Final

from nio.api import Api
from nio.crypto.sessions import derive_pickle_key
from vodozemac import Account

from adapters.chat.matrix.config import Config
from adapters.chat.matrix.encryption.machine import Machine
from adapters.chat.matrix.homeserver import Homeserver, Json
from bot.ports import DeliveryError

log = logging.getLogger(__name__)

FILE: Final = "signing.json"
_USAGES: Final = ("master", "self_signing")


class Identity:
    """Kept in `path`, encrypted with the same secret as the other keys."""

    def __init__(self, name: str, config: Config, homeserver: Homeserver, path: Path) -> None:
        self._name = name
        self._config = config
        self._homeserver = homeserver
        self._path = path

    async def vouch(self, machine: Machine, known: Json) -> None:
        """The device is signed by the account, if it can be: whoever made the account's keys elsewhere signs it there. `known`
        is what `/keys/query` answers of us. What goes wrong is in the log: messages go to most clients without."""
        try:
            await self._vouch(machine, known)
        except (DeliveryError, OSError, ValueError, KeyError, TypeError) as error:
            log.warning(
                "%s: the device %s is not verified (%s), and some clients may give it no keys: docs/matrix.md",
                self._name,
                self._config.device_id,
                getattr(error, "reason", None) or type(error).__name__,
            )

    async def _vouch(self, machine: Machine, known: Json) -> None:
        us, device = self._config.user_id, self._config.device_id
        there = known.get("master_keys", {}).get(us, {}).get("keys", {})
        keys = self._read()
        if keys is None and not there:
            keys = {usage: Account() for usage in _USAGES}
            self._write(keys)
        if keys is None or (there and _public(keys["master"]) not in there.values()):
            log.warning(
                "%s: the account %s has signing keys that are not ours: verify the device %s in a client that has them",
                self._name,
                us,
                device,
            )
            return
        if not there:
            await self._publish(machine, keys)
        signer = keys["self_signing"]
        held = known["device_keys"][us][device]
        if f"ed25519:{_public(signer)}" not in held["signatures"][us]:
            bare = {key: value for key, value in held.items() if key not in ("signatures", "unsigned")}
            signed = {**bare, "signatures": {us: _signature(signer, bare)}}
            answer = await self._homeserver.post("keys", "signatures", "upload", body={us: {device: signed}})
            if answer.get("failures"):
                raise ValueError("the homeserver did not take the signature")

    async def _publish(self, machine: Machine, keys: dict[str, Account]) -> None:
        """Once in the life of an account this needs no password (https://spec.matrix.org/latest/client-server-api/#post_matrixclientv3keysdevice_signingupload)."""
        us, password = self._config.user_id, self._config.password.get_secret_value()
        master, own = (_described(us, usage, keys[usage]) for usage in _USAGES)
        by_device = {f"ed25519:{self._config.device_id}": machine.sign(master)}
        body: dict[str, Any] = {
            "master_key": {**master, "signatures": {us: by_device}},
            "self_signing_key": {**own, "signatures": {us: _signature(keys["master"], own)}},
        }
        if password:
            user = {"type": "m.id.user", "user": us}
            body["auth"] = {"type": "m.login.password", "identifier": user, "password": password}
        await self._homeserver.post("keys", "device_signing", "upload", body=body)

    def _read(self) -> dict[str, Account] | None:
        if not self._path.exists():
            return None
        held = json.loads(self._path.read_text())
        return {usage: Account.from_pickle(held[usage], self._secret) for usage in _USAGES}

    def _write(self, keys: dict[str, Account]) -> None:
        new = self._path.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            json.dump({usage: key.pickle(self._secret) for usage, key in keys.items()}, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)

    @property
    def _secret(self) -> bytes:
        secret: bytes = derive_pickle_key(self._config.encryption_key.get_secret_value())
        return secret


def _public(key: Account) -> str:
    return str(key.ed25519_key.to_base64())


def _described(user: str, usage: str, key: Account) -> dict[str, Any]:
    return {"user_id": user, "usage": [usage], "keys": {f"ed25519:{_public(key)}": _public(key)}}


def _signature(key: Account, value: Json) -> dict[str, str]:
    text = Api.to_canonical_json(dict(value))
    return {f"ed25519:{_public(key)}": str(key.sign(text.encode()).to_base64())}
