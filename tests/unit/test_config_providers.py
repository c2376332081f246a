"""Providers' blocks, checked together with all else, and what they take from around them: a folder and a zone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.registry import CALENDARS
from adapters.settings import examine, settings
from bot.config import Config, ConfigError, load

KNOWN = ", ".join(sorted(CALENDARS)) or "none"

Said = Callable[..., list[str]]


def written(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def said(tmp_path: Path) -> Said:
    """The errors of a configuration, without the file's name."""

    def said(text: str, **environ: str) -> list[str]:
        path = written(tmp_path, text)
        try:
            load(path, environ, examine)
        except ConfigError as error:
            return [str(problem).removeprefix(f"{path}: ") for problem in error.problems if problem.severity == "error"]
        return []

    return said


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str], Config]:
    return lambda text: load(written(tmp_path, text), {}, examine)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alerts: {p: {type: alertmanager, token: t}}", []),
        (
            "oncall: {schedules: {a: {calendar: {type: gopher}}, b-1: {calendar: {type: [5]}}, c: {calendar: }}}",
            [
                "oncall.schedules.c: it has nobody. Give it a `rotation`, `layers` or a `calendar`.",
                f"oncall.schedules.a.calendar.type: calendars: no provider has the type `gopher`. Known: {KNOWN}.",
                f"oncall.schedules.b-1.calendar.type: calendars: no provider has the type `[5]`. Known: {KNOWN}.",
            ],
        ),
        (
            "oncall: {schedules: {a: {calendar: {url: 'https://a.example'}}}}",
            ["oncall.schedules.a.calendar.type: it is missing. Add `type: …`."],
        ),
        ("alerts: {p: {token: t, tpye: alertmanager}}", ["alerts.p.tpye: unknown key `tpye`. Did you mean `type`?"]),
        (
            "alerts: {p: {token: t}}",
            ["alerts.p.type: alerts: no provider has the type `p`. Known: alertmanager."],
        ),
        (
            "paging: {ntfy: {url: 'https://a.example', tokn: x}}\nhttp: {public_url: 'https://b.example'}",
            ["paging.ntfy.tokn: unknown key `tokn`. Did you mean `token`?"],
        ),
        (
            "paging: {smtp: {form: a@b.example}}\nhttp: {public_url: 'https://b.example'}",
            [
                "paging.smtp.from: it is missing. Add `from: …`.",
                "paging.smtp.form: unknown key `form`. Did you mean `from`?",
            ],
        ),
        (
            "paging: {ntfy: {url: 5}}\nhttp: {public_url: 'https://b.example'}",
            ["paging.ntfy.url: it is not text but a number, true or false. Put it in quotes."],
        ),
        (
            "paging: {ntfy: {url: ntfy.example}}\nhttp: {public_url: 'https://b.example'}",
            ["paging.ntfy.url: must be the server's address, like https://ntfy.example.org."],
        ),
        ("chat: {console: {zzz: 1}}", ["chat.console.zzz: unknown key `zzz`. Known: `announce`, `folder`."]),
        (
            "publishing: {postmortem: {type: folder, folder: x}}",
            ["publishing.postmortem: `postmortem.folder` has this name already. Give the entry another name."],
        ),
        ("postmortem: {folder: ''}", ["postmortem.folder: it names no folder. Write a path, like `postmortems`."]),
        (
            "publishing: {archive: {type: folder, folder: ''}}",
            [
                "publishing.archive.folder: it names no folder. "
                "Write a path, like `postmortems` or `/var/lib/klatsch/postmortems`."
            ],
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_provider_s_block_is_said_with_the_nearest_key(
    said: Said, text: str, expected: list[str]
) -> None:
    assert said(text) == expected


def test_everything_is_said_at_once_and_each_mistake_once(said: Said) -> None:
    text = """
        alrts: {}
        http: {listen: nowhere}
        alerts: {prometheus: {type: alertmanager, token: 5, tokne: x}}
        status: {page: {type: builtin, listen: 8081, titel: x, components: [{id: a, nmae: x}, {id: ä}]}}
        routes: [{page: nobody}]
    """
    assert sorted(line.partition(": ")[0] for line in said(text)) == [
        "alerts.prometheus.token",
        "alerts.prometheus.tokne",
        "alrts",
        "http.listen",
        "routes[0].page",
        "status.page.components[0].name",
        "status.page.components[0].nmae",
        "status.page.components[1].id",
        "status.page.components[1].name",
        "status.page.listen",
        "status.page.titel",
    ]


def test_a_secret_is_not_said_where_a_provider_refuses_it(said: Said) -> None:
    (problem,) = said("status: {page: {type: builtin, zone: '${SECRET}'}}", SECRET="hunter2hunter2")
    assert problem == "status.page.zone: there is no time zone `${SECRET}`; write for example Europe/Berlin."


PAGE = "{{type: builtin, listen: '{}'}}"


@pytest.mark.parametrize(
    ("one", "two", "clash"),
    [("127.0.0.1:8081", "127.0.0.1:8081", True), ("127.0.0.1:8081", "127.0.0.1:8082", False)],
)
def test_two_pages_on_one_address_are_an_error_that_names_both(said: Said, one: str, two: str, clash: bool) -> None:
    assert (
        said(f"status: {{a: {PAGE.format(one)}, b: {PAGE.format(two)}}}")
        == [
            "status.b.listen: `status.a` listens on `127.0.0.1:8081` too, so one of the two is never seen. "
            "Give each page its own address."
        ]
        * clash
    )


def test_two_pages_with_the_usual_address_are_an_error_too(said: Said) -> None:
    assert len(said("status: {a: {type: builtin}, b: {type: builtin}}")) == 1


def test_a_page_may_share_the_address_of_the_machines(said: Said) -> None:
    assert said(f"http: {{listen: '127.0.0.1:8080'}}\nstatus: {{a: {PAGE.format('127.0.0.1:8080')}}}") == []


# What a block takes from around it


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("status: {page: {type: builtin}}", "UTC"),
        ("chat: {zone: Europe/Berlin}\nstatus: {page: {type: builtin}}", "Europe/Berlin"),
        ("chat: {zone: Europe/Berlin}\nstatus: {page: {type: builtin, zone: Asia/Tokyo}}", "Asia/Tokyo"),
    ],
)
def test_a_page_has_the_zone_of_chat_unless_it_says_another(
    config: Callable[[str], Config], text: str, zone: str
) -> None:
    page = settings(config(text)).pages["page"]
    assert getattr(page, "zone") == zone  # noqa: B009 - every provider has a Config of its own


def test_relative_paths_count_from_the_folder_of_the_file_from_wherever_it_is_read(
    config: Callable[[str], Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("t0ken")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    found = config(
        """
        storage: {url: "sqlite:///data/klatsch.db"}
        chat: {console: {}}
        alerts: {prometheus: {type: alertmanager, token_file: secret}}
        publishing: {archive: {type: folder, folder: ../archive}}
        """
    )
    checked = settings(found)
    places = {
        "database": found.storage.url.get_secret_value(),
        "token": found.alerts["prometheus"]["token"],
        "drafts": str(checked.publishers["postmortem"].model_dump()["folder"]),
        "archive": str(checked.publishers["archive"].model_dump()["folder"]),
        "rooms": str(checked.platforms["console"].model_dump()["folder"]),
    }
    assert places == {
        "database": f"sqlite:///{tmp_path}/data/klatsch.db",
        "token": "t0ken",
        "drafts": f"{tmp_path}/postmortems",
        "archive": f"{tmp_path}/../archive",
        "rooms": f"{tmp_path}/rooms",
    }


def test_a_file_named_without_a_folder_counts_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "")
    monkeypatch.chdir(tmp_path)
    assert load(Path("config.yaml"), {}).storage.url.get_secret_value() == f"sqlite:///{tmp_path}/klatsch.db"


@pytest.mark.parametrize(
    "url",
    ["sqlite:////var/lib/klatsch/klatsch.db", "sqlite:///:memory:", "postgresql://klatsch@db.example.org/klatsch"],
)
def test_an_address_that_is_whole_stays_as_it_is(config: Callable[[str], Config], url: str) -> None:
    assert config(f"storage: {{url: '{url}'}}").storage.url.get_secret_value() == url


def test_a_secret_s_file_that_is_missing_is_said_with_the_folder_it_was_looked_for_in(
    said: Said, tmp_path: Path
) -> None:
    (problem,) = said("alerts: {p: {type: alertmanager, token_file: gone}}")
    assert problem.startswith(f"alerts.p.token_file: the file `gone` in {tmp_path} does not exist.")


MATRIX = "homeserver: 'https://a.example', user_id: '@k:a.example', access_token: t"


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("encryption: off", []),
        ("encryption: 'off'", []),
        ("encryption: private", []),
        ("encryption: all, encryption_key: " + "k" * 32, []),
        ("encryption: on", ["chat.matrix.encryption: it is none of `off`, `private` or `all`."]),
        (
            "encryption: all, encryption_key: short",
            ["chat.matrix.encryption_key: is shorter than 32 characters: make one with `openssl rand -hex 32`."],
        ),
    ],
)
def test_which_rooms_are_encrypted_is_one_of_three_words(said: Said, block: str, expected: list[str]):
    assert said(f"chat: {{matrix: {{{MATRIX}, {block}}}}}") == expected


def test_keys_lie_in_the_configurations_folder_unless_they_are_placed(config: Callable[[str], Config], tmp_path: Path):
    for place, there in (("", "matrix-keys"), (", encryption_store: /var/lib/k", "/var/lib/k")):
        (found,) = settings(config(f"chat: {{matrix: {{{MATRIX}{place}}}}}")).platforms.values()
        assert getattr(found, "encryption_store", None) == tmp_path / there


def test_several_processes_and_keys_of_one_are_warned_of(config: Callable[[str], Config]):
    written = f"chat: {{matrix: {{{MATRIX}, encryption: all}}}}"
    assert not config(written).warnings
    (warning,) = config(f"{written}\nstorage: {{url: 'postgresql://u@h/d'}}").warnings
    assert warning.path == "chat.matrix.encryption"
    assert "Run one bot" in warning.remedy


def test_answers_at_pagerduty_that_nobody_would_hear_are_warned_of(config: Callable[[str], Config]):
    block = "type: pagerduty, routing_key: e93facc04764012d7bfb002500d5d1a6"
    public = "http: {public_url: 'https://b.example'}"
    (warning,) = config(f"paging: {{rota: {{{block}}}}}\n{public}").warnings
    assert warning.path == "paging.rota.webhook_secret"
    assert "docs/paging.md" in warning.remedy
    secret = "a-secret-of-pagerduty"
    for given in (secret, f"[{secret}, {secret}-too]"):
        assert not config(f"paging: {{rota: {{{block}, webhook_secret: {given}}}}}\n{public}").warnings
