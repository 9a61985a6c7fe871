"""Each of the README's steps left out, doubled, or in another order: what is said?"""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests.host.conftest import project_in
from tests.host.steps import NO_NETWORK, Reader, pip
from tests.keypairs import private_pem

CONFIG = {
    "client_type": "jwt",
    "client_id": "1163000000000000001",
    "coze_api_base": "http://localhost:9",
    "public_key_id": "fingerprint-for-tests",
    "private_key": private_pem(),
}
ADD_WIDGET = """
from coze_widget.models import Widget
Widget.objects.create(name="Help", slug="help", bot_id="7400000000000000001")
"""
REMOVE_WIDGETS = """
from coze_widget.models import Widget
Widget.objects.all().delete()
"""
VISIT = """
from django.test import Client
print(Client(HTTP_HOST="localhost").get({path!r}).content.decode())
"""
FINE = "System check identified no issues (0 silenced).\n"


class Careless(Reader):
    """Has installed the package and made the tables; forgets and doubles the rest."""

    def do(self, *numbers):
        for number in numbers:
            if number == 4:
                self.include_urls(self.steps[4])
            else:
                super().do(number)
        return self

    def forget(self, line):
        self._edit(self.project.settings, lambda source: source.replace(line, "", 1))

    def edit_template(self, text, other):
        self._edit(self.project.template, lambda source: source.replace(text, other))

    def add_settings(self, *lines):
        self._edit(
            self.project.settings, lambda source: "\n".join([source, *lines, ""])
        )

    def visit(self, path="/"):
        """Return the page, or what Django says in its place, and the log."""
        shell = ["manage.py", "shell", "--verbosity", "0", "-c"]
        run = self.project.run(*shell, VISIT.format(path=path))
        return run.stdout + run.stderr


@pytest.fixture(scope="session")
def etc(tmp_path_factory):
    """Where the server keeps what Coze handed out."""
    path = tmp_path_factory.mktemp("etc") / "coze_oauth_config.json"
    path.write_text(json.dumps(CONFIG))
    return path


@pytest.fixture(scope="session")
def tables(started, fresh_python, etc, tmp_path_factory):
    """A database after all steps, with a widget."""
    folder = shutil.copytree(started, tmp_path_factory.mktemp("tables") / "mysite")
    project = project_in(folder, fresh_python)
    Careless(project, wheel=None, config=etc).do(2, 3, 4, 5)
    project.manage("migrate")
    project.manage("shell", "-c", ADD_WIDGET)
    return folder / "db.sqlite3"


@pytest.fixture
def careless(fresh_project, etc, tables):
    shutil.copy(tables, fresh_project.folder)
    return Careless(fresh_project, wheel=None, config=etc)


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ((3, 4, 5), 'and INSTALLED_APPS has no "coze_widget"'),
        ((2, 4, 5), "(coze_widget.W004) COZE_OAUTH_APPS is empty"),
        ((2, 3, 5), "(coze_widget.W014) The URLconf does not include"),
        ((2, 2, 3, 4, 5), "Application labels aren't unique, duplicates: coze_widget"),
        ((2, 3, 4, 4, 5), "URL namespace 'coze_widget' isn't unique"),
    ],
    ids=["without-2", "without-3", "without-4", "2-twice", "4-twice"],
)
def test_check_names_a_step_that_is_missing_or_doubled(careless, numbers, sentence):
    careless.do(*numbers)

    assert sentence in careless.project.check()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('    "coze_widget",\n', 'and INSTALLED_APPS has no "coze_widget"'),
        ('    "django.contrib.sites",\n', 'needs "django.contrib.sites" in INSTALLED'),
        ('    "coze_widget.middleware.VisitorMiddleware",\n', "(coze_widget.W013)"),
    ],
    ids=["app", "sites", "middleware"],
)
def test_check_names_a_line_of_step_2_that_is_missing(careless, line, sentence):
    careless.do(2, 3, 4, 5).forget(line)

    assert sentence in careless.project.check()


def test_the_site_of_step_2_is_missed(careless):
    """Django's login page, the admin's too, fails without it."""
    careless.do(2, 3, 4, 5).forget("SITE_ID = 1\n")

    assert "(coze_widget.W034) SITE_ID is not set" in careless.project.check()
    assert "Site matching query does not exist" in careless.visit("/admin/login/")
    assert "(coze_widget.W016) SITE_ID is not set" in careless.project.check(
        "--database", "default"
    )


def test_a_project_without_a_login_page_is_told_so(careless):
    careless.do(2, 3, 4, 5)

    assert (
        "(coze_widget.W032) LOGIN_URL is “/accounts/login/”"
        in careless.project.check("--database", "default")
    )


@pytest.mark.parametrize(
    "numbers",
    [(2, 3, 3, 4, 5), (2, 3, 4, 5, 5), (5, 4, 3, 2), (3, 5, 2, 4)],
    ids=["3-twice", "5-twice", "backwards", "mixed"],
)
def test_what_does_no_harm(careless, numbers):
    careless.do(*numbers)

    assert careless.project.check() == FINE
    assert 'id="coze-widget-help"' in careless.visit()


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ((2, 4, 5), "COZE_OAUTH_APPS has no OAuth app named “default”; it has: none."),
        ((2, 3, 5), "URLconf does not include coze_widget.urls."),
    ],
    ids=["without-3", "without-4"],
)
def test_the_page_stands_and_it_and_the_log_say_why(careless, numbers, reason):
    page, log = careless.do(*numbers).visit().split("</html>")

    assert "<h1>Hello</h1>" in page
    assert reason in page
    assert f"No widget is shown: {reason}" in log.replace("The project's ", "")


def test_the_page_stands_without_tables_and_it_and_the_log_name_migrate(careless):
    careless.do(2, 3, 4, 5)
    (careless.project.folder / "db.sqlite3").unlink()

    page, log = careless.visit().split("</html>")

    assert "<h1>Hello</h1>" in page
    assert "Has `python manage.py migrate` been run?" in page
    assert "Has `python manage.py migrate` been run?" in log


def test_setup_says_that_a_table_is_missing(careless):
    careless.do(2, 3, 4, 5)
    careless.project.manage("migrate", "coze_widget", "zero")

    told = careless.project.run("manage.py", "coze_setup", "--offline").stdout

    assert "[!] The widgets' table is missing" in told
    assert "python manage.py migrate" in told


def test_the_page_stands_without_a_widget_and_says_so(careless):
    careless.do(2, 3, 4, 5)
    careless.project.manage("shell", "-c", REMOVE_WIDGETS)

    assert "<!-- coze_widget: this site has no widget enabled -->" in careless.visit()


def test_a_tag_that_was_not_loaded_is_named_by_django(careless):
    careless.do(2, 3, 4, 5)
    careless.edit_template("{% load coze_widget %}", "")

    assert "'coze_widget'. Did you forget to register or load" in careless.visit()


def test_a_file_that_is_not_there_is_named(careless):
    careless.config = "/nowhere/coze_oauth_config.json"

    said = careless.do(2, 3, 4, 5).project.check()

    assert "(coze_widget.E005)" in said
    assert "cannot be read at '/nowhere/coze_oauth_config.json'" in said


def test_a_server_without_an_identity_key_is_told_so(careless):
    careless.do(2, 3, 4, 5).add_settings("DEBUG = False", 'ALLOWED_HOSTS = ["*"]')

    assert "(coze_widget.E001) COZE_IDENTITY_KEY is not set" in careless.project.check()
    assert "No widget is shown: COZE_IDENTITY_KEY is not set" in careless.visit()


def test_installing_twice_changes_nothing(fresh_python, wheel):
    said = pip(fresh_python, "install", str(wheel))

    assert "Requirement already satisfied: django>=5.2" in said


def test_pip_refuses_a_django_that_is_too_old(fresh_python, wheel):
    arguments = ["install", "--dry-run", str(wheel), "django==4.2.*"]
    run = subprocess.run(
        [str(fresh_python), "-m", "pip", *arguments], capture_output=True, text=True
    )

    assert run.returncode != 0
    assert "depends on django>=5.2" in run.stdout + run.stderr, NO_NETWORK + run.stderr
