"""What a batch takes out of the past: the texts and files of messages that were removed."""

from __future__ import annotations

from collections.abc import Sequence

from bot.incident import events as e
from bot.incident.messages import scrubbed
from bot.store import Transaction


class Erasing:
    """What is stored and reads otherwise by the end of the batch, and whose files go."""

    def __init__(self) -> None:
        self._changed: dict[int, dict[int, e.Recorded]] = {}
        self._messages: dict[int, set[str]] = {}

    def seen(self, stored: Sequence[e.Recorded]) -> list[e.Recorded]:
        """`stored`, as the batch has left it so far."""
        return [self._changed.get(recorded.incident, {}).get(recorded.seq, recorded) for recorded in stored]

    def erase(
        self,
        number: int,
        removed: e.MessageRemoved,
        history: Sequence[e.Recorded],
        *,
        about_to_be: Sequence[e.Recorded],
    ) -> list[e.Recorded]:
        """Take it out of the whole `history` of incident `number`; answers what is `about_to_be` stored, without it."""
        changed = {item.seq: item for item in scrubbed(history, removed)}
        left = [changed.pop(item.seq, item) if item.incident == number else item for item in about_to_be]
        self._changed.setdefault(number, {}).update(changed)
        self._messages.setdefault(number, set()).add(removed.message)
        return left

    def write(self, tx: Transaction) -> None:
        for number, messages in self._messages.items():
            tx.erase(number, [*self._changed[number].values()], sorted(messages))
