"""What is taken out of a public text, and what is left alone."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incident.model import Person
from bot.status.contacts import contacts_of
from bot.status.recognise import places_of
from bot.status.redact import MAX_MASKED, Redaction, mask

UUID = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"

KNOWN = "00000000-0000-4000-8000-000000000001"

HOUSE = Redaction(
    domains=("internal.example.org",),
    networks=("mgmt-net", "198.51.100.0/24"),
    hosts=("compute-*", "ctl-??"),
    tenants=("Example Customer", "acme"),
    people=("Dr. Carla von Bosch",),
    keep=("status.example.org", "192.0.2.0/24", "198.51.100.0/25", "support@example.org", "compute-az1", KNOWN),
)
NAMES = ("ana", "Ana Ruiz", "U0ANA", "@ana:example.org", "Will Mark", "will", "jo", "Jörg Öz")
LABELS = ("osd-17.az1.example.net:9100", "gpu07", "critical", "1", "1.2.3", "v18.2.4-rc1", "10.9.8.7:9100", "eu west")


def masked(text):
    return mask(text, HOUSE, NAMES, LABELS)[0]


@pytest.mark.parametrize(
    ("text", "public"),
    [
        # Addresses.
        ("Lost 10.0.0.5.", "Lost an address."),
        ("10.0.0.5:9100, 10.0.0.0/24 and 10.1.2.3/32", "an address, an address and an address"),
        ("from 10.0.0.1-10.0.0.9", "from an address-an address"),
        ("host=10.0.0.5;x", "host=an address;x"),
        ("--bind=10.0.0.5 -10.0.0.6 x-10.0.0.0/24", "--bind=an address -an address x-an address/24"),
        ("__10.0.0.5__ and *10.0.0.6*", "__an address__ and *an address*"),
        ("2001:db8::1, [2001:db8::2]:443 and fe80::1%eth0", "an address, [an address]:443 and an address"),
        ("net 2001:db8::/32 or ::1 or 2001:db8::", "net an address or an address or an address"),
        ("::ffff:10.0.0.5", "an address"),
        ("aa:bb:cc:dd:ee:ff and AA-BB-CC-DD-EE-FF, aabb.ccdd.eeff", "an address and an address, an address"),
        ("192.0.2.7 and 192.0.2.0/25 may be known", "192.0.2.7 and 192.0.2.0/25 may be known"),
        ("but 198.51.100.3 never", "but an address never"),
        # People.
        ("Ana Ruiz restarted it", "a colleague restarted it"),
        ("ana and ANA and Ruiz", "a colleague and a colleague and a colleague"),
        ("Ana's fix, says @ana.", "a colleague's fix, says a colleague."),
        ("_Ana_ **Ana** (Ana)", "_a colleague_ **a colleague** (a colleague)"),
        ("<@U0ANA> asked @ana:example.org and U0ANA", "a colleague asked a colleague and a colleague"),
        ("mail ana.ruiz@mail.example.com now", "mail an e-mail address now"),
        ("<mailto:x@example.com>", "<mailto:an e-mail address>"),
        ("Carla and Dr. Carla von Bosch", "a colleague and a colleague"),
        ("Jörg Öz, Jörg", "a colleague, a colleague"),
        ("Jo\u0308rg O\u0308z, Jo\u0308rg", "a colleague, a colleague"),
        ("A\u200bna, A\xadna and A\u200dna", "a colleague, a colleague and a colleague"),
        ("Thanks to Will", "Thanks to a colleague"),
        ("ask support@example.org", "ask support@example.org"),
        # Hosts.
        ("compute-12 and COMPUTE-13:8774 died", "a host and a host died"),
        ("ctl-01 and ctl-001", "a host and ctl-001"),
        ("db1.internal.example.org. It", "a host. It"),
        ("internal.example.org", "a host"),
        ("osd-17 is osd-17.az1.example.net:9100 is osd-17.az1.example.net", "a host is a host is a host"),
        ("GPU07/gpu07", "a host/a host"),
        ("nova@compute-12", "nova@a host"),
        ("in mgmt-net", "in a network"),
        # Customers and ids.
        ("Example  Customer and ACME's", "a customer and a customer's"),
        (f"instance {UUID} (req-{UUID})", "instance an id (an id)"),
        ("project 0123456789abcdef0123456789abcdef", "project an id"),
        ("sha256:" + "0a" * 32, "sha256:an id"),
        # Links.
        ("see https://matrix.to/#/#inc-7:example.org.", "see an internal link."),
        ("https://acme-cloud.slack.com/archives/C1/p2", "an internal link"),
        ("https://acme.slack-gov.com/archives/C1/p1700000000000100?thread_ts=1.2&cid=C1", "an internal link"),
        ("https://acme.enterprise.slack.com/archives/C1/p2", "an internal link"),
        ("(https://matrix.to/#/%21r%3Ab.org/%24e?via=b.org)", "(an internal link)"),
        ("#inc-7:example.org", "an internal link"),
        ("(https://grafana.internal.example.org/d/1)", "(an internal link)"),
        ("http://10.0.0.5:3000/", "an internal link"),
        ("https://k.example.org/ack/x", "an internal link"),
        (f"https://docs.example.org/{UUID}?x=1", "an internal link"),
        ("https://docs.example.org/u/ana", "an internal link"),
        ("postgresql://klatsch:hunter2@db/klatsch", "an internal link"),
        ("https://docs.example.org/?mail=x@example.com", "an internal link"),
        ("https://status.example.org/incidents/INC-7.", "https://status.example.org/incidents/INC-7."),
        ("https://docs.ceph.com/en/reef/rados/ (1)", "https://docs.ceph.com/en/reef/rados/ (1)"),
        # Secrets.
        ("xoxb-" + "123456789012-abcdefABCDEF", "a secret"),
        ("ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a", "a secret"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N", "a secret"),
        ("password=hunter2 OS_PASSWORD='hunter2'", "password=a secret OS_PASSWORD='a secret'"),
        ('"api_key": "abc123def"', '"api_key": "a secret"'),
        ("Authorization: Bearer abcdef123456789", "Authorization: Bearer a secret"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE123KEY", "a secret"),
        ("AbC9dEf8GhI7jKl6MnO5pQr4", "a secret"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- x", "a secret x"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE and so on", "a secret"),
    ],
)
def test_what_is_nobodys_business_is_taken_out(text, public):
    assert masked(text) == public


HARMLESS = """
Volumes in AZ 1 are slow.
ceph 18.2.4, v1.2.3 and kernel 6.1.0-28-amd64 are affected; Kubernetes v1.29.3-rc.1 is not.
v18.2.4-rc1 is out: image 00000000-0000-4000-8000-000000000001 at /srv/node/sdb1/objects2/1023/.
INC-7 began at 14:05 and ended at 14:52:30 (2026-11-02T14:52:30Z, 02.11.2026).
About 25% of requests, 3/4 of them reads, took 1.5 s instead of 120ms: that is 10:1.
We will restart the API; it may take 30m. May we? Will it help? Not all of it.
The token expired. The password: it has to be renewed. Secret: none.
std::vector, nova::compute and a key=value pair.
KubePersistentVolumeFillingUp2 fired for compute-az1 in eu-de-1 (sev2).
See https://status.example.org and https://docs.openstack.org/nova/2026.1/admin/index.html#top.
Storage, network, and compute: all fine. E-mail us; e.g. at status.example.org/contact.
Die Volumes in AZ 1 sind langsam, jörgensen und anas bleiben. C++/Python 3.11, x86_64, utf-8, IPv6, RFC 9110.
The 1st, 2nd and 3rd rack lost power & cooling @ 14:00. #1 cause: a fuse! Issue #1234, PR !12.
a::b is short, 1:2 is a ratio, 999.1.1.1 is no address, 12345678901234567890123 is a number.
"""


@pytest.mark.parametrize("text", [line for line in HARMLESS.splitlines() if line and "a::b" not in line])
def test_ordinary_words_stay(text):
    assert mask(text, HOUSE, NAMES, LABELS) == (text, ())


def test_what_was_taken_out_is_named_once_and_secrets_are_not():
    text = "Ana on compute-12 (10.0.0.5, compute-12): password=hunter2 https://ana:hunter2@x.example.org/hunter2"
    assert mask(text, HOUSE, NAMES, LABELS) == (
        "a colleague on a host (an address, a host): password=a secret an internal link",
        ("a secret", "x.example.org", "compute-12", "10.0.0.5", "Ana"),
    )


def test_very_much_is_taken_out_but_not_all_of_it_is_named():
    text, named = mask(" ".join(f"10.0.{n // 256}.{n % 256}" for n in range(1000)), Redaction())
    assert (set(text.replace("an address", "").split()), len(named)) == (set(), MAX_MASKED)


INSIDE = [
    ("hv-17.internal.example.com is down.", "a host is down."),
    ("HV-17.Internal.Example.com:8774/healthz", "a host/healthz"),
    ("grafana.cloud.lan, nas.local and printer.home.arpa", "a host, a host and a host"),
    ("keystone.openstack.svc and keystone.openstack.svc.cluster.local:5000", "a host and a host"),
    ("*.svc.cluster.local, __ctl.corp__ (db.intranet)", "*.a host, __a host__ (a host)"),
    ("a.localdomain, 5.0.0.10.in-addr.arpa.", "a host, a host."),
    ("db.intern.example.org, x.int.example.org, bmc.mgmt.example.org", "a host, a host, a host"),
    ("intra.example.org and internal.example.org", "a host and a host"),
    ("db.lan:nas.lan", "a host:a host"),
    ("see https://grafana.cloud.lan/d/abc.", "see an internal link."),
    ("http://grafana/d/abc and https://db:5432 or http://localhost:3000/", "an internal link and an internal link or an internal link"),
    ("s3://bucket/key and file:///etc/passwd", "an internal link and an internal link"),
    ("https://wiki.intern.example.org/x", "an internal link"),
    ("http://[fd00::1]:8080/ http://192.168.1.1/", "an internal link an internal link"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "public"), INSIDE)
def test_names_of_the_inside_go_although_nobody_listed_them(text, public):
    assert mask(text, Redaction())[0] == public


OUTSIDE = """
Read https://www.who.int/ or who.int, www.example.org and https://docs.ceph.com/en/reef/.
The impact was local.We look on. An internal error, our local network, the lan; int and svc.
internal.Error is a class, mgmt.py a file, version 1.2.local3 none.
"""


@pytest.mark.parametrize("text", [line for line in OUTSIDE.splitlines() if line])
def test_names_that_only_resemble_those_of_the_inside_stay(text):
    assert mask(text, Redaction()) == (text, ())


def test_a_name_of_the_inside_that_may_be_read_is_kept():
    kept = Redaction(keep=("status.corp.example.org", "intranet-free"))
    text = "https://status.corp.example.org/x, status.corp.example.org and http://intranet-free/"
    assert mask(text, kept) == (text, ())


ROOMS = [
    ("Talk in #inc-7-nova-down or inc-7-nova-down.", "Talk in an internal link or an internal link."),
    ("#inc-7, inc-7-2 and inc-12-2-nova-down_2", "an internal link, an internal link and an internal link"),
    ("https://chat.example.org/#/room/#inc-7-nova:example.org", "an internal link"),
    ("https://chat.example.org/#/room/%23inc-7-nova%3Aexample.org", "an internal link"),
    ("https://chat.example.org/#/room/!aBcD:example.org?via=example.org", "an internal link"),
    ("https://chat.example.org/rooms/inc-7-nova", "an internal link"),
    ("INC-7, the INC-7-related fix and inc-7 stay", "INC-7, the INC-7-related fix and inc-7 stay"),
]


@pytest.mark.parametrize(("text", "public"), ROOMS)
def test_a_room_of_ours_is_named_to_nobody(text, public):
    assert mask(text, Redaction())[0] == public


ANA = Person(
    "ana",
    "Ana Ruiz",
    email="ana.ruiz@localhost",
    options={
        "phone": "+49 30 1234567",
        "ntfy": "wake-ana",
        "sms": "0171/555 1234",
        "signal": "4915155512345",
        "hook": "https://hooks.example.org/ana",
        "desk": "4711",
        "floor": "3rd",
        "team": "compute-az1",
    },
)
REACHED = Redaction(contacts=contacts_of([ANA]), public=("compute-az1",), keep=("info@example.org",))


@pytest.mark.parametrize(
    "said",
    [
        "+49 30 1234567",
        "+49 (0)30 123 45 67",
        "+49301234567",
        "+49-30-1234567",
        "0049 30 1234567",
        "0049301234567",
        "030 1234567",
        "030/1234567",
        "(030) 123-4567",
        "030 \u2013 123 45 67",
        "030.123.45.67",
        "30 1234567",
        "0171 5551234",
        "+49 171 555 12 34",
        "0049 (171) 5551234",
        "0151 555 12345",
        "+4915155512345",
        "4915155512345",
    ],
)
def test_a_number_of_our_people_goes_however_it_is_written(said):
    public, named = mask(f"At 14:05 call {said}, or wait 30 min.", REACHED)
    assert public == "At 14:05 call a phone number, or wait 30 min."
    assert named == (said,)


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("Mail ana.ruiz@localhost now", "Mail an e-mail address now"),
        ("Push to wake-ana, WAKE-ANA or 4711.", "Push to a contact, a contact or a contact."),
        ("https://ntfy.example.org/wake-ana?up=1 is hers", "an internal link is hers"),
        ("POST https://hooks.example.org/ana now", "POST an internal link now"),
        ("tel:+49301234567", "tel:a phone number"),
        ("https://example.org/call?number=+49301234567", "an internal link"),
        ("compute-az1 is slow, mail info@example.org", "compute-az1 is slow, mail info@example.org"),
        (
            "wake-anas, 47110, 1301234567 and 12345678 are others",
            "wake-anas, 47110, 1301234567 and 12345678 are others",
        ),
        (
            "On 2026-11-20 at 14:00, 1234567 of 3 requests failed",
            "On 2026-11-20 at 14:00, 1234567 of 3 requests failed",
        ),
    ],
)
def test_how_our_people_are_reached_is_nobodys_business(text, public):
    assert mask(text, REACHED)[0] == public


def test_a_number_without_a_country_is_known_with_any():
    assert mask("+1 (212) 555-1234, 212.555.1234", Redaction(contacts=("212-555-1234",)))[0] == (
        "a phone number, a phone number"
    )
    assert mask("212 555 1234 or 1-212-555-1234", Redaction(contacts=("+1 212 555 1234",)))[0] == (
        "a phone number or a phone number"
    )


@pytest.mark.parametrize("text", ["0" * 100_000, "30 " * 33_000, "(" * 100_000, "+49 " * 25_000, "wake-" * 20_000])
def test_contacts_are_looked_for_in_proportion_to_the_text(text):
    begun = time.process_time()
    mask(text, REACHED)
    assert time.process_time() - begun < 10


PUBLIC = Redaction(
    hosts=("rd-*", "compute-*"),
    domains=("example.net",),
    public=("volumes-rd-west-1", "Volumes in rd-east-3", "AZ 1", "compute-az1", "api.example.net"),
)


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("rd-east-3 is slow", "rd-east-3 is slow"),
        ("RD-EAST-3, too", "RD-EAST-3, too"),
        ("rd-west-1 as a part of an id", "rd-west-1 as a part of an id"),
        ("compute-az1 and api.example.net", "compute-az1 and api.example.net"),
        ("rd-east-30 and rd-east", "a host and rd-east"),
        ("rd-north-1 in compute-az2", "a host in a host"),
        ("db.example.net in rd-east-3", "a host in rd-east-3"),
    ],
)
def test_what_stands_on_the_status_page_is_no_host_even_when_a_pattern_or_a_label_says_so(text, public):
    assert mask(text, PUBLIC, (), ("rd-east-3", "rd-west-1", "compute-az1"))[0] == public


@pytest.mark.parametrize(
    ("labels", "places"),
    [
        ({"region": "rd-east-3", "az": "az-1", "instance": "osd-17:9100"}, ["rd-east-3", "az-1"]),
        ({"topology_kubernetes_io_zone": "rd-east-3a", "availability_zone": ""}, ["rd-east-3a"]),
        ({"zone": "internal.example.org", "cluster": "rd-east-3"}, []),
    ],
)
def test_regions_and_zones_are_known_by_the_names_of_their_labels(labels, places):
    assert places_of(labels) == places


def test_without_any_settings_addresses_mails_ids_and_secrets_still_go():
    assert mask(f"10.0.0.5 x@example.org {UUID} ghp_{'16C7e42F292c' * 3}", Redaction())[0] == (
        "an address an e-mail address an id a secret"
    )


@given(st.text(max_size=300))
def test_any_text_is_masked_and_masking_it_again_changes_nothing(text):
    once, _ = mask(text, HOUSE, NAMES, LABELS)
    assert mask(once, HOUSE, NAMES, LABELS)[0] == once


PIECES = ["Ana Ruiz", "compute-12", "10.0.0.5", "2001:db8::1", UUID, "aa:bb:cc:dd:ee:ff", "acme", "x@example.org"]


@given(st.lists(st.sampled_from([*PIECES, "and", "it", "3", "slow", "(", "**", ",", "\n", "!", "'"]), max_size=30))
def test_nothing_to_hide_survives_whatever_stands_around_it(words):
    public = masked(" ".join(words))
    assert not [piece for piece in PIECES if piece in public]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "a@" * 50_000,
        "a." * 50_000,
        "1." * 50_000,
        "a:" * 50_000,
        "/" * 100_000,
        "://" * 33_000,
        "http://" * 14_000,
        "token: " * 14_000,
        "token=" * 16_000,
        "-----BEGIN PRIVATE KEY" * 4_500,
        "-----BEGIN PRIVATE KEY-----" * 3_700,
        "Ana Ruiz, " * 10_000,
        "compute-12 10.0.0.5 " * 5_000,
        "https://docs.example.org/a/b " * 3_400,
        "bearer " * 14_000,
        "@a:" * 33_000,
        "#a:b" * 25_000,
        "::" * 50_000,
        "aB3" * 33_000,
        "compute-*?" * 10_000,
        "compute-" * 12_500,
        "<@" * 50_000,
        "\ue000\U000f0000" * 50_000,
        " " * 100_000,
        "Ana" + " " * 100_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_a_long_text_takes_time_in_proportion_to_its_length(text):
    def seconds(part):
        begun = time.process_time()
        masked(part)
        return time.process_time() - begun

    # A quadratic pass would take minutes here; this is generous to a busy machine.
    assert seconds(text) < 10
