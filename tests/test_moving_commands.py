"""manage.py coze_export and coze_load."""

from __future__ import annotations

import io
import json
import sys
from types import SimpleNamespace

import pytest
from django.contrib.sites.models import Site
from django.core.management import CommandError, call_command

from coze_widget.models import Widget
from tests.widget_data import CREDENTIALS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def run(*arguments):
    """Return what a command says, and on the other stream."""
    out, err = io.StringIO(), io.StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def refuse(*arguments):
    """Return what a command says, and its error."""
    out = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command(*map(str, arguments), stdout=out)
    return out.getvalue(), str(refused.value)


@pytest.fixture
def file(tmp_path):
    """Writes a file of widgets."""

    def write(*entries):
        path = tmp_path / "widgets.json"
        entries = [
            {"slug": "support", "name": "Support", "bot_id": "7"} | one
            for one in entries
        ]
        whole = {"format": "coze-widgets", "version": 1, "widgets": entries}
        path.write_text(json.dumps(whole))
        return path

    return write


def answer(monkeypatch, text):
    asked = []
    monkeypatch.setattr("builtins.input", lambda prompt: asked.append(prompt) or text)
    return asked


def test_what_is_exported_is_loaded_elsewhere(make_widget, tmp_path):
    make_widget(name="茶", site=Site.objects.get())
    path = tmp_path / "widgets.json"
    assert run("coze_export", "--output", path) == ("", "")
    Widget.objects.all().delete()

    out, _err = run("coze_load", path, "--no-input")

    assert out == "[new] support · example.com\nDone.\n"
    assert Widget.objects.get().name == "茶"
    assert run("coze_export")[0] == path.read_text(encoding="utf-8")
    assert run("coze_load", path)[0] == (
        "[the same] support · example.com\nNothing was changed.\n"
    )


def test_some_widgets_only(make_widget):
    make_widget(slug="a", site=Site.objects.get())
    make_widget(slug="a")
    make_widget(slug="b")

    def slugs(*arguments):
        widgets = json.loads(run("coze_export", *arguments)[0])["widgets"]
        return [(one["site"], one["slug"]) for one in widgets]

    assert slugs("a") == [(None, "a"), ("example.com", "a")]
    assert slugs("--site", "EXAMPLE.com") == [("example.com", "a")]
    assert refuse("coze_export", "a", "c", "d")[1] == "There is no widget: c, d."


def test_what_is_not_in_the_file_is_said_beside_it(make_widget):
    make_widget(launcher_icon="coze_widget/gone.png")

    out, err = run("coze_export")

    assert json.loads(out)["widgets"][0]["launcher_icon"] is None
    assert err == "The picture of “support” is gone, and not in the file.\n"


def test_no_credential_is_exported(make_widget):
    make_widget(name=CREDENTIALS[0])

    assert "holds something like a Coze token" in refuse("coze_export")[1]


def test_nothing_happens_without_a_yes(widget, file, monkeypatch):
    path = file({"name": "New\x1b[31m"})
    asked = answer(monkeypatch, "")

    out, _err = run("coze_load", path)

    assert asked == ["Publish this? [y/N] "]
    assert "[changes] support · All sites" in out
    assert "    name: Support → New [31m\n" in out
    assert "Nothing was changed." in out
    widget.refresh_from_db()
    assert widget.name == "Support"

    answer(monkeypatch, "Yes")
    assert "Done." in run("coze_load", path)[0]
    assert widget.history.count() == 2


def test_a_dry_run_asks_nothing(file):
    out, _err = run("coze_load", file({"nonsense": 1}), "--dry-run")

    assert "    [i] Not known here and left out: nonsense." in out
    assert "Nothing was changed." in out
    assert not Widget.objects.exists()


def test_new_ones_can_be_switched_off(file):
    run("coze_load", file({}), "--no-input", "--off")

    assert not Widget.objects.get().enabled


def test_what_cannot_be_is_told_and_nothing_done(file):
    out, error = refuse("coze_load", file({}, {"slug": "b", "bot_id": 7}), "--no-input")

    assert "[error] b · All sites\n    bot id: Enter a text in quotes" in out
    assert error == "Nothing was imported: not every widget can be."
    assert not Widget.objects.exists()


def test_sites_are_mapped(file):
    path = file({"site": "old.example"})
    out, _error = refuse("coze_load", path, "--no-input")
    assert "There is no site “old.example” here." in out
    assert "Say which site it is here: --site-map old.example=…" in out

    out, _err = run("coze_load", path, "--site-map", "old.example=-")
    assert out == "[left out] support · old.example\nNothing was changed.\n"

    run("coze_load", path, "--no-input", "--site-map", "old.example=example.com")
    assert Widget.objects.get().site.domain == "example.com"


@pytest.mark.parametrize("pair", ["old", "=new", "old="])
def test_a_map_has_two_sides(file, pair):
    _out, error = refuse("coze_load", file({}), f"--site-map={pair}")

    assert error == "Write --site-map like this: old.example=new.example"


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    assert "No such file" in refuse("coze_load", tmp_path / "none.json")[1]
    (tmp_path / "odd.json").write_text("{")
    assert "This is not JSON" in refuse("coze_load", tmp_path / "odd.json")[1]


def test_the_standard_input_cannot_be_asked(file, monkeypatch):
    content = file({}).read_bytes()

    def load(*arguments):
        buffer = SimpleNamespace(buffer=io.BytesIO(content))
        monkeypatch.setattr(sys, "stdin", buffer)
        return arguments

    assert "needs --no-input" in refuse(*load("coze_load", "-"))[1]
    assert not Widget.objects.exists()
    assert "Done." in run(*load("coze_load", "-", "--no-input"))[0]


class Console(io.TextIOWrapper):
    """A console that knows no Chinese."""

    def __init__(self):
        super().__init__(io.BytesIO(), encoding="ascii")

    def read_all(self):
        self.flush()
        return self.buffer.getvalue().decode("utf-8")


def test_consoles_without_chinese_get_utf8_or_escapes(make_widget, file, monkeypatch):
    make_widget(name="茶")
    console = Console()
    monkeypatch.setattr(sys, "stdout", console)
    call_command("coze_export")
    assert '"name": "茶"' in console.read_all()

    console = Console()
    monkeypatch.setattr(sys, "stdout", console)
    call_command("coze_load", str(file({})), "--dry-run")
    assert "\\u8336 \\u2192 Support" in console.read_all()
