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
    arguments = ("--port", str(free_port()), "--config", str(path))

    visit(*arguments)
    written = path.read_text()
    visit(*arguments)

    assert path.read_text() == written
    assert json.loads(written)["client_type"] == "jwt"
    said = capsys.readouterr().out
    assert f"config    {path}" in said
    assert "PRIVATE" not in said


def test_a_configuration_for_another_port_is_refused(visit, capsys, tmp_path):
    path = tmp_path / "coze_oauth_config.json"
    load_or_write_config(path, base_url="http://127.0.0.1:9")

    with pytest.raises(CommandError) as refusal:
        visit("--config", str(path))

    assert str(refusal.value) == (
        f"{path} says http://127.0.0.1:9. Start with --port 9, or delete the file to "
        "get a new one."
    )
    assert "listens" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("base_url", "arguments"),
    [
        ("https://coze.example.com", []),
        ("http://127.0.0.1:9", ["--host", "0.0.0.0"]),  # a container's published port
    ],
)
def test_a_configuration_for_another_address_is_pointed_out(
    visit, capsys, tmp_path, base_url, arguments
):
    path = tmp_path / "coze_oauth_config.json"
    load_or_write_config(path, base_url=base_url)

    visit("--config", str(path), *arguments)

    assert capsys.readouterr().err == f"{path} says {base_url}: your site asks there.\n"


def test_localhost_is_the_same_address(visit, capsys, tmp_path):
    path, port = tmp_path / "coze_oauth_config.json", free_port()
    load_or_write_config(path, base_url=f"http://localhost:{port}")

    visit("--port", str(port), "--config", str(path))

    assert capsys.readouterr().err == ""


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

        with pytest.raises(CommandError) as refusal:
            call_command("coze_sandbox", "--port", str(port))

    said = str(refusal.value)
    assert said.startswith("The sandbox cannot listen: ")
    assert said.endswith("Choose another --port.")


def test_a_number_that_is_no_port_is_told(settings):
    settings.DEBUG = True

    with pytest.raises(CommandError, match=r"Choose another --port\.$"):
        call_command("coze_sandbox", "--port", "99999")


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
