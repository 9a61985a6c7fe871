from __future__ import annotations

import json
import socket

import pytest
import requests
from django.core.management import CommandError, call_command

from coze_widget.sandbox.management.commands import coze_sandbox
from coze_widget.sandbox.oauth_apps import load_or_write_config


@pytest.fixture
def visit(monkeypatch, settings):
    """Runs the command; `visit` is called while it serves, then Ctrl-C is pressed."""
    settings.DEBUG = True

    def run(*arguments, during=lambda: None):
        def wait():
            during()
            raise KeyboardInterrupt

        monkeypatch.setattr(coze_sandbox, "wait_for_interrupt", wait)
        call_command("coze_sandbox", "--port", str(free_port()), *arguments)

    return run


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_it_says_what_it_is_and_where(visit, capsys):
    answers = []

    def look():
        said = capsys.readouterr().out
        url = said.splitlines()[0].split()[-1]
        answers.extend([said, requests.get(url, timeout=10).text])

    visit(during=look)

    said, page = answers
    assert said.startswith(
        "A stand-in for Coze (not Coze) listens at http://127.0.0.1:"
    )
    assert "7400000000000000001" in said
    assert "It is not Coze" in page
    assert capsys.readouterr().out == "The sandbox has stopped.\n"


def test_it_hands_out_a_configuration(visit, capsys, tmp_path):
    path = tmp_path / "coze_oauth_config.json"

    visit("--config", str(path))
    written = path.read_text()
    visit("--config", str(path))

    assert path.read_text() == written
    assert json.loads(written)["client_type"] == "jwt"
    said = capsys.readouterr().out
    assert f"config    {path}" in said
    assert "PRIVATE" not in said


def test_a_configuration_for_another_address_is_pointed_out(visit, capsys, tmp_path):
    path = tmp_path / "coze_oauth_config.json"
    load_or_write_config(path, base_url="http://127.0.0.1:9")

    visit("--config", str(path))

    assert capsys.readouterr().err == (
        f"{path} is for http://127.0.0.1:9: pass its port.\n"
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [("{", "JSONDecodeError"), ("{}", "KeyError"), ("[]", "TypeError")],
)
def test_a_file_that_is_no_configuration_is_refused(visit, tmp_path, text, kind):
    path = tmp_path / "coze_oauth_config.json"
    path.write_text(text)

    with pytest.raises(CommandError) as refusal:
        visit("--config", str(path))

    assert str(refusal.value) == (
        f"{path} is no readable coze_oauth_config.json ({kind})."
    )


def test_a_port_that_is_taken_is_told(settings):
    settings.DEBUG = True
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(CommandError, match="^The sandbox cannot listen: "):
            call_command("coze_sandbox", "--port", str(port))


@pytest.mark.parametrize(
    ("allowed", "arguments"),
    [
        (False, []),
        (True, []),
        (False, ["--i-know-this-is-not-coze"]),
        ("yes", ["--i-know-this-is-not-coze"]),
    ],
)
def test_without_debug_it_has_to_be_told_twice(settings, allowed, arguments):
    settings.COZE_SANDBOX_ALLOWED = allowed

    with pytest.raises(CommandError) as refusal:
        call_command("coze_sandbox", *arguments)

    assert str(refusal.value) == coze_sandbox.REFUSAL


def test_told_twice_it_starts(visit, settings, capsys):
    settings.DEBUG = False
    settings.COZE_SANDBOX_ALLOWED = True

    visit("--i-know-this-is-not-coze")

    assert "The sandbox has stopped." in capsys.readouterr().out


def test_it_waits_for_ctrl_c(monkeypatch):
    class Event:
        def wait(self):
            raise KeyboardInterrupt

    monkeypatch.setattr(coze_sandbox.threading, "Event", Event)

    with pytest.raises(KeyboardInterrupt):
        coze_sandbox.wait_for_interrupt()
