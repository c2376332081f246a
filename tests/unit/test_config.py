"""Reading config.yaml: the file, the environment, secrets' files, shapes and defaults, and what comes out."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.settings import examine
from bot.alerts.routing import Route
from bot.config import ConfigError, Listen, load
from bot.crons import Cron
from bot.incident.model import Person, Severity
from bot.oncall.escalation import Ladder, Step, first
from bot.oncall.hours import parse_hours
from bot.oncall.rotations import Layer, Rotation
from bot.oncall.schedules import Schedule
from bot.status.model import Component

REPO = Path(__file__).parents[2]
EXAMPLE = REPO / "config.example.yaml"


def variables(text):
    """The environment variables a configuration names, outside comments."""
    lines = [line.partition(" #")[0] for line in text.splitlines() if not line.lstrip().startswith("#")]
    return set(re.findall(r"\$\{(\w+)\}", "\n".join(lines)))


@pytest.fixture
def config(tmp_path):
    """Load a text with an environment."""

    def config(text, **environ):
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path, environ)

    return config


@pytest.fixture
def problems(config):
    """Load a text that is wrong: its problems, without the file's name."""

    def problems(text, **environ):
        with pytest.raises(ConfigError) as error:
            config(text, **environ)
        return [
            f"{problem.path}: {problem.message}. {problem.remedy}".strip()
            for problem in error.value.problems
            if problem.severity == "error"
        ]

    return problems


def test_the_example_loads_with_the_variables_it_names_and_warns_of_what_comes_later():
    environ = {name: f"{name.lower()}-{'x' * 32}" for name in variables(EXAMPLE.read_text("utf-8"))}
    config = load(EXAMPLE, environ, examine)
    assert {problem.path: problem.message.partition(":")[0] for problem in config.warnings} == {
        "security.api_tokens": "it does nothing in this release",
    }
    assert config.storage.url.get_secret_value() == f"sqlite:///{REPO}/klatsch.db"
    assert config.alerts["prometheus"]["token"] == environ["ALERT_TOKEN"]
    assert [step.targets for step in config.roster.ladders["platform"].steps] == [
        ("schedule:platform",),
        ("person:ana", "person:ben"),
    ]
    assert first(config.roster, config.default_ladder, datetime(2026, 11, 3, tzinfo=UTC)).people == ("ana",)


def test_the_example_without_its_environment_names_every_variable():
    with pytest.raises(ConfigError) as error:
        load(EXAMPLE, {})
    named = {match[1] for p in error.value.problems if (match := re.search(r"variable `(\w+)` is not set", p.message))}
    assert named == variables(EXAMPLE.read_text("utf-8"))
    assert {problem.file for problem in error.value.problems} == {str(EXAMPLE)}
    assert len([problem for problem in error.value.problems if problem.severity == "error"]) == len(named)


def test_nothing_at_all_is_a_configuration_of_defaults(config, tmp_path):
    found = config("")
    assert found.storage.url.get_secret_value() == f"sqlite:///{tmp_path}/klatsch.db"
    assert found.http.listen == Listen("127.0.0.1", 8080)
    assert (found.http.public_url, found.chat.command, found.zone) == ("", "incident", ZoneInfo("UTC"))
    assert (found.people, found.routes, found.components, found.default_ladder) == ({}, (), (), "")
    assert (found.digest, found.coffee, found.security.signing_key) == (None, None, None)
    assert found.postmortem.folder == f"{tmp_path}/postmortems"
    assert found.chat.templates is None
    assert config("chat: {templates: own}").chat.templates == f"{tmp_path}/own"
    assert config("people:\nroutes:\noncall:\nchat:\n").people == {}


def test_a_schedule_has_layers_with_hours_and_turns_of_several_people_and_a_calendar(config):
    found = config(
        """
        chat: {zone: Europe/Berlin}
        people: {ana: , ben: , cem: }
        oncall:
          schedules:
            platform:
              layers:
                - {name: always, rotation: {people: [ana, [cem, ben, cem]], every: 1m, start: 2026-11-02T09:00}}
                - {rotation: {people: ben, every: 366d, start: 2026-11-02}, hours: "mon-fri 09:00-17:00"}
                - {rotation: {people: [[cem, cem]], start: 2026-11-02}, hours: [sat 00:00-24:00, sun 00:00-24:00]}
              calendar: {type: ics, url: "https://calendar.example.org/a.ics", headers: {a: b}}
            quiet: {zone: UTC, calendar: {type: ics}}
        """
    )
    at = datetime.fromisoformat("2026-11-02")
    assert found.roster.schedules["platform"] == Schedule(
        "platform",
        ZoneInfo("Europe/Berlin"),
        layers=(
            Layer(Rotation(("ana", ("ben", "cem")), timedelta(minutes=1), at.replace(hour=9)), None, "always"),
            Layer(Rotation(("ben",), timedelta(days=366), at), parse_hours("mon-fri 09:00-17:00")),
            Layer(Rotation(("cem",), timedelta(weeks=1), at), parse_hours("sat 00:00-24:00", "sun 00:00-24:00")),
        ),
    )
    assert found.roster.schedules["quiet"] == Schedule("quiet", ZoneInfo("UTC"))
    assert found.blocks["calendars"] == {
        "platform": {"type": "ics", "url": "https://calendar.example.org/a.ics", "headers": {"a": "b"}},
        "quiet": {"type": "ics"},
    }


def test_how_much_is_kept_of_files_is_a_size(config, tmp_path):
    found = config("storage: {files: {largest: 2MB, per_incident: 500 kB}}").storage
    assert (found.files.largest, found.files.per_incident, found.files.kept) == (2_000_000, 500_000, True)
    assert found.url.get_secret_value() == f"sqlite:///{tmp_path}/klatsch.db"
    assert (config("").storage.files.largest, config("").storage.files.per_incident) == (10_000_000, 100_000_000)
    for off in ("largest: 0", "per_incident: 0"):
        assert not config(f"storage: {{files: {{{off}}}}}").storage.files.kept


def test_what_is_written_comes_out_as_domain_values(config):
    found = config(
        """
        http: {listen: "[::1]:0", public_url: "https://klatsch.example.org/"}
        chat: {zone: Europe/Berlin, irc: {server: irc.example.org}, matrix: }
        people:
          ana: {name: Ana Ruiz, email: ana@example.org, slack: U0ANA, irc: ana, ntfy: topic, phone: "+49 1", page: ntfy}
          ben: {page: [mail]}
        routes:
          - {match: {severity: critical}, match_re: {az: "1|2"}, open: active, severity: sev1, group_by: region,
             service: compute, page: platform, private: true, heartbeat: 10m}
          - {page: none}
        alerts: {gatus: {token: t, url_prefix: /x}}
        oncall:
          schedules: {platform: {rotation: {people: [ana, ben], every: 12h, start: "2026-11-02T09:00"}}}
          policies: {platform: {steps: [{page: platform, wait: 1h30m}, {page: ben}]}}
        paging: {ntfy: {url: "https://ntfy.example.org"}, mail: {type: smtp}}
        status: {page: {type: builtin, components: [{id: a-1}, {id: b, name: Bee, group: G}]},
                 other: {type: statuspage, components: {b: 8kbf7d35c070}}}
        digest: {to: "#ops:example.org"}
        security: {api_tokens: {ci: t0}, redact: {domains: example.org, keep: [192.0.2.1]}}
        """
    )
    assert (found.http.listen, found.http.public_url) == (Listen("::1", 0), "https://klatsch.example.org")
    assert found.platforms == {"irc": {"server": "irc.example.org"}, "matrix": {}}
    assert found.people["ana"] == Person(
        id="ana",
        name="Ana Ruiz",
        email="ana@example.org",
        ways=("ntfy",),
        handles={"slack": "U0ANA", "irc": "ana"},
        options={"ntfy": "topic", "phone": "+49 1"},
    )
    assert found.people["ben"] == Person(id="ben", name="ben", ways=("mail",))
    assert found.routes == (
        Route(
            match={"severity": "critical"},
            match_re={"az": "1|2"},
            open="active",
            severity=Severity.SEV1,
            group_by=("region",),
            service="compute",
            page="platform",
            private=True,
            heartbeat=timedelta(minutes=10),
        ),
        Route(),
    )
    rota = found.roster.schedules["platform"]
    assert (rota.zone, rota.rotation.every) == (ZoneInfo("Europe/Berlin"), timedelta(hours=12))
    assert found.roster.ladders["platform"] == Ladder(
        "platform",
        (Step(("schedule:platform",), timedelta(minutes=90)), Step(("person:ben",), timedelta(minutes=5))),
        repeat=1,
    )
    assert found.calendars == {}
    everybody = {"ana", "ben", "pager:ntfy", "pager:mail"}
    assert (found.default_ladder, found.roster.people) == ("platform", everybody)
    assert found.alerts == {"gatus": {"type": "gatus", "token": "t", "url_prefix": "/x"}}
    assert found.paging["ntfy"]["type"] == "ntfy"
    assert found.components == (Component("a-1", "a-1"), Component("b", "Bee", "G"))
    assert found.digest is not None
    assert (found.digest.cron, found.digest.zone, found.digest.to) == (
        Cron("0", "9", weekday="mon"),
        None,
        ("#ops:example.org",),
    )
    assert found.security.api_tokens["ci"].get_secret_value() == "t0"
    assert (found.redact.domains, found.redact.keep) == (("example.org",), ("192.0.2.1",))


def test_a_page_with_only_a_providers_ids_declares_its_components(config):
    found = config("status: {page: {type: statuspage, components: {compute: 8kbf7d35c070}}}")
    assert found.components == (Component("compute", "compute"),)


def test_the_environment_is_put_in_as_it_is(config):
    found = config("chat: {x: {a: '${A}', b: 'x-${A}-${B}', c: '$$ $${A} $5', d: [['${B}']]}}", A="1: {", B="")
    assert found.platforms["x"] == {"a": "1: {", "b": "x-1: {-", "c": "$ ${A} $5", "d": [[""]]}


def test_a_secrets_file_is_read_without_the_line_break_at_its_end(config, tmp_path):
    (tmp_path / "token").write_bytes(b"s3 ${cret}\r\n")
    found = config("alerts: {prom: {token_file: '${DIR}/token'}}", DIR=str(tmp_path))
    assert found.alerts["prom"] == {"type": "prom", "token": "s3 ${cret}"}


def test_a_label_that_ends_in_file_is_a_label(config):
    assert config("routes: [{match: {config_file: /etc/x}}]").routes[0].match == {"config_file": "/etc/x"}


def test_times_are_text_until_we_read_them(config):
    start = "oncall: {schedules: {a: {rotation: {people: ana, start: %s}}}}\npeople: {ana: }"
    for written in ("2026-11-02T09:00", "2026-11-02 09:00:00", "'2026-11-02T09:00'"):
        assert config(start % written).roster.schedules["a"].rotation.start == datetime.fromisoformat(
            "2026-11-02T09:00"
        )


QUOTES = "Indent with spaces, and put a value in quotes that begins with one of * & ! % @ ` { [ or holds a colon."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1", f": line 1, column 6: this is not YAML: expected `,` or `]`, but got the end of the file. {QUOTES}"),
        ("\tx: 1", f": line 1, column 1: this is not YAML: found character (a tab) that cannot start any token. {QUOTES}"),
        ("a: ]", f": line 1, column 4: this is not YAML: expected the node content, but found `]`. {QUOTES}"),
        ("a: 1\n- b", f": line 2, column 1: this is not YAML: expected <block end>, but found `-`. {QUOTES}"),
        ("a: *p4ss", f": line 1, column 4: this is not YAML: found undefined alias. {QUOTES}"),
        ("a: |5ecret", f": line 1, column 6: this is not YAML: expected chomping or indentation indicators, but found something else. {QUOTES}"),
        ("a: @p4ss", f": line 1, column 4: this is not YAML: found character that cannot start any token. {QUOTES}"),
        ("- a", ": it is not a block of `key: value` lines. Begin from config.example.yaml."),
        ("hello", ": it is not a block of `key: value` lines. Begin from config.example.yaml."),
        ("a: 1\n---\nb: 2", f": line 2, column 1: this is not YAML: expected a single document in the stream, but found another document. {QUOTES}"),
        ("x: !!python/name:os.system", f": line 1, column 4: this is not YAML: could not determine a constructor for the tag. {QUOTES}"),
        ("x: " + "[" * 50 + "]" * 50, ": it is nested too deeply. Forty levels are the most."),
        ("x: " + "[" * 5000, ": it is nested too deeply. Forty levels are the most."),
        ("x: &x [*x]", ": it is nested too deeply. Forty levels are the most."),
        (
            "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
            "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]",
            ": it is nested too deeply. Forty levels are the most.",
        ),
        ("#" * 1_000_001, ": it is larger than 1 MB. A configuration is some kilobytes: is it the right file?"),
    ],
    ids=lambda value: value[:20],
)  # fmt: skip
def test_what_is_no_usable_yaml_is_said_with_its_place(problems, text, said):
    assert problems(text) == [said]


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    def said(path):
        with pytest.raises(ConfigError) as error:
            load(path, {})
        return str(error.value)

    missing = tmp_path / "config.yaml"
    assert said(missing) == f"{missing}: there is no such file. Copy config.example.yaml, or name yours with -c."
    assert said(tmp_path) == f"{tmp_path}: it cannot be read (Is a directory). Check its owner and mode."
    missing.write_bytes(b"\xff\xfe")
    assert said(missing) == f"{missing}: it is not UTF-8 text. Save it as UTF-8."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chat: {zone: UTC}\nchat: {}", "chat: it stands twice, in line 1 and in line 2. Keep one."),
        ("people: {ana: {name: A, name: B}}", "people.ana.name: it stands twice, in line 1 and in line 1. Keep one."),
        ("people: {no: }", "people: line 1: a key is not text. Put it in quotes (also yes, no, on, off and numbers)."),
        ("routes: [{match: {1: a}}]", "routes[0].match: line 1: a key is not text. Put it in quotes (also yes, no, on, off and numbers)."),
        ("peple: {}", "peple: unknown key `peple`. Did you mean `people`?"),
        ("chat: {comand: x}", "chat.comand: unknown key `comand`. Did you mean `command`?"),
        ("people: {ana: {emial: x}}", "people.ana.emial: unknown key `emial`. Did you mean `email`?"),
        ("routes: [{math: {}}]", "routes[0].math: unknown key `math`. Did you mean `match`?"),
        ("storage: {uri: x}", "storage.uri: unknown key `uri`. Did you mean `url`?"),
        ("http: {public-url: x}", "http.public-url: unknown key `public-url`. Did you mean `public_url`?"),
        ("oncall: {schedule: {}}", "oncall.schedule: unknown key `schedule`. Did you mean `schedules`?"),
        ("postmortem: {foldr: x}", "postmortem.foldr: unknown key `foldr`. Did you mean `folder`?"),
        ("digest: {zoen: UTC}", "digest.zoen: unknown key `zoen`. Did you mean `zone`?"),
        ("security: {redact: {host: []}}", "security.redact.host: unknown key `host`. Did you mean `hosts`?"),
        ("status: {p: {components: [{id: a, nmae: x}]}}", "status.p.components[0].nmae: unknown key `nmae`. Did you mean `name`?"),
        (
            "oncall: {policies: {p: {steps: [{page: 'person:ana', wat: 5m}]}}}\npeople: {ana: {}}",
            "oncall.policies.p.steps[0].wat: unknown key `wat`. Did you mean `wait`?",
        ),
        ('"a\\x1b[31m": 1', '["a\\u001b[31m"]: unknown key `a\\x1b[31m`. Known: `alerts`, `chat`, `coffee`, `digest`, `http`, `oncall`, `paging`, `people`, `postmortem`, `publishing`, `routes`, `security` and 3 more.'),
        ("people: [ana]", "people: it is not a block of `key: value` lines."),
        ("people: {ana: 5}", "people.ana: it is not a block of `key: value` lines."),
        ("people: {ana: {name: 5}}", "people.ana.name: it is not text but a number, true or false. Put it in quotes."),
        ("people: {ana: {phone: 4930123}}", "people.ana.phone: it is not text. Put it in quotes."),
        ('people: {ana: {name: "a\\e[0m"}}', "people.ana.name: it holds a line break or a control character. Write it on one line."),
        ("people: {ana: {page: {}}}", "people.ana.page: it is not a list."),
        ("people: {'a b': {}}", 'people["a b"]: `a b` cannot be a name. Use letters, digits, dots, dashes and underscores.'),
        ("routes: {}", "routes: it is not a list. Begin each route with a dash."),
        ("routes: [{match: {az: 1}}]", "routes[0].match.az: it is not text but a number, true or false. Put it in quotes."),
        ("routes: [{open: maybe}]", "routes[0].open: it is none of `active` or `triage`."),
        ("routes: [{severity: sev5}]", "routes[0].severity: it is none of `sev1`, `sev2`, `sev3` or `sev4`."),
        ("routes: [{private: maybe}]", "routes[0].private: it is neither true nor false."),
        ("routes: [{heartbeat: 5 minutes}]", "routes[0].heartbeat: `5 minutes` is not usable: a length of time looks like 5m, 1h30m, 14d or 1w."),
        ("routes: [{heartbeat: 5}]", "routes[0].heartbeat: it is not a length of time. Write it like 5m, 1h30m, 14d or 1w."),
        ("storage: {url: 'mysql://x'}", "storage.url: it is not the address of a database we know. Write `sqlite:///klatsch.db` or `postgresql://user@host/database`."),
        ("storage: {url: 'sqlite://'}", "storage.url: it is not the address of a database we know. Write `sqlite:///klatsch.db` or `postgresql://user@host/database`."),
        ("http: {listen: 8080}", "http.listen: `8080` is not host:port. Write it like `127.0.0.1:8080`, or `0.0.0.0:8080` for everybody."),
        ("http: {listen: 'x:99999'}", "http.listen: `x:99999` is not host:port. Write it like `127.0.0.1:8080`, or `0.0.0.0:8080` for everybody."),
        ("http: {public_url: klatsch.example.org}", "http.public_url: `klatsch.example.org` is not an address people can open. Write it like `https://klatsch.example.org`."),
        ("http: {heartbeat: {}}", "http.heartbeat.url: it is missing. Add `url: …`."),
        ("http: {heartbeat: {url: 'hc-ping.com/abc'}}", "http.heartbeat.url: it is not an address of the web. Write all of it, like `https://hc-ping.com/…`."),
        ("http: {heartbeat: {url: 'https://[x'}}", "http.heartbeat.url: it is not an address of the web. Write all of it, like `https://hc-ping.com/…`."),
        ('http: {heartbeat: {url: "https://a/b\\nc"}}', "http.heartbeat.url: it is not an address of the web. Write all of it, like `https://hc-ping.com/…`."),
        ("http: {heartbeat: {url: 'https://a', every: 9s}}", "http.heartbeat.every: that is too often. Write 10s or more; whoever waits for it minds a minute less than a flood."),
        ("http: {heartbeat: {url: 'https://a', metod: GET}}", "http.heartbeat.metod: unknown key `metod`. Did you mean `method`?"),
        ("http: {public_url: 'https://[x'}", "http.public_url: `https://[x` is not an address people can open. Write it like `https://klatsch.example.org`."),
        ("chat: {command: Incident!}", "chat.command: `Incident!` is not a word in small letters."),
        ("chat: {zone: Europe/Berln}", "chat.zone: there is no zone `Europe/Berln`. Did you mean `Europe/Berlin`?"),
        ("chat: {zone: ../../etc/passwd}", "chat.zone: there is no zone `../../etc/passwd`. Write it like `Europe/Berlin`."),
        ("digest: {cron: 'monday 09:00'}", "digest.cron: `monday 09:00` is not usable: the weekday is not one of mon, tue, wed, thu, fri, sat, sun; write it like `mon 09:00`, `mon-fri 09:00`, `daily 09:00` or `0 9 * * mon`."),
        ("coffee: {cron: 9}", "coffee.cron: it is not a time that comes round. Write it like `mon 09:00` or `daily 09:00`."),
        (
            "oncall: {schedules: {s: {layers: [{hour: x, rotation: {people: a, start: 2026-11-02}}]}}}",
            "oncall.schedules.s.layers[0].hour: unknown key `hour`. Did you mean `hours`?",
        ),
        (
            "oncall: {schedules: {s: {layers: [{hours: [mon 09:00-10:00, monday 09:00-10:00], rotation: {people: [], start: 2026-11-02}}]}}}",
            "oncall.schedules.s.layers[0].hours: `monday 09:00-10:00` is not usable: the weekday is not one of mon, tue, wed, thu, fri, sat, sun; "
            "write it like `mon-fri 09:00-17:00`, `sat,sun 00:00-24:00` or `daily 22:00-06:00`.",
        ),
        *[
            (
                f"oncall: {{schedules: {{s: {{layers: [{{hours: {written}, rotation: {{people: [], start: 2026-11-02}}}}]}}}}}}",
                "oncall.schedules.s.layers[0].hours: it is no list of windows. "
                "Write it like `[mon-fri 09:00-17:00]`, or leave it out for all hours.",
            )
            for written in ("[]", "5", "[5]", "{}")
        ],
        (
            f"oncall: {{schedules: {{s: {{layers: [{{hours: [{', '.join(51 * ['mon 09:00-10:00'])}], rotation: {{people: [], start: 2026-11-02}}}}]}}}}}}",
            "oncall.schedules.s.layers[0].hours: it has 51 windows, and 50 is the most. Put days together: `mon-fri`.",
        ),
        *[
            (
                f"oncall: {{schedules: {{s: {{rotation: {{people: [], start: 2026-11-02, every: {every}}}}}}}}}",
                f"oncall.schedules.s.rotation.every: a turn of `{every}` is not between a minute and a year. "
                "Write how long somebody is on call in one go, like 1w or 12h.",
            )
            for every in ("59s", "367d")
        ],
        (
            f"oncall: {{schedules: {{s: {{rotation: {{people: [{', '.join(100 * ['[a, b]'])}, c], start: 2026-11-02}}}}}}}}",
            "oncall.schedules.s.rotation.people: it has 201 names, and 200 is the most. Make a schedule for each team.",
        ),
        (
            f"oncall: {{schedules: {{s: {{layers: [{', '.join(21 * ['{rotation: {people: a, start: 2026-11-02}}'])}]}}}}}}",
            "oncall.schedules.s.layers: it has 21 layers, and 20 is the most. Make a schedule of some of them.",
        ),
        (
            "oncall: {schedules: {s: {rotation: {people: [5], start: 2026-11-02}}}}",
            "oncall.schedules.s.rotation.people[0]: it is not the name of a person, nor a list of those who take the turn together. Put it in quotes.",
        ),
        ("oncall: {schedules: {s: {rotation: }}}", "oncall.schedules.s: it has nobody. Give it a `rotation`, `layers` or a `calendar`."),
        ("oncall: {policies: {p: {steps: [], repeat: 0}}}", "oncall.policies.p.repeat: it should be greater than or equal to 1."),
        ("oncall: {policies: {p: {steps: []}}}", "oncall.policies.p.steps: it is empty. Give it at least one step."),
        ("oncall: {policies: {p: {}}}", "oncall.policies.p.steps: it is missing. Add `steps: …`."),
        ("oncall: {schedules: {s: {rotation: {people: [], start: soon}}}}", "oncall.schedules.s.rotation.start: `soon` is not a time. Write the local time of the first hand-over, like 2026-11-02T09:00."),
        (
            "oncall: {schedules: {s: {rotation: {people: [], start: '2026-11-02T09:00Z'}}}}",
            "oncall.schedules.s.rotation.start: `2026-11-02T09:00Z` has an offset; the schedule's zone says that. Write the local time of the first hand-over, like 2026-11-02T09:00.",
        ),
        ("alerts: {prom: 5}", "alerts.prom: it is not a block of `key: value` lines. Indent the entry's settings under its name."),
        ("paging: [ntfy]", "paging: it is not a block of `key: value` lines. Give each entry a name."),
        ("paging: {n: {type: 5}}\nhttp: {public_url: 'http://a'}", "paging.n.type: it is not the name of a provider."),
        ("security: {api_tokens: {ci: 5}}", "security.api_tokens.ci: it is not text but a number, true or false. Put it in quotes."),
        ("security: {redact: {hosts: '*'}}", "security.redact.hosts[0]: `*` would take out every word. Write a part of the name, like `compute-*`."),
        ("chat: {x: {a: '${A-b}'}}", "chat.x.a: `${A-b}` names no variable. Write `${NAME}`, and `$$` for a dollar sign."),
        ("alerts: {prom: {token: '${ALERT_TOKEN'}}", "alerts.prom.token: a `${` has no `}` behind it. Write `${NAME}`, and `$$` for a dollar sign."),
        ("chat: {x: {a: 'b$${c', d: '$${e}'}}\nalerts: {prom: {token: 'x${'}}", "alerts.prom.token: a `${` has no `}` behind it. Write `${NAME}`, and `$$` for a dollar sign."),
        ("chat: {x: {a: ['${GONE}']}}", "chat.x.a[0]: the environment variable `GONE` is not set. Set it, or put the value into a file and its path here with `_file` at the key."),
        ("chat: {x: {a: b, a_file: c}}", "chat.x.a_file: `a` is there too. Keep one of the two."),
        ("chat: {x: {a_file: /gone}}", "chat.x.a_file: the file `/gone` does not exist. It holds the secret and nothing else; the bot must be allowed to read it."),
        ("chat: {x: {a_file: /}}", "chat.x.a_file: the file `/` cannot be read (Is a directory). It holds the secret and nothing else; the bot must be allowed to read it."),
        ('chat: {x: {a_file: "/a\\0b"}}', "chat.x.a_file: the file `/a\\x00b` cannot be read (no valid path). It holds the secret and nothing else; the bot must be allowed to read it."),
        ("chat: {x: {a_file: /dev/null}}", "chat.x.a_file: the file `/dev/null` is empty. It holds the secret and nothing else; the bot must be allowed to read it."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place_and_a_remedy(problems, text, said):
    assert said in problems(text)


def test_all_that_is_wrong_is_said_at_once(problems):
    found = problems(
        "htp: {}\nhttp: {listen: x}\npeople: {ana: {name: 5, page: [ntfi]}}\nchat: {x: {a: '${GONE}'}}\nroutes: [{opn: x}, 5]"
    )
    assert [line.partition(":")[0] for line in found] == [
        "chat.x.a",
        "htp",
        "routes[0].opn",
        "routes[1]",
        "http.listen",
        "people.ana.name",
        "people.ana.page[0]",
    ]


def test_what_could_not_be_read_is_said_once(problems):
    assert problems("chat: {zone: '${ZONE}'}\nalerts: {p: {token_file: /gone}}\nhttp: {listen: '${L}'}") == [
        "chat.zone: the environment variable `ZONE` is not set. Set it, or put the value into a file and its path here with `_file` at the key.",
        "alerts.p.token_file: the file `/gone` does not exist. It holds the secret and nothing else; the bot must be allowed to read it.",
        "http.listen: the environment variable `L` is not set. Set it, or put the value into a file and its path here with `_file` at the key.",
    ]  # fmt: skip


def test_a_problem_reads_as_a_sentence(config):
    with pytest.raises(ConfigError) as error:
        config("htp: {}\npaging: {ntfy: {}}")
    path = error.value.problems[0].file
    assert str(error.value).splitlines() == [
        f"{path}: htp: unknown key `htp`. Did you mean `http`?",
        f"{path}: http.public_url: warning: it is missing: the links that acknowledge a page would point to the listen "
        "address. Write the address at which people reach the bot, like `https://klatsch.example.org`.",
    ]


SECRET = "hunter2*`é\x07" + "s3cr3t" * 20


@pytest.mark.parametrize(
    "where",
    [
        "storage: {url: '%s'}",
        "storage: '%s'",
        "http: {listen: '%s', public_url: '%s'}",
        "chat: {zone: '%s', command: '%s', slack: '%s', matrix: {access_token: '%s'}}",
        "people: {ana: {name: '%s', page: '%s', ntfy: '%s'}, ben: '%s'}",
        "alerts: {a: {type: '%s', token: '%s'}, b: {type: pagerduty, token: '%s'}, c: {type: pagerduty, token: '%s'}}",
        "routes: [{match: {a: '%s'}, match_re: {a: x, b: '(%s', c: '(?P=%s)'}, open: '%s', severity: '%s', page: '%s'}]",
        "oncall: {default: '%s', policies: {p: {steps: [{page: '%s', wait: '%s'}], repeat: '%s'}}}",
        "oncall: {schedules: {s: {zone: '%s', rotation: {people: ['%s'], every: '%s', start: '%s'}}}}",
        "oncall: {schedules: {s: {layers: [{name: '%s', hours: '%s', rotation: {people: [['%s']], start: '2026-11-02'}}]}}}",
        "oncall: {schedules: {s: {calendar: {type: '%s', url: '%s'}}, t: {calendar: '%s'}}}",
        "paging: {p: '%s', q: {type: x, password: '%s'}}",
        "status: {p: {listen: '%s', components: [{id: '%s'}, {id: a, group: '%s'}]}, q: {components: {x: '%s'}}}",
        "digest: {cron: '%s', zone: '%s', to: '%s', holidays: '%s', wheel: '%s', without: '%s'}",
        "digest: {teams: {'t': {to: ['%s', 'x:%s@example.org'], services: '%s', schedules: '%s', language: '%s'}}}",
        "coffee: {cron: '%s', zone: '%s'}",
        "postmortem: {folder: '%s', token: '%s'}",
        "security: {signing_key: '%s', api_tokens: {a: '%s'}, redact: {hosts: '%s'}}",
        "chat: {x: {a_file: '%s'}}",
    ],
)
@pytest.mark.parametrize("way", ["environment", "file"])
def test_no_secret_is_ever_in_an_error_or_a_repr(config, tmp_path, where, way):
    (tmp_path / "secret").write_text(SECRET, "utf-8")
    text = where.replace("%s", "${SECRET}")
    if way == "file":
        text = re.sub(r"(\w+): '\$\{SECRET\}'", f"\\1_file: {tmp_path}/secret", text)
    try:
        found = config(text, SECRET=SECRET)
        shown = (
            repr(found)
            + str(found)
            + "".join(repr(getattr(found, name)) for name in found.__dataclass_fields__ if name != "routes")
        )
    except ConfigError as error:
        shown = str(error) + repr(error) + repr(error.problems)
    assert "hunter2" not in shown
    assert "s3cr3t" not in shown


def test_a_password_that_breaks_the_yaml_is_not_shown(problems):
    for text in ("storage: {url: *hunter2}", "a: !hunter2 x", "a: 'x\n  hunter2: }"):
        (said,) = problems(text)
        assert "hunter" not in said


def test_blocks_for_providers_are_plain_values_that_do_not_show_themselves(config):
    found = config("paging: {ntfy: {token: abc, headers: {x: def}}}\nhttp: {public_url: 'http://a'}")
    block = found.paging["ntfy"]
    assert (repr(block), str(block["headers"])) == ("Block(type, token, headers)", "Block(x)")
    assert json.loads(json.dumps(block)) == {"type": "ntfy", "token": "abc", "headers": {"x": "def"}}


KEYS = re.findall(
    r"\w+",
    """http chat people routes alerts oncall paging status digest coffee security storage postmortem trackers publishing
    listen zone page name match match_re schedules policies steps wait rotation every start default components id
    redact hosts api_tokens layers hours calendar token type token_file ana x cron to url""",
)


@given(
    text=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from(["ana", "${X}", "5m", "schedule:s"]),
        lambda inner: st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=5,
        ),
        max_leaves=30,
    )
)  # fmt: skip
def test_whatever_stands_there_is_a_configuration_or_a_config_error(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(json.dumps(text), "utf-8")
    try:
        problems = load(path, {"X": "y"}).warnings
    except ConfigError as error:
        problems = error.problems
    assert all(problem.message and problem.file == str(path) for problem in problems)
