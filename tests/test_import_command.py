from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from coze_widget.redaction import holds_credential
from tests.test_snippets import FOLDER, SECRETS, text_of

ROOT = Path(__file__).parent.parent


class Import:
    """One run of the command in this process."""

    def __init__(self, *arguments):
        out = io.StringIO()
        try:
            call_command("coze_import", *map(str, arguments), stdout=out)
        except CommandError as error:
            self.error, self.code = str(error), error.returncode
        else:
            self.error, self.code = "", 0
        self.out = out.getvalue()


@pytest.fixture
def snippet(tmp_path):
    """Writes a snippet of the corpus, with its credentials, or any text."""

    def write(name="two-scripts.html", text=None):
        path = tmp_path / name
        path.write_bytes((text or text_of(FOLDER / name)).encode())
        return path

    return write


def test_a_file_becomes_values_for_the_form(snippet):
    run = Import(snippet())

    assert run.code == 0
    assert "Nothing was saved: add the widget in the admin" in run.out
    assert '  bot_id = "7400000000000000001"' in run.out
    assert "  chat_bot_uploadable = false" in run.out
    assert "  auth.token: is not needed" in run.out


def test_credentials_are_named_and_not_printed(snippet):
    run = Import(snippet())

    assert "[!] There is a personal access token (auth.token, line 5)." in run.out
    assert "https://www.coze.cn/open/oauth/pats" in run.out
    assert not holds_credential(run.out)


def test_a_note_is_printed(snippet):
    run = Import(snippet("misplaced-groups.js"))

    assert "[i] “footer” is read as “ui.footer”" in run.out


def test_options_of_a_newer_sdk_are_offered_as_json(snippet):
    run = Import(snippet("unknown-options.js"))
    for_programs = Import(snippet("unknown-options.js"), "--json")

    [file] = json.loads(for_programs.out)["files"]
    assert '  {"ui": {"theme": {"dark": true}}}' in run.out
    assert {"ui": {"theme": {"dark": True}}} in file["further_options"]


def test_programs_get_json(snippet):
    good, bad = snippet(), snippet("nothing.html")

    run = Import(good, bad, "--json")

    first, second = json.loads(run.out)["files"]
    assert run.code == 1
    assert first["file"] == str(good)
    assert first["widget"]["slug"] == "tea-adviser"
    assert first["credentials"][0]["urls"] == ["https://www.coze.cn/open/oauth/pats"]
    assert {"path": "userInfo.id", "reason": "ours"}.items() <= first["left_out"][
        -1
    ].items()
    assert second["widget"] is None
    assert second["problem"] == "There is nothing to read."
    assert run.out.isascii()
    assert not holds_credential(run.out)


def test_one_file_without_a_widget_is_a_failure(snippet):
    run = Import(snippet(), snippet("no-bot-id.js"))

    assert run.code == 1
    assert run.error == "Not every file makes a widget: see above."
    assert "There is no bot id in the snippet" in run.out


def test_the_credentials_of_an_app_are_answered_with_the_line(snippet, oauth_config):
    run = Import(snippet("config.json", json.dumps(oauth_config)))

    assert run.code == 1
    assert '  COZE_OAUTH_APPS = {"default": ' in run.out
    assert not holds_credential(run.out)


@pytest.mark.parametrize("name", ["missing.html", ".", "nul\0.html"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    run = Import(tmp_path / name)

    assert run.code == 1
    assert "The file cannot be read: " in run.out


def test_a_file_above_the_bound_is_refused(snippet):
    run = Import(snippet("large.js", "a" * 1_000_001))

    assert "This is longer than a megabyte." in run.out


def test_a_file_of_windows_is_read(tmp_path):
    path = tmp_path / "utf16.js"
    path.write_bytes(text_of(FOLDER / "plain-call.js").encode("utf-16"))

    assert Import(path).code == 0


def test_a_token_in_place_of_a_path_is_refused():
    run = Import(SECRETS["@PAT@"])

    assert "That is a token or a key, not the path of a file." in run.error
    assert not holds_credential(run.error + run.out)


def test_a_terminal_obeys_nothing_of_a_file(snippet):
    text = (
        "new CozeWebSDK.WebChatClient({config: {bot_id: '7', '\x1b[2J': 1}, "
        "ui: {chatBot: {title: '\\x1b[31m\u202e'}}})"
    )
    run = Import(snippet("escape.js", text))

    assert run.code == 0
    assert "\x1b" not in run.out
    assert "\u202e" not in run.out


def test_it_writes_to_a_console_without_chinese(snippet):
    """And asks for no database."""
    text = text_of(FOLDER / "escapes.js")
    done = subprocess.run(
        [sys.executable, "-m", "django", "coze_import", snippet("escapes.js", text)],
        cwd=ROOT,
        capture_output=True,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PYTHONIOENCODING": "ascii",
        },
    )

    assert done.returncode == 0, done.stderr
    assert b"\\u8336" in done.stdout
