"""How people, hosts and addresses are recognised in a text: the tables and patterns behind `redact`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping

PORT = re.compile(r":[0-9]{1,5}$")
"""What may stand behind a host or an address."""

_VERSION = re.compile(r"v?[0-9]+(?:\.[0-9]+)+(?:[-+~][\w.+~-]*)?", re.IGNORECASE)
_ADDRESS_LETTERS = re.compile(r"[0-9A-Fa-f.:]{2,45}(?:%\w{1,16})?(?:/[0-9]{1,3})?(?::[0-9]{1,5})?")

# Ends that no public name has (https://www.rfc-editor.org/rfc/rfc6762#appendix-G, RFC 8375, RFC 9476, Kubernetes' own),
# and labels that say of any name that it is one of the inside. `int` at the end is a public one.
_INTERNAL_ENDS = frozenset({"internal", "local", "lan", "corp", "intranet", "localdomain", "svc", "arpa"})
_INTERNAL_LABELS = _INTERNAL_ENDS | {"intern", "int", "intra", "mgmt"}
_LABEL = re.compile(r"[\w-]+")

# Labels of alerts that say where in the world something is. Customers choose among these places themselves.
_PLACES = frozenset(
    {
        "region",
        "region_name",
        "os_region",
        "os_region_name",
        "openstack_region",
        "cloud_region",
        "zone",
        "az",
        "availability_zone",
        "topology_kubernetes_io_region",
        "topology_kubernetes_io_zone",
        "label_topology_kubernetes_io_region",
        "label_topology_kubernetes_io_zone",
    }
)

# Names that are words too: in small letters they are the word.
_WORDS = """
admin all and any april art banks baker bill bishop black brown bush but chase chip cliff cook dale dawn dos drew faith
field fields fisher for frank gene grace grant gray green grey guy hill hope hunter ivy jack joy june king lake lance
lily long mark marsh max may miles moor nick not one ops page park pat pearl pierce price ray rich rivers rob root rose
ruby sandy sharp short skip sky small smith stone strong sue summer swift taylor the ward wade white will wood woods
young bright von van der den del des das
"""
ORDINARY = frozenset(_WORDS.split())
# And these often begin a sentence, where nobody can tell.
OPENERS = frozenset({"all", "and", "any", "but", "for", "hope", "long", "may", "not", "one", "short", "the", "will"})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks_of(texts: Iterable[str]) -> list[Network]:
    """Those of the texts that are an address or a network."""
    found = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text.strip(), strict=False))
        except ValueError:
            continue
    return found


def within(address: Network, networks: Iterable[Network]) -> bool:
    """Whether all of `address` lies in one of the networks."""
    return any(
        network.version == address.version
        and int(network.network_address) <= int(address.network_address)
        and int(address.broadcast_address) <= int(network.broadcast_address)
        for network in networks
    )


def address_of(chunk: str) -> Network | None:
    """The address or network a word is, also with a port or a zone behind it."""
    if not ("." in chunk or ":" in chunk) or not _ADDRESS_LETTERS.fullmatch(chunk):
        return None
    plain = PORT.sub("", chunk) if chunk.count(":") == 1 else chunk
    scope, percent, _ = plain.partition("%")
    try:
        return ipaddress.ip_network(scope if percent else plain, strict=False)
    except ValueError:
        return None


def host_names(label: str) -> list[str]:
    """What people call the host in a label's value: with port, without, and its first part."""
    low = label.strip().lower()
    name = PORT.sub("", low)
    if len(low) > 260 or not re.fullmatch(r"[\w.:-]+", low) or not re.search(r"[^\W\d_]", name):
        return []
    if not re.search(r"[0-9.-]", name) or _VERSION.fullmatch(name):
        return []
    short = name.partition(".")[0]
    return [low, name, *([short] if re.search(r"[0-9-]", short) and re.search(r"[^\W\d_]", short) else [])]


def is_internal(name: str) -> bool:
    """Whether a name in small letters is of the inside whoever's it is: `hv-17.internal.example.com`, `grafana.lan`."""
    labels = name.split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)):
        return False
    # Two words that a point joins are often only a space that was forgotten: "it is local.We".
    return labels[-1] in _INTERNAL_ENDS or (len(labels) > 2 and not _INTERNAL_LABELS.isdisjoint(labels[:-1]))


def places_of(labels: Mapping[str, str]) -> list[str]:
    """Regions and zones, by what an alert's labels are called. A name with dots is a zone of another kind."""
    return [value for name, value in labels.items() if name.lower() in _PLACES and value and "." not in value]


def people_words(names: Iterable[str]) -> list[str]:
    """Whole names and ids, and each word of a name that is no particle and has at least three letters."""
    found = []
    for name in names:
        plain = name.strip().lstrip("@").strip()
        words = [word for word in re.split(r"[\s,]+", plain) if len(word) > 2]
        found += [plain, *words] if len(plain) > 2 or not plain.isascii() else []
    return found


def phrase_pattern(phrases: Iterable[str]) -> re.Pattern[str] | None:
    """Any of these, as whole words, the longest first; spaces may be any white space. None: there are none."""
    distinct = {phrase.strip().lower() for phrase in phrases if phrase.strip()}
    if not distinct:
        return None
    ordered = sorted(distinct, key=lambda phrase: (-len(phrase), phrase))
    spelled = (r"\s{1,3}".join(map(re.escape, phrase.split())) for phrase in ordered)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(spelled)})(?![^\W_])", re.IGNORECASE)


def begins_sentence(match: re.Match[str]) -> bool:
    """Whether what was found is the first word of a sentence."""
    before = match.string[max(0, match.start() - 40) : match.start()].rstrip(" \t\"'*_>-")
    return not before or before[-1] in ".!?:\n"
