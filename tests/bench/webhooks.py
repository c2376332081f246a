"""Alertmanager messages as a cloud in trouble sends them: about 700 bytes an alert, 200 groups, every one of them news.

An alert that repeats what is known costs next to nothing, so each alert turns with every pass over all of them:
firing, resolved, firing again since later.
"""

from __future__ import annotations

from collections.abc import Iterator

GROUPS = 200
ALERTS = 5_000

_ALERT = (
    '{"status":"%%s","labels":{"alertname":"VolumeLatencyHigh","severity":"critical","region":"eu-1","az":"az%d",'
    '"instance":"osd-%06d.storage.example.org:9100","job":"ceph-osd","cluster":"storage-a","device":"nvme%d"},'
    '"annotations":{"summary":"Volumes in az%d are slow","description":"The 99th percentile of write latency on '
    'osd-%06d has been above 500 ms for ten minutes; customers see hanging volumes.","runbook_url":'
    '"https://runbooks.example.org/storage/volume-latency"},"startsAt":"%%s","endsAt":"%%s","generatorURL":'
    '"https://prometheus.example.org/graph?g0.expr=histogram_quantile%%%%280.99%%%%29&g0.tab=1",'
    '"fingerprint":"%016x"}'
)
_NEVER = "0001-01-01T00:00:00Z"


class Stream:
    """Bodies of `size` alerts each, one group a body. `first` keeps two streams' alerts apart."""

    def __init__(self, size: int, *, alerts: int = ALERTS, groups: int = GROUPS, first: int = 0) -> None:
        self.size = size
        self._requests = max(groups, -(-alerts // size))
        self._templates = [
            [self._template(first + request * size + at, request % groups) for at in range(size)]
            for request in range(self._requests)
        ]
        self._groups = groups

    @staticmethod
    def _template(number: int, group: int) -> str:
        return _ALERT % (group, number, number % 8, group, number, number)

    def __iter__(self) -> Iterator[bytes]:
        """For ever: pass after pass over all alerts."""
        turn = 0
        while True:
            firing = turn % 2 == 0
            starts, ends = _time(turn - turn % 2), _NEVER if firing else _time(turn)
            state = "firing" if firing else "resolved"
            for request, templates in enumerate(self._templates):
                alerts = ",".join([template % (state, starts, ends) for template in templates])
                yield _message(alerts, request % self._groups).encode()
            turn += 1


def storm(count: int, *, first: int = 0) -> bytes:
    """One message with `count` firing alerts of one group: what Alertmanager sends with `max_alerts: 0`."""
    alerts = [Stream._template(first + number, 0) % ("firing", _time(0), _NEVER) for number in range(count)]
    return _message(",".join(alerts), 0).encode()


def lone(number: int) -> bytes:
    """One firing alert of a group of its own: it opens an incident."""
    alert = (_ALERT % (10_000 + number, number, 0, number, number, 0xF0000000 + number)) % ("firing", _time(0), _NEVER)
    return _message(alert, 10_000 + number).encode()


def _message(alerts: str, group: int) -> str:
    return (
        f'{{"version":"4","groupKey":"{{}}:{{region=\\"eu-1\\", az=\\"az{group}\\"}}","truncatedAlerts":0,"status":"firing",'
        f'"receiver":"klatsch","groupLabels":{{"region":"eu-1","az":"az{group}"}},"commonLabels":{{"region":"eu-1"}},'
        f'"commonAnnotations":{{}},"externalURL":"https://alerts.example.org","alerts":[{alerts}]}}'
    )


def _time(turn: int) -> str:
    return f"2026-11-{1 + turn // 1440 % 28:02}T{turn // 60 % 24:02}:{turn % 60:02}:00.123456789Z"
