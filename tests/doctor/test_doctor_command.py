"""The command: what people read, what programs read, and how it ends."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.sites.models import Site
from django.core.management import CommandError, call_command
from django.utils.translation import override

from coze_widget.doctor.examination import STEPS
from coze_widget.sandbox.faults import Fault
from tests.tiny_server import at_most
from tests.widget_data import TOKENS

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parent.parent.parent
TOKEN_PATH = "/api/permission/oauth2/token"


class Doctor:
    """One run of the command in this process."""

    def __init__(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command("coze_doctor", *arguments, stdout=out, stderr=err)
        except CommandError as error:
            self.error, self.code = str(error), error.returncode
        else:
            self.error, self.code = "", 0
        self.out, self.err = out.getvalue(), err.getvalue()

    @property
    def lines(self):
        return self.out.splitlines()

    @property
    def objects(self):
        return [json.loads(line) for line in self.lines]


# What people read


def test_a_widget_that_works(coze, widget):
    doctor = Doctor("support")

    assert (doctor.code, doctor.error) == (0, "")
    assert "“Support” (support), on all sites" in doctor.lines
    assert "  [ok] The widget: The widget is switched on." in doctor.lines
    assert "  [--] A page of the site: No page of the site was named." in (doctor.lines)
    assert ", Broken: 0, " in doctor.lines[-1]


def test_it_says_what_it_uses_up(coze, widget):
    without, with_chat = Doctor(), Doctor("--chat")

    assert without.err.startswith("For each widget this uses up: ")
    assert "one dialogue of the account" not in without.err
    assert "one dialogue of the account" in with_chat.err
    assert Doctor("--offline").err == ""


def test_something_is_broken(coze, widget):
    coze.state.faults.add(Fault(TOKEN_PATH, code="invalid_client", msg="no"))

    doctor = Doctor()

    assert (doctor.code, doctor.error) == (1, "Something is broken: see the list.")
    [at] = [at for at, line in enumerate(doctor.lines) if line.startswith("  [XX]")]
    assert doctor.lines[at].startswith("  [XX] A token: ")
    assert doctor.lines[at + 1].startswith("       ")
    assert ", Broken: 1, " in doctor.lines[-1]


def test_a_warning_breaks_nothing(coze, make_widget):
    make_widget(enabled=False)

    doctor = Doctor("--offline")

    assert doctor.code == 0
    assert "  [!]  The widget: The widget is switched off: visitors see nothing." in (
        doctor.lines
    )


def test_offline_nobody_is_asked(coze, widget):
    doctor = Doctor("--offline", "--chat", "--page", "http://127.0.0.1:9/")

    assert doctor.code == 0
    assert coze.requests == []
    assert (
        "  [--] A token: Nothing is asked on the network (--offline)." in doctor.lines
    )


def test_a_page_is_looked_at(coze, widget):
    doctor = Doctor("--page", "http://127.0.0.1:9/")

    assert doctor.code == 1
    assert "  [XX] A page of the site: Nothing answers at http://127.0.0.1:9" in (
        doctor.lines
    )


def test_coze_is_slow(coze, widget, settings):
    settings.COZE_TOTAL_TIMEOUT_SECONDS = 0.3
    coze.state.faults.add(Fault(TOKEN_PATH, latency_ms=3000))

    with at_most(5):
        doctor = Doctor()

    assert doctor.code == 1
    assert "did not answer in time" in doctor.out


def test_all_widgets_each_with_its_site(coze, make_widget):
    site = Site.objects.create(domain="shop.example", name="Shop")
    make_widget()
    make_widget(site=site, name="Shop's own")
    make_widget(slug="other", name="Other")

    everybody, both = Doctor("--offline"), Doctor("support", "--offline")

    headings = [line for line in everybody.lines if line.startswith("“")]
    assert headings == [
        "“Other” (other), on all sites",
        "“Support” (support), on all sites",
        "“Shop's own” (support), shop.example",
    ]
    assert [line for line in both.lines if line.startswith("“")] == headings[1:]


def test_names_move_no_cursor(coze, make_widget):
    make_widget(name="\x1b[2JSupport\r\u202e")

    for doctor in (Doctor("--offline"), Doctor("--offline", "--json")):
        assert doctor.out.replace("\n", "").isprintable()


def test_in_chinese_it_is_printed(coze, widget):
    with override("zh-hans"):
        assert Doctor("--offline").code == 0


# What programs read


def test_one_object_a_line(coze, make_widget):
    site = Site.objects.create(domain="shop.example", name="Shop")
    make_widget()
    make_widget(slug="other", site=site)

    doctor = Doctor("--json", "--offline")

    assert doctor.err == ""
    assert doctor.out.isascii()
    assert {(one["widget"], one["site"]) for one in doctor.objects} == {
        ("other", "shop.example"),
        ("support", None),
    }
    assert {one["step"] for one in doctor.objects} == {step.key for step in STEPS}
    first = doctor.objects[0]
    assert (first["step"], first["title"]) == ("settings", "Settings and system checks")
    assert set(first) == {
        *("widget", "site", "step", "title", "outcome", "seen", "advice"),
        *("who", "facts", "seconds"),
    }


def test_a_program_sees_the_exit_code(coze, widget):
    coze.state.faults.add(Fault(TOKEN_PATH, code="invalid_client", msg="no"))

    doctor = Doctor("--json")

    assert doctor.code == 1
    assert [one["step"] for one in doctor.objects if one["outcome"] == "fail"] == [
        "token"
    ]


def test_the_page_about_it_has_every_step_in_this_order():
    page = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")
    rows = page.partition("| `step` |")[2].partition("\n\n")[0].splitlines()[2:]
    named = [key for row in rows for key in re.findall(r"`(\w+)`", row.split("|")[1])]

    assert named == [step.key for step in STEPS]


# What it is told


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--offline"]])
def test_no_widget_is_nothing_broken(coze, arguments):
    doctor = Doctor(*arguments)

    assert (doctor.code, doctor.out) == (0, "")
    assert doctor.err == "There is no widget yet: add one in the admin.\n"


def test_an_unknown_slug_is_named(coze, widget):
    doctor = Doctor("support", "suport", "b\x1bd")

    assert (doctor.code, doctor.out) == (1, "")
    assert doctor.error == "There is no widget “b d”, “suport”."


@pytest.mark.parametrize(
    "arguments",
    [[TOKENS[0]], ["support", TOKENS[0]], ["--page", f"https://x/?{TOKENS[0]}"]],
)
def test_a_secret_is_refused_and_not_repeated(arguments):
    doctor = Doctor(*arguments)

    assert doctor.code == 1
    assert doctor.error.startswith(
        "That is a token or a key, not the slug of a widget."
    )
    assert TOKENS[0] not in doctor.error + doctor.out + doctor.err


@pytest.mark.parametrize(
    "page",
    [
        "shop.example",
        "ftp://shop.example",
        "https://",
        "/shop/",
        "http://[x",
        "http://a:b@shop.example",
    ],
)
def test_a_page_is_an_address(page):
    assert Doctor("--page", page).error == (
        "--page wants an address with http:// or https://, without a password."
    )


def start(tmp_path, *arguments, settings="", **environ):
    """Run it in a project of its own, whose database is empty."""
    (tmp_path / "own_settings.py").write_text(
        f"from tests.settings import *\n{settings}\n"
    )
    return subprocess.run(
        [sys.executable, "-m", "django", "coze_doctor", *arguments],
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


def test_before_the_first_migrate(tmp_path):
    engine, name = "django.db.backends.sqlite3", f"{tmp_path}/db.sqlite3"
    databases = {"default": {"ENGINE": engine, "NAME": name}}

    done = start(tmp_path, settings=f"DATABASES = {databases}")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip() == (
        "CommandError: The widgets cannot be read (OperationalError): has `migrate` been "
        "run?"
    )


def test_a_console_that_knows_only_ascii(tmp_path):
    done = start(tmp_path, "没有", PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert "UnicodeEncodeError" not in done.stderr
    assert done.returncode == 1
