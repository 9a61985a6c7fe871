from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys

import pytest
from django.core.checks import Error, Warning
from django.utils.translation import override

from coze_widget.checklist.oauth_app import Candidate, read_configured, read_file
from coze_widget.checklist.project import IDENTITY_KEY_COMMAND, list_project
from coze_widget.checklist.widgets import Rows
from tests.checklist.finding import DONE, FAILED, NOTE, OPEN, item_of, states_of


def listed(*messages, rows=None, candidates=()):
    return list_project(messages, rows or Rows(), candidates)


@pytest.fixture
def from_file(oauth_app, tmp_path):
    path = tmp_path / 'a "quoted" name.json'
    path.write_text(json.dumps(oauth_app))

    def read(name="default"):
        return read_file(str(path), name)

    return read


# --- what is ticked


def test_what_is_there_is_ticked():
    assert states_of(listed()) == {
        "identity_key": DONE,
        "mounted": DONE,
        "tables": DONE,
    }


@pytest.mark.urls("tests.empty_urls")
def test_urls_that_are_not_there_are_not_ticked():
    assert "mounted" not in states_of(listed())


def test_no_identity_key_no_tick(settings):
    settings.COZE_IDENTITY_KEY = ""
    message = Error("Missing.", id="coze_widget.E001")

    section = listed(message)

    assert "identity_key" not in states_of(section)
    assert item_of(section, "coze_widget.E001").code == IDENTITY_KEY_COMMAND


def test_a_silenced_check_does_not_tick_what_is_not_there(settings):
    settings.COZE_IDENTITY_KEY = ""

    assert "identity_key" not in states_of(listed())


def test_a_weak_identity_key_is_not_ticked():
    message = Error("Too short.", id="coze_widget.E002")

    assert "identity_key" not in states_of(listed(message))


def test_in_development_the_key_can_wait(settings):
    settings.COZE_IDENTITY_KEY = ""
    settings.DEBUG = True

    item = item_of(listed(), "identity_key")

    assert (item.state, item.code) == (NOTE, IDENTITY_KEY_COMMAND)
    assert item.text.startswith("COZE_IDENTITY_KEY is not set: this will do while ")
    assert item.advice.startswith("Put the line that this prints into the environment ")


def test_the_command_prints_a_fresh_key_and_writes_no_file(tmp_path):
    """Which file the settings read, if any, nobody here knows."""
    program, *arguments = shlex.split(IDENTITY_KEY_COMMAND)
    lines = [
        subprocess.check_output([sys.executable, *arguments], cwd=tmp_path, text=True)
        for _ in range(2)
    ]

    assert program == "python"
    assert lines[0] != lines[1]
    assert all(re.fullmatch(r"COZE_IDENTITY_KEY=[\w-]{64}\n", line) for line in lines)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("rows", "text", "code"),
    [
        (
            Rows(error="OperationalError"),
            "The widgets' table is missing, or older than the package.",
            "python manage.py migrate",
        ),
        (
            Rows(error="OperationalError", is_silent=True),
            "The database does not answer (OperationalError).",
            "",
        ),
    ],
)
def test_tables_that_cannot_be_read(rows, text, code):
    item = item_of(listed(rows=rows), "tables")

    assert (item.state, item.text, item.code) == (FAILED, text, code)


# --- what the checks say


def test_messages_keep_their_hints():
    section = listed(
        Error("No.", hint="Do.", id="coze_widget.E009"),
        Warning("Slow.", id="coze_widget.W017"),
        Warning("Add the middleware.", id="coze_widget.W013"),
        Warning("No site.", id="coze_widget.W016"),
    )

    states = states_of(section)
    assert states["coze_widget.E009"] == FAILED
    assert states["coze_widget.W017"] == NOTE
    assert states["coze_widget.W013"] == OPEN
    assert states["coze_widget.W016"] == OPEN
    assert item_of(section, "coze_widget.E009").advice == "Do."


def test_a_credential_is_complained_about_once(oauth_app):
    del oauth_app["public_key_id"]
    candidate = read_configured("default")
    messages = [
        Error(candidate.problem, id="coze_widget.E005"),
        Error("Another app's.", id="coze_widget.E005"),
    ]

    section = listed(*messages, candidates=[candidate])

    assert item_of(section, "coze_widget.E005").text == "Another app's."


def test_empty_settings_are_said_once():
    message = Warning("Empty.", id="coze_widget.W004")

    assert "coze_widget.W004" not in states_of(listed(message))


def test_empty_settings_beside_another_app_are_said():
    message = Warning("Empty.", id="coze_widget.W004")

    section = listed(message, candidates=[Candidate("other", problem="None such.")])

    assert states_of(section)["coze_widget.W004"] == OPEN


# --- the line for the settings


def test_the_line_for_the_settings_is_python(from_file, settings):
    settings.COZE_OAUTH_APPS = {}
    candidate = from_file()

    item = item_of(listed(candidates=[candidate]), "settings")

    found = {}
    exec(item.code, found)
    assert item.state == OPEN
    assert found["COZE_OAUTH_APPS"] == {"default": candidate.path}


def test_an_entry_beside_others(from_file):
    item = item_of(listed(candidates=[from_file("shop")]), "settings")

    assert item.text == "Add this entry to COZE_OAUTH_APPS."
    assert item.code.startswith('"shop": "/')


def test_an_entry_in_place_of_another_credential(from_file, oauth_app, settings):
    candidate = from_file()
    settings.COZE_OAUTH_APPS = {"default": {**oauth_app, "public_key_id": "older"}}

    item = item_of(listed(candidates=[candidate]), "settings")

    assert item.text.startswith("Put this entry into COZE_OAUTH_APPS, in place of")


def test_what_is_configured_already_is_ticked(from_file):
    item = item_of(listed(candidates=[from_file()]), "settings")

    assert (item.state, item.code) == (DONE, "")


@pytest.mark.parametrize("apps", [{"default": {"client_id": ""}}, "no dict"])
def test_settings_that_are_broken_are_not_the_same(from_file, settings, apps):
    candidate = from_file()
    settings.COZE_OAUTH_APPS = apps

    assert item_of(listed(candidates=[candidate]), "settings").state == OPEN


def test_a_pipe_gets_no_line(from_file, oauth_app, tmp_path, settings):
    settings.COZE_OAUTH_APPS = {}
    app = from_file().app
    candidate = Candidate("default", app, path=str(tmp_path))  # as little a file

    item = item_of(listed(candidates=[candidate]), "settings")

    assert item.text.startswith("Keep the credential in a file")


def test_a_file_that_is_wrong_gets_no_line():
    candidate = Candidate("default", path="/x.json", problem="Not JSON.")

    assert "settings" not in states_of(listed(candidates=[candidate]))


def test_the_project_in_chinese():
    with override("zh-hans"):
        texts = [item.text for item in listed().items]

    assert texts[0] == "COZE_IDENTITY_KEY 已设置。"
