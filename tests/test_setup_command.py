from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.management import CommandError, call_command
from django.utils.translation import override

from coze_widget.sandbox.faults import Fault
from tests.keypairs import elliptic_pem, private_pem, public_pem, rsa_key
from tests.tiny_server import at_most
from tests.widget_data import TOKENS

TOKEN_PATH = "/api/permission/oauth2/token"
ROOT = Path(__file__).parent.parent


@pytest.fixture
def config(tmp_path, oauth_config):
    """Writes the file that Coze's console would hand out, with changes."""
    path = tmp_path / "with a space" / "coze_oauth_config.json"
    path.parent.mkdir()

    def write(**changes):
        path.write_text(json.dumps({**oauth_config, **changes}))
        path.chmod(0o600)
        return str(path)

    return write


class Setup:
    """One run of the command in this process."""

    def __init__(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command("coze_setup", *arguments, stdout=out, stderr=err)
        except CommandError as error:
            self.error = str(error)
            self.code = error.returncode
        else:
            self.error, self.code = "", 0
        self.out, self.err = out.getvalue(), err.getvalue()


pytestmark = pytest.mark.django_db


# --- all is well


def test_a_good_file_is_accepted(coze, config, widget):
    path = config()

    setup = Setup(path)

    assert (setup.code, setup.error) == (0, "")
    assert "[x] Coze accepts the key." in setup.out
    assert "[x] COZE_OAUTH_APPS holds this very credential as “default”." in setup.out
    assert "[x] “Support” is shown on pages that have its tag." in setup.out
    assert f"Asking {coze.url} …" in setup.err


def test_the_line_for_the_settings_has_the_whole_path(coze, config, settings):
    settings.COZE_OAUTH_APPS = {}
    path = config()

    setup = Setup(os.path.relpath(path))

    assert setup.code == 0
    assert f'COZE_OAUTH_APPS = {{"default": "{path}"}}' in setup.out


def test_without_a_file_the_settings_are_looked_at(coze, settings):
    fields = settings.COZE_OAUTH_APPS["default"]
    settings.COZE_OAUTH_APPS = {"default": fields, "other": fields}

    setup = Setup()

    assert setup.code == 0
    assert setup.out.count("[x] Coze accepts the key.") == 2


def test_one_app_of_the_settings(coze, settings):
    fields = settings.COZE_OAUTH_APPS["default"]
    settings.COZE_OAUTH_APPS = {"default": fields, "other": {"client_id": ""}}

    setup = Setup("--app", "default")

    assert "OAuth app “other”" not in setup.out
    assert 'OAuth app "other": client_id is missing.' in setup.out  # says a check
    assert setup.code == 1


def test_where_to_go_on(coze):
    setup = Setup()

    assert "/admin/coze_widget/widget/add/" in setup.out
    assert "{% load coze_widget %}{% coze_widget %}" in setup.out


def test_the_first_open_step_stands_out(coze):
    setup = Setup()

    [line] = [line for line in setup.out.splitlines() if "<- next" in line]
    assert line.strip().startswith("[ ] ")


def test_what_nothing_here_can_see_is_not_ticked(coze):
    setup = Setup()

    assert "[?] Tick the permissions of the Chat SDK." in setup.out
    assert "Conversation: listConversation, createConversation" in setup.out
    assert "[?] Press authorise (授权)" in setup.out


def test_a_widget_by_its_slug(coze, widget):
    assert Setup("--slug", "support").code == 0
    assert "[!] There is no widget “other”." in Setup("--slug", "other").out


def test_for_programs(coze, config):
    setup = Setup(config(), "--json")

    found = json.loads(setup.out)
    assert found["ready"] is True
    assert [section["key"] for section in found["sections"]] == [
        "oauth_app:default",
        "project",
        "widgets",
    ]
    assert found["sections"][0]["items"][0]["state"] == "done"


def test_for_programs_nothing_reaches_a_terminal_that_it_would_obey(
    coze, config, make_widget
):
    make_widget(name="x\x9b31mRED\u202e茶")

    setup = Setup(config(), "--json")

    assert setup.out.isascii()
    assert "茶" in str(json.loads(setup.out))


def test_offline_nobody_is_asked(coze, config):
    setup = Setup(config(), "--offline")

    assert setup.code == 0
    assert "[?] Coze was not asked (--offline)." in setup.out
    assert not coze.state.recorder.entries


def test_the_list_speaks_the_projects_language(coze):
    with override("zh-hans"):
        setup = Setup()

    assert "[x] 扣子接受该密钥。" in setup.out


# --- Coze says no


def test_an_unknown_key(coze, config):
    setup = Setup(config(public_key_id="another"))

    assert (setup.code, setup.error) == (1, "Not ready yet: see the list.")
    assert "[!] Coze refused: the kid is not registered with this API" in setup.out
    assert "logid" in setup.out
    assert "[x] Create" not in setup.out


def test_another_private_key(coze, config):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    setup = Setup(config(private_key=private_pem(stranger)))

    assert setup.code == 1
    assert "the signature does not fit" in setup.out


def test_a_disabled_app(coze, config):
    coze.state.oauth_apps[0].deactivated = True

    setup = Setup(config())

    assert setup.code == 1
    assert "app has been deactivated" in setup.out
    assert "check that the app is enabled" in setup.out


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(9_000, "seconds behind Coze's"), (-9_000, "seconds ahead of Coze's")],
)
def test_a_clock_that_is_hours_off_is_allowed_for_and_told(coze, config, seconds, said):
    coze.shift_clock(seconds)

    setup = Setup(config())

    assert setup.code == 0
    assert "Coze accepts the key." in setup.out
    assert said in setup.out
    assert "NTP" in setup.out


def test_a_clock_that_is_days_off(coze, config):
    coze.shift_clock(200_000)

    setup = Setup(config())

    assert setup.code == 1
    assert "[!] Coze refused: the JWT has expired" in setup.out
    assert "that this machine's clock is right" in setup.out


def test_coze_is_down(config, sandbox, settings):
    path = config()
    settings.COZE_MAX_RETRIES = 0
    sandbox.stop()

    setup = Setup(path)

    assert setup.code == 1
    assert "[!] Nothing answers at http://127.0.0.1" in setup.out


def test_coze_is_slow(coze, config, settings):
    settings.COZE_READ_TIMEOUT_SECONDS = 0.3
    settings.COZE_TOTAL_TIMEOUT_SECONDS = 0.5
    coze.state.faults.add(Fault(TOKEN_PATH, latency_ms=3000))

    with at_most(2):
        setup = Setup(config())

    assert setup.code == 1
    assert "did not answer in time" in setup.out


def test_a_proxy_that_is_not_there(coze, config, settings):
    settings.COZE_PROXIES = {"http": "http://user:hunter2@127.0.0.1:9"}

    setup = Setup(config())

    assert setup.code == 1
    assert "proxy" in setup.out
    assert "hunter2" not in setup.out + setup.err


def test_what_coze_says_is_bounded_and_harmless(coze, config):
    text = "\x1b[31mred\x07 " + TOKENS[2] + " <b>" + "x" * 9000
    coze.state.faults.add(Fault(TOKEN_PATH, code="invalid_request", msg=text))

    setup = Setup(config())

    assert "\x1b" not in setup.out
    assert "\x07" not in setup.out
    assert TOKENS[2] not in setup.out
    assert "x" * 500 not in setup.out


def test_a_widgets_name_moves_no_cursor(coze, make_widget):
    make_widget(name="Sup\x1b[2Jport")

    assert "\x1b" not in Setup().out


# --- bad input


def pem_line(pem):
    return pem.splitlines()[1]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b"\xff\xfe\x00", "is not a text file in UTF-8"),
        (b" " * 70_000, "is a file of more than 64 KB"),
        (b"", "is not JSON"),
        (b'{"client_type": "web"}', 'client_type is "web", not "jwt"'),
        (b'{"client_id": "1"}', "public_key_id is missing"),
    ],
)
def test_a_file_that_is_none(tmp_path, settings, content, problem):
    path = tmp_path / "file.json"
    path.write_bytes(content)

    setup = Setup(str(path))

    assert setup.code == 1
    assert '[!] OAuth app "default": ' in setup.out
    assert problem in setup.out


@pytest.mark.parametrize(
    ("pem", "problem"),
    [
        (public_pem, "is the public half"),
        (elliptic_pem, "is not an RSA key"),
        (lambda: private_pem(rsa_key(1024)), "is an RSA key of 1024 bits"),
        (lambda: private_pem()[:-200], "is a damaged PEM"),
        (lambda: private_pem(passphrase="secret words"), "is encrypted"),
        (lambda: TOKENS[0], "holds a personal access token"),
    ],
)
def test_a_key_that_is_none_is_never_repeated(config, pem, problem):
    pem = pem()

    setup = Setup(config(private_key=pem))

    assert setup.code == 1
    assert problem in setup.out
    assert pem_line(f"\n{pem}" if "\n" not in pem else pem)[:30] not in setup.out


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/nowhere/file.json", "No such file or directory"),
        (".", "Is a directory"),
        ("nul\0l", "it holds a null byte"),
        ("x" * 5000, "holds a long text instead of a path"),
        ("", "No such file or directory"),
    ],
)
def test_a_path_that_leads_nowhere(path, problem):
    setup = Setup(path)

    assert setup.code == 1
    assert problem in setup.out


@pytest.mark.parametrize(
    "arguments",
    [[TOKENS[0]], [private_pem()], ["--app", TOKENS[1]], ["--slug", TOKENS[2]]],
    ids=["pat", "pem", "app", "slug"],
)
def test_a_secret_in_place_of_a_path_is_refused(arguments):
    setup = Setup(*arguments)

    assert setup.code == 1
    assert "revoke it in Coze's console" in setup.error
    assert arguments[-1][:20] not in setup.out + setup.err + setup.error


def test_windows_has_written_the_file(coze, config):
    path = Path(config())
    pretty = json.dumps(json.loads(path.read_text()), indent=2)
    path.write_bytes(b"\xef\xbb\xbf" + pretty.replace("\n", "\r\n").encode())

    assert Setup(str(path)).code == 0


def test_a_file_for_everybody_is_noted(coze, config):
    path = Path(config())
    path.chmod(0o644)

    setup = Setup(str(path))

    assert setup.code == 0
    assert f"chmod 600 '{path}'" in setup.out


def test_an_app_that_the_settings_do_not_have(coze):
    setup = Setup("--app", "shop")

    assert setup.code == 1
    assert "has no OAuth app named “shop”; it has: “default”." in setup.out


def test_nothing_is_configured_at_all(settings):
    settings.COZE_OAUTH_APPS = {}
    settings.COZE_IDENTITY_KEY = ""

    setup = Setup()

    assert setup.code == 1
    assert "[ ] Create an OAuth app" in setup.out
    assert "[!] COZE_IDENTITY_KEY is not set." in setup.out
    assert "secrets.token_urlsafe(48)" in setup.out


def test_nothing_at_all_is_not_ready_offline_either(settings):
    settings.COZE_OAUTH_APPS = {}

    assert Setup("--offline").code == 1


# --- as people start it


def start(tmp_path, *arguments, settings="", **environ):
    """Run the command in a process of its own, with tests.settings and these lines."""
    module = tmp_path / "own_settings.py"
    module.write_text(f"from tests.settings import *\n{settings}\n")
    return subprocess.run(
        [sys.executable, "-m", "django", "coze_setup", *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "own_settings",
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
            **environ,
        },
    )


def test_before_the_first_migrate(tmp_path, coze, config):
    done = start(tmp_path, config(), "--json", "-v", "3")

    found = json.loads(done.stdout)
    items = {item["key"]: item for one in found["sections"] for item in one["items"]}
    assert done.returncode == 1
    assert items["answer"]["state"] == "done"
    assert items["tables"]["code"] == "python manage.py migrate"


def test_a_database_that_does_not_answer(tmp_path, coze, config):
    engine, name = "django.db.backends.sqlite3", f"{tmp_path}/missing/db.sqlite3"
    databases = {"default": {"ENGINE": engine, "NAME": name}}

    done = start(tmp_path, config(), settings=f"DATABASES = {databases}")

    assert done.returncode == 1
    assert "[!] The database does not answer (OperationalError)." in done.stdout


def test_in_chinese_on_a_console_that_knows_only_ascii(tmp_path, coze, config):
    done = start(
        tmp_path,
        config(),
        settings="LANGUAGE_CODE = 'zh-hans'",
        PYTHONIOENCODING="ascii",
        PYTHONUTF8="0",
    )

    assert "UnicodeEncodeError" not in done.stderr
    assert (
        "扣子接受该密钥。".encode("ascii", "backslashreplace").decode() in done.stdout
    )


def test_in_chinese(tmp_path, coze, config):
    done = start(tmp_path, config(), settings="LANGUAGE_CODE = 'zh-hans'")

    assert "[x] 扣子接受该密钥。" in done.stdout
    assert "尚未就绪：请看清单。" in done.stderr


def test_a_traceback_shows_no_key(tmp_path, coze, config):
    done = start(tmp_path, config(public_key_id="other"), "--traceback", "-v", "3")

    output = done.stdout + done.stderr
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "PRIVATE KEY" not in output
    assert pem_line(private_pem()) not in output
    assert "eyJ" not in output
