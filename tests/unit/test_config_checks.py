"""What one part of a configuration means to another: each mistake with the message people read."""

from datetime import timedelta

import pytest

from bot.config import ConfigError, load

PAGING = """
http: {public_url: "https://klatsch.example.org"}
paging: {ntfy: {url: "https://ntfy.example.org"}, email: {type: smtp}}
"""
PEOPLE = (
    PAGING
    + """
people: {ana: {page: ntfy}, ben: {page: [email]}}
"""
)
POLICY = (
    PEOPLE
    + """
oncall: {policies: {platform: {steps: [{page: "person:ana"}]}}}
"""
)


DIGEST = (
    PAGING
    + """
people: {ana: {page: ntfy}}
chat: {console: {}}
routes: [{match: {a: b}, service: compute}, {match: {a: c}, service: volumes}]
status: {page: {type: builtin, components: [{id: object-store, name: Objects}]}}
oncall: {schedules: {platform: {rotation: {people: [ana], start: 2026-11-02T09:00}}}}
digest:
  to: [announce, email:all@example.org]
  holidays: [DE-BE, 2026-12-24]
  wheel: [compute]
  without: [wheel]
  teams:
    storage: {services: [volumes], schedules: [platform], to: [ops@example.org], cron: tue 10:00, language: de}
"""
)
COFFEE = """
chat: {console: {}}
publishing: {archive: {type: folder, folder: archive}}
coffee:
  every: 4w
  start: 2026-12-03T10:00
  to: [announce]
  link: https://meet.example.org/coffee?pwd=1#x
  holidays: [DE-BE]
  length: 50m
  timebox: 8m
  extension: 4m
  thumbs: 45s
  call: 1d
  order: 15m
  minutes: [archive]
"""
NEVER = (
    "routes[{}]: it is never taken: `routes[{}]` matches all it matches. "
    "Move it before that one, or give that one a further condition."
)


@pytest.fixture
def said(tmp_path):
    """What is said of a configuration: `path: message. remedy`, warnings marked; nothing when it is fine."""

    def said(text):
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            problems = load(path, {}).warnings
        except ConfigError as error:
            problems = error.problems
        return [str(problem).removeprefix(f"{path}: ") for problem in problems]

    return said


def start(people):
    return f"{{rotation: {{people: {people}, start: 2026-11-02T09:00}}}}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (POLICY, []),
        # Copies of files.
        (
            "storage: {files: {largest: 1GB}}",
            "storage.files.largest: a copy of 1 GB is too large for the database. 50 MB is the most.",
        ),
        (
            "storage: {files: {largest: big, per_incident: true}}",
            [
                "storage.files.largest: `big` is not usable: a size looks like 10MB, 500kB or 1GB.",
                "storage.files.per_incident: it is not a size. Write it like 10MB, 500kB or 0.",
            ],
        ),
        # People.
        (
            PAGING + "people: {ana: {page: [ntfi, email]}}",
            "people.ana.page[0]: there is no pager `ntfi`. Did you mean `ntfy`?",
        ),
        (
            "people: {ana: {page: ntfy}}",
            "people.ana.page[0]: there is no pager `ntfy`. Configure it under `paging:`.",
        ),
        ("people: {ana: {slack: U1, matrix: '@a:b', phone: '+49', github: ana}}", []),
        ("people: {ana: {irc: ana}}\nchat: {irc: {}}", []),
        (
            "people: {ana: {slakc: U1}}",
            "people.ana.slakc: unknown key `slakc`. Did you mean `slack`?",
        ),
        (
            "people: {ana: {slack: U1}, ben: {slack: U1}}",
            "people.ben.slack: `ana` has the same handle. Each person has their own.",
        ),
        ("people: {ana: {phone: '1'}, ben: {phone: '1'}}", []),
        # Schedules.
        (
            PEOPLE + f"oncall: {{schedules: {{p: {start('[ana, bne]')}}}}}",
            "oncall.schedules.p.rotation.people[1]: there is no person `bne`. Did you mean `ben`?",
        ),
        (
            f"oncall: {{schedules: {{p: {start('[ana]')}}}}}",
            "oncall.schedules.p.rotation.people[0]: there is no person `ana`. Write them under `people:`.",
        ),
        (
            PEOPLE + f"oncall: {{schedules: {{p: {start('[]')}}}}}",
            "oncall.schedules.p.rotation.people: nobody takes turns. Name at least one person.",
        ),
        (
            PEOPLE + f"oncall: {{schedules: {{p: {start('[[ana, bne], [bem], []]')}}}}}",
            [
                "oncall.schedules.p.rotation.people[0][1]: there is no person `bne`. Did you mean `ben`?",
                "oncall.schedules.p.rotation.people[1]: there is no person `bem`. Did you mean `ben`?",
                "oncall.schedules.p.rotation.people[2]: nobody takes this turn. Name at least one person.",
            ],
        ),
        (PEOPLE + f"oncall: {{schedules: {{p: {{layers: [{start('[ana]')}, {start('[[ana, ben]]')}]}}}}}}", []),
        (
            PEOPLE + f"oncall: {{schedules: {{p: {{layers: [{start('ana')}, {start('[bem]')}, {start('[]')}]}}}}}}",
            [
                "oncall.schedules.p.layers[1].rotation.people[0]: there is no person `bem`. Did you mean `ben`?",
                "oncall.schedules.p.layers[2].rotation.people: nobody takes turns. Name at least one person.",
            ],
        ),
        (
            PEOPLE + f"oncall: {{schedules: {{p: {{layers: [{start('ana')}], {start('ben')[1:-1]}}}}}}}",
            "oncall.schedules.p.layers: there is a `rotation` beside them. Make it the first layer: the lowest one.",
        ),
        *[
            (
                f"oncall: {{schedules: {{p: {{{written}}}}}}}",
                "oncall.schedules.p: it has nobody. Give it a `rotation`, `layers` or a `calendar`.",
            )
            for written in ("", "layers: []", "zone: UTC", "calendar: ")
        ],
        ("oncall: {schedules: {p: {calendar: {type: ics}}}}", []),
        (
            "oncall: {schedules: {p: {calendar: {url: 'https://a.example'}}}}",
            "oncall.schedules.p.calendar.type: it is missing. Add `type: …`.",
        ),
        (
            "oncall: {schedules: {p: {calendar: 5}}}",
            "oncall.schedules.p.calendar: it is not a block of `key: value` lines.",
        ),
        (
            PAGING + f"people: {{ana: {{}}}}\noncall: {{schedules: {{p: {start('ana')}}}}}",
            "oncall.schedules.p.rotation.people[0]: `ana` is on call but cannot be paged. "
            "Write `page: [email, ntfy]`, or some of it, at `people.ana`.",
        ),
        (
            f"people: {{ana: {{}}}}\noncall: {{schedules: {{p: {start('ana')}}}}}",
            "oncall.schedules.p.rotation.people[0]: warning: `ana` is on call but there is no pager. "
            "Configure one under `paging:`, or they only read it in chat.",
        ),
        (
            "http: {public_url: 'https://klatsch.example.org'}\npaging: {slack: {type: ntfy}}",
            "paging.slack: a chat platform has this name. Give the entry another name.",
        ),
        # Policies.
        (
            PEOPLE + "oncall: {policies: {p: {steps: [{page: 'schedule:platform'}]}}}",
            "oncall.policies.p.steps[0].page[0]: there is no schedule `platform`. Write it under `oncall.schedules`.",
        ),
        (
            PEOPLE + f"oncall: {{schedules: {{platform: {start('ana')}}}, "
            "policies: {p: {steps: [{page: 'schedule:platfrom'}]}}}",
            "oncall.policies.p.steps[0].page[0]: there is no schedule `platfrom`. Did you mean `platform`?",
        ),
        (
            PEOPLE + "oncall: {policies: {p: {steps: [{page: ana}, {page: ['person:ben', 'person:bem']}]}}}",
            "oncall.policies.p.steps[1].page[1]: there is no person `bem`. Did you mean `ben`?",
        ),
        (
            PEOPLE + "oncall: {policies: {p: {steps: [{page: bem}]}}}",
            "oncall.policies.p.steps[0].page[0]: there is no schedule and no person `bem`. Did you mean `ben`?",
        ),
        (
            PEOPLE + "oncall: {policies: {p: {steps: [{page: 'policy:p'}]}}}",
            "oncall.policies.p: it goes round in a circle: p → p. Let the last of them end with people.",
        ),
        (
            PEOPLE + "oncall: {policies: {a: {steps: [{page: ana}, {page: 'policy:b'}]}, "
            "b: {steps: [{page: 'policy:a'}]}}}",
            [
                "oncall.policies.a: it goes round in a circle: a → b → a. Let the last of them end with people.",
                "oncall.policies.b: it goes round in a circle: b → a → b. Let the last of them end with people.",
            ],
        ),
        (
            PEOPLE + "oncall: {policies: {a: {steps: [{page: ana}, {page: 'policy:bb'}]}, b: {steps: [{page: ben}]}}}",
            "oncall.policies.a.steps[1].page[0]: there is no policy `bb`. Known: `a`, `b`.",
        ),
        (
            PEOPLE + "oncall: {policies: {a: {steps: [{page: ana}, {page: 'policy:b'}]}, b: {steps: [{page: ben}]}}}",
            [],
        ),
        (
            PEOPLE + "oncall: {policies: {a: {steps: [{page: ['policy:b', ana]}]}, b: {steps: [{page: ben}]}}}",
            "oncall.policies.a.steps[0].page: a policy is asked beside others. "
            "A policy that goes on with another one has it as a step.",
        ),
        (
            PEOPLE + "oncall: {policies: {a: {steps: [{page: 'policy:b', wait: 5m}]}, b: {steps: [{page: ben}]}}}",
            "oncall.policies.a.steps[0]: it goes on with another policy, and has something of its own. "
            "Say `wait`, `hours` and `pick` there.",
        ),
        (
            PEOPLE + "oncall: {policies: {p: {steps: [{page: 'pager:ntfi'}]}}}",
            "oncall.policies.p.steps[0].page[0]: there is no pager `ntfi`. Did you mean `ntfy`?",
        ),
        (
            PEOPLE + "oncall: {policies: {p: {steps: [{page: 'team:a'}]}}}",
            "oncall.policies.p.steps[0].page[0]: `team:a` is neither a schedule nor a person. "
            "Write `schedule:NAME`, `person:NAME`, `pager:NAME` or `policy:NAME`.",
        ),
        (
            PEOPLE + "oncall: {policies: {p: {steps: [{page: ana, hours: [nine to five]}]}}}",
            "oncall.policies.p.steps[0].hours: `nine to five` is not usable: it has 3 parts instead of two; "
            "write it like `mon-fri 09:00-17:00`, `sat,sun 00:00-24:00` or `daily 22:00-06:00`.",
        ),
        (
            PEOPLE.replace("[email]", "[{email: 2m}, email]"),
            "people.ben.page: `email` is there twice. Name each way once.",
        ),
        (
            PEOPLE.replace("[email]", "[ntfy, {email: 2 minutes}]"),
            "people.ben.page[1]: `2 minutes` is not usable: a length of time looks like 5m, 1h30m, 14d or 1w.",
        ),
        (
            PEOPLE.replace("[email]", "[ntfy, {email: 2m, sms: 3m}]"),
            "people.ben.page[1]: it is not the name of a pager. Write it like `ntfy`, or `{email: 2m}` to use it that much later.",
        ),
        (
            PEOPLE.replace("[email]", "[{ntfy: 25h}]"),
            "people.ben.page[0]: `ntfy` comes more than a day later. Whoever did not answer by then was not woken.",
        ),
        (
            PEOPLE + "oncall: {policies: {p: {steps: [{page: []}]}}}",
            "oncall.policies.p.steps[0].page: it pages nobody. Name a `schedule:NAME` or a `person:NAME`.",
        ),
        (
            PAGING + "people: {ana: {}}\noncall: {policies: {p: {steps: [{page: 'person:ana'}]}}}",
            "oncall.policies.p.steps[0].page[0]: `ana` is on call but cannot be paged. "
            "Write `page: [email, ntfy]`, or some of it, at `people.ana`.",
        ),
        (
            PEOPLE + "oncall: {default: platfrom, policies: {platform: {steps: [{page: ana}]}}}",
            "oncall.default: there is no policy `platfrom`. Did you mean `platform`?",
        ),
        # Routes.
        (
            POLICY + "routes: [{page: platfrom}]",
            "routes[0].page: there is no policy `platfrom`. Did you mean `platform`?",
        ),
        ("routes: [{page: p}]", "routes[0].page: there is no policy `p`. Write it under `oncall.policies`."),
        (
            "routes: [{match_re: {az: '(1'}}]",
            "routes[0].match_re.az: `(1` is not a regular expression "
            "(missing ), unterminated subpattern at position 0). It must match the whole value.",
        ),
        (
            "routes: [{match: {az: '10'}, match_re: {az: '1'}}]",
            "routes[0].match_re.az: no alert matches: `az` is to be `10` and to match `1`. Keep one of the two.",
        ),
        ("routes: [{match: {az: '1'}, match_re: {az: '1|2'}}]", []),
        (
            "routes: [{match: {a: x}}, {match: {a: x}}]",
            "routes[1]: `routes[0]` has the same conditions. Only the first is ever taken: keep one.",
        ),
        (
            "routes: [{match: {a: x}}, {match: {b: y, a: x}}]",
            "routes[1]: it is never taken: `routes[0]` matches all it matches. "
            "Move it before that one, or give that one a further condition.",
        ),
        (
            "routes: [{}, {match_re: {a: x}}]",
            "routes[1]: it is never taken: `routes[0]` matches all it matches. "
            "Move it before that one, or give that one a further condition.",
        ),
        (
            "routes: [{match_re: {a: x.*}}, {match: {b: y}, match_re: {a: x.*}}]",
            "routes[1]: it is never taken: `routes[0]` matches all it matches. "
            "Move it before that one, or give that one a further condition.",
        ),
        ("routes: [{match: {a: x, b: y}}, {match: {a: x}}, {match: {a: z}}, {}]", []),
        ("routes: [{match_re: {a: x.*}}, {match: {a: yx}}, {match_re: {a: x}, match: {b: y}}]", [NEVER.format(2, 0)]),
        ("routes: [{match_re: {a: x.*}}, {match: {a: xy}}]", NEVER.format(1, 0)),
        ("routes: [{match: {a: x}}, {match_re: {a: x}}]", NEVER.format(1, 0)),
        ("routes: [{match: {a: x}}, {match_re: {a: ^(x)$, b: y.*}}]", NEVER.format(1, 0)),
        ("routes: [{match_re: {a: x|y|z}}, {match_re: {a: '(?:x|z)'}}]", NEVER.format(1, 0)),
        ("routes: [{match_re: {a: x.*}}, {match_re: {a: xa|xb}}]", NEVER.format(1, 0)),
        ("routes: [{match: {a: x}}, {match_re: {a: x|y}}, {match_re: {a: x.}}, {match_re: {a: x+}}]", []),
        ("routes: [{match_re: {a: x.*}}, {match_re: {a: x.+}}, {match_re: {b: x}}]", []),
        (
            "routes: [{match_re: {a: '(x'}}, {match: {a: x}}]",
            "routes[0].match_re.a: `(x` is not a regular expression "
            "(missing ), unterminated subpattern at position 0). It must match the whole value.",
        ),
        (
            "routes: [{match: {severity: '=~warn.*'}}]",
            "routes[0].match.severity: `=~warn.*` is compared as it stands, and no alert says that. "
            "Write `match_re: {severity: warn.*}` for a regular expression.",
        ),
        (
            "routes: [{match: {severity: '!=info', team: '!~db.*'}}]",
            [
                "routes[0].match.severity: `!=info` is compared as it stands, and no alert says that. "
                "A route cannot say `not`: put one for those others before it.",
                "routes[0].match.team: `!~db.*` is compared as it stands, and no alert says that. "
                "A route cannot say `not`: put one for those others before it.",
            ],
        ),
        (
            "routes: [{match_re: {severity: '=~warn.*'}}]",
            "routes[0].match_re.severity: `=~warn.*` is compared as it stands, and no alert says that. "
            "Write `match_re: {severity: warn.*}` for a regular expression.",
        ),
        (
            "routes: [{group_by: [alertname, '...']}]",
            "routes[0].group_by[1]: `...` is no label; Alertmanager means all of them by it, in which hardly two alerts "
            "agree. Name those that alerts of one incident share, like `[alertname, region]`.",
        ),
        (
            "routes: [{match: {a: x}, heartbeat: 5m}, {match: {a: x, b: y}}]",
            "routes[1]: it is never taken: `routes[0]` matches all it matches. Move it before that one, or give that one a "
            "further condition.",
        ),
        ("routes: [{match: {a: x}, heartbeat: 5m}, {match: {a: y}}]", []),
        (
            "routes: [{heartbeat: 5m}]",
            "routes[0].heartbeat: the route has no conditions, so every alert would be a sign of life and open nothing. "
            "Say which alert is expected, like `match: {alertname: Watchdog}`.",
        ),
        (
            "routes: [{match: {a: x}, heartbeat: 59s}]",
            "routes[0].heartbeat: warning: 59s of silence mean little: a message that is sent again takes longer. Make it "
            "three times as long as what its sender repeats it after (Alertmanager: `repeat_interval`).",
        ),
        (
            POLICY + "routes: [{match: {a: x}, private: true, page: platform}]",
            "routes[0].private: warning: nobody in chat will see it: in triage an incident has no room, and a private one "
            "exists in its room alone. Add `open: active`, and `page` with a policy.",
        ),
        (
            POLICY + "routes: [{match: {a: x}, private: true, open: active, page: none}]",
            "routes[0].private: warning: nobody is invited into its room: those who are paged would be. "
            "Add `page` with a policy.",
        ),
        (POLICY + "routes: [{match: {a: x}, private: true, open: active, page: platform}]", []),
        # What comes later.
        (
            "trackers: {github: {repo: a/b}}",
            "trackers: warning: it does nothing in this release: follow-ups become no issues yet. "
            "`klatsch export` holds them.",
        ),
        # The weekly digest.
        (DIGEST, []),
        (
            "digest: {cron: mon 09:00}",
            "digest.to[0]: warning: no chat platform is configured, so nobody reads it there. "
            "Configure one under `chat:`, or write a mail address.",
        ),
        ("chat: {console: {}}\ndigest:", []),
        (
            DIGEST.replace("announce", "anounce"),
            "digest.to[0]: `anounce`: it is no place where something can be shown. Did you mean `announce`?",
        ),
        (
            DIGEST.replace("ops@example.org", "emial:ops@example.org"),
            "digest.teams.storage.to[0]: `emial:ops@example.org`: no such block under `paging:` sends mail. "
            "Did you mean `email:ops@example.org`?",
        ),
        (
            DIGEST.replace("ops@example.org", "ntfy:ops@example.org"),
            "digest.teams.storage.to[0]: `ntfy:ops@example.org`: no such block under `paging:` sends mail.",
        ),
        (
            DIGEST.replace("[ops@example.org]", "[]"),
            "digest.teams.storage.to: it is empty. Say where, like `announce`, `#ops` or `ops@example.org`.",
        ),
        (
            DIGEST.replace("services: [volumes]", "services: [volume]"),
            "digest.teams.storage.services[0]: warning: no route has the service `volume`, and it is no component. "
            "Did you mean `volumes`?",
        ),
        (
            DIGEST.replace("wheel: [compute]", "wheel: [volume]"),
            "digest.wheel[0]: warning: there is no service `volume`. Did you mean `volumes`?",
        ),
        # Whatever has a dashboard may be drawn.
        (DIGEST.replace("wheel: [compute]", "wheel: [badge-reader]"), []),
        (
            DIGEST.replace("schedules: [platform]", "schedules: [plattform]"),
            "digest.teams.storage.schedules[0]: there is no schedule `plattform`. Did you mean `platform`?",
        ),
        (
            DIGEST.replace("services: [volumes]", "services: [badges]"),
            "digest.teams.storage.services[0]: warning: no route has the service `badges`, and it is no component. "
            "Known: `compute`, `object-store`, `volumes`.",
        ),
        (
            DIGEST.replace("schedules: [platform]", "schedules: [nobody]"),
            "digest.teams.storage.schedules[0]: there is no schedule `nobody`. Known: `platform`.",
        ),
        (
            DIGEST.replace("language: de", "language: de, holidays: [Berlin]"),
            "digest.teams.storage.holidays[0]: `Berlin` is neither a country, nor a part of one, nor a date. "
            "Write it like `DE`, `DE-BE` or `2026-12-24`.",
        ),
        (
            DIGEST.replace("language: de", "language: de, wheel: [volume]"),
            "digest.teams.storage.wheel[0]: warning: there is no service `volume`. Did you mean `volumes`?",
        ),
        (
            DIGEST.replace("tue 10:00", "'0 8,17 * * tue'"),
            "digest.teams.storage.cron: it comes more than once a day. "
            "Write one time, like `mon 09:00` or `mon-fri 09:00`.",
        ),
        # What is wrong with the team is said once.
        (
            DIGEST.replace("services: [volumes], schedules: [platform], ", "services: 7, "),
            "digest.teams.storage.services: it is not a list.",
        ),
        # Either is enough.
        (DIGEST.replace("services: [volumes], ", ""), []),
        (DIGEST.replace("schedules: [platform], ", ""), []),
        (
            DIGEST.replace("services: [volumes], schedules: [platform], ", ""),
            "digest.teams.storage: it has neither services nor schedules, so nothing is the team's. "
            "Name some of them, or leave the team out: `digest` itself is of everybody.",
        ),
        (
            DIGEST.replace("DE-BE", "de-be"),
            "digest.holidays[0]: `de-be` is neither a country, nor a part of one, nor a date. Did you mean `DE-BE`?",
        ),
        (
            DIGEST.replace("2026-12-24", "24.12."),
            "digest.holidays[1]: `24.12.` is neither a country, nor a part of one, nor a date. "
            "Write it like `DE`, `DE-BE` or `2026-12-24`.",
        ),
        (
            DIGEST.replace("2026-12-24", "2026-02-30"),
            "digest.holidays[1]: `2026-02-30` is neither a country, nor a part of one, nor a date. "
            "Write it like `DE`, `DE-BE` or `2026-12-24`.",
        ),
        (
            DIGEST.replace("tue 10:00", "'*/5 9 * * mon'"),
            "digest.teams.storage.cron: it comes more than once a day. "
            "Write one time, like `mon 09:00` or `mon-fri 09:00`.",
        ),
        (
            DIGEST.replace("without: [wheel]", "without: [whell]"),
            "digest.without[0]: it is none of `story`, `incidents`, `nearmisses`, `drills`, `noise`, `oncall`, `followups`, "
            "`postmortems`, `durations`, `questions`, `coming`, `wheel` or `coffee`. Did you mean `wheel`?",
        ),
        # The lean coffee.
        (COFFEE, []),
        (
            "coffee:",
            "coffee.to[0]: warning: no chat platform is configured, so nobody reads it there. "
            "Configure one under `chat:`.",
        ),
        (COFFEE.replace("to: [announce]", "to: []"), "coffee.to: it is empty. Say where, like `announce` or `#ops`."),
        (
            COFFEE.replace("to: [announce]", "to: [anounce]"),
            "coffee.to[0]: `anounce`: it is no place where something can be shown. Did you mean `announce`?",
        ),
        (
            COFFEE.replace("every: 4w", "every: 4w\n  cron: thu 10:00"),
            "coffee.every: there is `cron` beside it. Say in one way when the coffee is.",
        ),
        (
            "chat: {console: {}}\ncoffee: {cron: thu 10:00, calendar: {type: ics, file: x.ics}}",
            "coffee.calendar: there is `cron` beside it. Say in one way when the coffee is.",
        ),
        (
            COFFEE.replace("  every: 4w\n", ""),
            "coffee.start: there is no `every` beside it. Write how often it is, like `every: 4w`.",
        ),
        (
            COFFEE.replace("  start: 2026-12-03T10:00\n", ""),
            "coffee.start: it is missing. Write the local time of the first coffee, like 2026-12-03T10:00.",
        ),
        (
            COFFEE.replace("2026-12-03T10:00", "2026-12-03"),
            "coffee.start: `2026-12-03` has no time of day. Write the local time of the first coffee, like 2026-12-03T10:00.",
        ),
        (
            COFFEE.replace("2026-12-03T10:00", "2026-12-03T10:00+01:00"),
            "coffee.start: `2026-12-03T10:00+01:00` has an offset; `coffee.zone` says that. "
            "Write the local time of the first coffee, like 2026-12-03T10:00.",
        ),
        (COFFEE.replace("4w", "12h"), "coffee.every: it comes more than once a day. Write it like `1w` or `4w`."),
        (
            "chat: {console: {}}\ncoffee: {cron: '*/5 9 * * mon'}",
            "coffee.cron: it comes more than once a day. Write one time, like `mon 09:00` or `mon-fri 09:00`.",
        ),
        (
            "chat: {console: {}}\npaging: {email: {type: smtp}}\nhttp: {public_url: https://k.example.org}\n"
            "coffee: {to: [announce, ops@example.org]}",
            "coffee.to[1]: `ops@example.org`: nobody can vote in a mail. Name a room of a chat platform, like `announce` or `#ops`.",
        ),
        ("chat: {console: {}}\ncoffee: {calendar: {url: x}}", "coffee.calendar.type: it is missing. Add `type: …`."),
        (
            COFFEE.replace("length: 50m", "length: 7m"),
            "coffee.timebox: it is longer than the coffee, which is 7m. Write it like `8m`.",
        ),
        (
            COFFEE.replace("extension: 4m", "extension: 2h"),
            "coffee.extension: it is longer than the coffee, which is 50m. Write it like `8m`.",
        ),
        (COFFEE.replace("50m", "9h"), "coffee.length: it is longer than 8h. Write it like `50m`."),
        (COFFEE.replace("45s", "5s"), "coffee.thumbs: nobody holds a thumb so fast. Write it like `45s`."),
        (
            COFFEE.replace("45s", "9m"),
            "coffee.thumbs: people would be asked for longer than they talk. Write it like `45s`.",
        ),
        (
            COFFEE.replace("order: 15m", "order: 1d"),
            "coffee.order: the agenda would be ordered before dots are asked for, 1d ahead. "
            "Write a shorter time, or a longer one at `coffee.call`.",
        ),
        (
            COFFEE.replace("[archive]", "[archiv]"),
            "coffee.minutes[0]: there is no publisher `archiv`. Did you mean `archive`?",
        ),
        (
            COFFEE.replace("publishing: {archive: {type: folder, folder: archive}}\n", ""),
            "coffee.minutes[0]: there is no publisher `archive`. "
            "Configure it under `publishing:`; the folder of `postmortem` has them too.",
        ),
        (
            COFFEE.replace("https://meet", "meet"),
            "coffee.link: `meet.example.org/coffee?pwd=1#x` is not an address people can open. "
            "Write it like `https://meet.example.org/coffee`.",
        ),
        (
            COFFEE.replace("DE-BE", "Berlin"),
            "coffee.holidays[0]: `Berlin` is neither a country, nor a part of one, nor a date. "
            "Write it like `DE`, `DE-BE` or `2026-12-24`.",
        ),
        (
            "security: {api_tokens: {ci: token}}",
            "security.api_tokens: warning: it does nothing in this release: there is no /api/v1 yet. "
            "You may leave it out.",
        ),
        ("chat: {command: incident}\ntrackers: {}\nsecurity: {api_tokens: {}}", []),
        # Alerts.
        ("alerts: {prom: {type: alertmanager, token: t}, basic: {user: u, password: p}, sentry: {secret: s}}", []),
        (
            "alerts: {prom: {type: alertmanager}}",
            "alerts.prom: it has neither token nor password: anybody could open incidents. "
            "Add `token`, `token_file`, or `user` and `password`.",
        ),
        (
            "alerts: {prom: {tokne: x}}",
            "alerts.prom: it has neither token nor password: anybody could open incidents. "
            "Is `tokne` meant to be its token?",
        ),
        (
            "alerts: {prom: {token: ''}}",
            "alerts.prom.token: it is empty or not text. Write it in quotes, or as `${NAME}` from the environment.",
        ),
        (
            "alerts: {prom: {token: 12345}}",
            "alerts.prom.token: it is empty or not text. Write it in quotes, or as `${NAME}` from the environment.",
        ),
        ("alerts: {prom: {password: p}}", "alerts.prom: it has a password but no `user`. Add `user`."),
        (
            "alerts: {a: {type: pagerduty, token: same}, b: {type: pagerduty, token: same}}",
            "alerts.b.token: `alerts.a` has the same one. Each needs its own: it says whose event it is.",
        ),
        # Status pages.
        (
            "status: {page: {listen: 8081}}",
            "status.page.listen: `8081` is not host:port. "
            "Write it like `127.0.0.1:8080`, or `0.0.0.0:8080` for everybody.",
        ),
        (
            "status: {page: {components: [{id: Compute}]}}",
            "status.page.components[0].id: the id `Compute` cannot be typed. Use small letters, digits and dashes.",
        ),
        (
            "status: {page: {components: [{id: a}, {id: b}, {id: a, name: Other}]}}",
            "status.page.components[2].id: the component `a` is there already. Give each its own id.",
        ),
        ("status: {page: {components: [{id: a}]}, other: {components: [{id: a}, {id: b}]}}", []),
        (
            "status: {other: {components: {compute: x}}, page: {components: [{id: compute-az1}]}}",
            "status.other.components.compute: no status page has a component `compute`. Did you mean `compute-az1`?",
        ),
        (
            "status: {page: {components: compute}}",
            "status.page.components: it is not a list. Write `[{id: compute, name: Compute}]`.",
        ),
        # Links and keys.
        (
            "paging: {ntfy: {}}",
            "http.public_url: warning: it is missing: the links that acknowledge a page would point to the listen "
            "address. Write the address at which people reach the bot, like `https://klatsch.example.org`.",
        ),
        (
            "security: {signing_key: short}",
            "security.signing_key: warning: it is shorter than 32 characters: somebody could guess it and sign links. "
            "Make one with `openssl rand -hex 32`.",
        ),
        (
            "security: {redact: {networks: [mgmt-net, 10.0.0.0/8, '10.0.0.0/99', 'fd00::/8', 'fd00::/129', net/a]}}",
            [
                "security.redact.networks[2]: `10.0.0.0/99` is no network. Write it like `10.0.0.0/8` or `fd00::/8`.",
                "security.redact.networks[4]: `fd00::/129` is no network. Write it like `10.0.0.0/8` or `fd00::/8`.",
            ],
        ),
        (
            "security: {redact: {networks: 10.0.0.300, keep: [1.2.3, 192.0.2.0/33, status.example.org, 192.0.2.0/24]}}",
            [
                "security.redact.networks[0]: `10.0.0.300` is no network. Write it like `10.0.0.0/8` or `fd00::/8`.",
                "security.redact.keep[1]: `192.0.2.0/33` is no network. Write it like `10.0.0.0/8` or `fd00::/8`.",
            ],
        ),
        (
            "security: {api_tokens: {ci: ''}}",
            [
                "security.api_tokens.ci: it is empty. Make one with `openssl rand -hex 32`.",
                "security.api_tokens: warning: it does nothing in this release: there is no /api/v1 yet. "
                "You may leave it out.",
            ],
        ),
    ],
)
def test_each_mistake_is_said_and_nothing_else(said, text, expected):
    assert said(text) == ([expected] if isinstance(expected, str) else expected)


def test_a_policy_goes_on_with_the_steps_of_another_one_and_those_who_take_turns_there_take_them_together(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(
        PEOPLE
        + """
chat: {zone: Europe/Berlin}
oncall:
  quiet: [sev4]
  policies:
    a: {steps: [{page: ana, wait: 1m}, {page: "policy:b"}, {page: "pager:ntfy"}]}
    b: {zone: Asia/Tokyo, repeat: 3, steps: [{page: [ana, ben], pick: one}, {page: ben, hours: "mon-fri 09:00-17:00"}]}
""",
        "utf-8",
    )
    found = load(path, {})
    a, b = found.roster.ladders["a"], found.roster.ladders["b"]
    assert [step.targets for step in a.steps] == [
        ("person:ana",),
        ("person:ana", "person:ben"),
        ("person:ben",),
        ("pager:ntfy",),
    ]
    assert (a.steps[1], a.steps[2], a.repeat, b.repeat) == (b.steps[0], b.steps[1], 1, 3)
    assert (b.steps[0].turn, a.steps[0].turn, str(b.steps[1].zone)) == ("b:0", "", "Asia/Tokyo")
    assert "pager:ntfy" in found.roster.people
    assert found.reachable["pager:ntfy"].ways == ("ntfy",)
    assert found.quiet == {"sev4"}


def test_ways_come_in_order_each_after_its_wait(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(PEOPLE.replace("[email]", "[ntfy, {email: 2m30s}]"), "utf-8")
    ben = load(path, {}).people["ben"]
    assert (ben.ways, ben.waits) == (("ntfy", "email"), {"email": timedelta(minutes=2, seconds=30)})


def test_the_only_policy_is_the_default(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(POLICY, "utf-8")
    assert load(path, {}).default_ladder == "platform"
    path.write_text(PEOPLE + "oncall: {policies: {a: {steps: [{page: ana}]}, b: {steps: [{page: ben}]}}}", "utf-8")
    assert load(path, {}).default_ladder == ""


def test_a_mistake_in_one_entry_does_not_hide_the_others_nor_invent_new_ones(said):
    found = said(
        PAGING
        + """
people: {ana: {name: 5, page: ntfy}, ben: {page: {}}, cem: {page: [ntfy, 5], emial: x}}
oncall:
  schedules:
    a: {zone: Mars, rotation: {people: [ana, ben, cem, dan], every: 0m, start: 2026-11-02T09:00}}
  policies: {p: {steps: [{page: "schedule:b", wait: 5}]}}
routes: [{match: {a: 1}, page: q}, {match: {}, page: p, open: maybe}]
"""
    )
    assert [line.partition(": ")[0] for line in found] == [
        "routes[0].match.a",
        "routes[1].open",
        "people.ana.name",
        "people.ben.page",
        "people.cem.page[1]",
        "oncall.schedules.a.zone",
        "oncall.schedules.a.rotation.every",
        "oncall.policies.p.steps[0].wait",
        "people.cem.emial",
        "oncall.schedules.a.rotation.people[3]",
        "oncall.policies.p.steps[0].page[0]",
        "routes[0].page",
    ]
