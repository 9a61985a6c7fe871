from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.db import router
from django.utils import translation

from coze_widget import checks
from coze_widget.checks import (
    check_deployment,
    check_settings,
    check_widgets,
    find_messages,
)
from coze_widget.models import Widget
from tests.messages import put_in_order

LOCMEM = "django.core.cache.backends.locmem.LocMemCache"
PAT = "pat_" + "a" * 40


@pytest.fixture(autouse=True)
def _in_order(oauth_app, settings, tmp_path):
    """Without what a test breaks there is nothing to say."""
    put_in_order(settings, tmp_path)


def ids():
    return [message.id for message in check_settings()]


def only(id_):
    [message] = [message for message in check_settings() if message.id == id_]
    assert message.hint
    return message.msg


def test_a_project_in_order_has_nothing_to_hear():
    assert check_settings() == []
    assert check_deployment() == []


@pytest.mark.django_db
def test_rows_in_order_give_no_cause_either(widget):
    assert check_widgets(databases=["default"]) == []
    assert find_messages() == []


def test_the_checks_are_part_of_manage_py_check(settings):
    settings.COZE_IDENTITY_KEY = ""

    assert "coze_widget.E001" in [m.id for m in run_checks(tags=["security"])]


def test_what_matters_on_a_server_is_left_to_check_deploy(settings):
    settings.CACHES = {"default": {"BACKEND": LOCMEM}}

    found = {deploy: _run_security(deploy=deploy) for deploy in (False, True)}

    assert "coze_widget.W017" not in found[False]
    assert "coze_widget.W017" in found[True]


def _run_security(*, deploy):
    messages = run_checks(tags=["security"], include_deployment_checks=deploy)
    return [message.id for message in messages]


def test_no_identity_key(settings):
    settings.COZE_IDENTITY_KEY = ""

    assert only("coze_widget.E001") == "COZE_IDENTITY_KEY is not set."
    [message] = check_settings()
    assert message.hint.endswith("For tests, `COZE_WIDGETS_ENABLED = False` will do.")


def test_no_identity_key_is_needed_while_developing(settings):
    settings.COZE_IDENTITY_KEY = ""
    settings.DEBUG = True

    assert ids() == []


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9301", "http://localhost:9301", "http://[::1]:9301"],
)
def test_a_sandbox_that_visitors_cannot_reach(oauth_app, settings, url):
    settings.COZE_OAUTH_APPS = {"default": {**oauth_app, "base_url": url}}

    [message] = check_deployment()

    assert message.id == "coze_widget.W033"
    assert message.msg == (
        f"OAuth app “default” talks to {url}, this machine: visitors' browsers cannot "
        "reach it."
    )
    assert message.hint == "Give it the file of Coze's console."
    settings.DEBUG = True
    assert check_deployment() == []


@pytest.mark.parametrize(
    "apps", [{"default": "missing.json"}, {1: {}, "a": {}}, "no dict"], ids=repr
)
def test_reach_is_not_judged_without_an_app(settings, apps):
    settings.COZE_OAUTH_APPS = apps

    assert check_deployment() == []


@pytest.mark.parametrize("key", ["k" * 31, "s" * 40])
def test_a_weak_identity_key(settings, key):
    settings.SECRET_KEY = "s" * 40
    settings.COZE_IDENTITY_KEY = key

    assert "shorter than 32" in only("coze_widget.E002")


def test_an_identity_key_that_is_just_long_enough(settings):
    settings.COZE_IDENTITY_KEY = "k" * 32

    assert ids() == []


@pytest.mark.parametrize("apps", ["coze_oauth_config.json", {1: {}}])
def test_apps_that_have_no_names(settings, apps):
    settings.COZE_OAUTH_APPS = apps

    assert only("coze_widget.E003") == (
        "COZE_OAUTH_APPS is not a dict with names as its keys."
    )


def test_an_app_without_a_name(oauth_app, settings):
    settings.COZE_OAUTH_APPS = oauth_app

    assert only("coze_widget.E003") == (
        "COZE_OAUTH_APPS holds the fields of an app, without a name for it."
    )


def test_no_app(settings):
    settings.COZE_OAUTH_APPS = {}

    assert "no widget can be shown" in only("coze_widget.W004")


def test_an_app_that_cannot_work_is_named_without_its_key(settings):
    settings.COZE_OAUTH_APPS = {"shop": {"client_id": "1", "private_key": "secret"}}

    message = only("coze_widget.E005")

    assert "shop" in message
    assert "secret" not in message


def test_a_file_that_is_not_there(settings, tmp_path):
    settings.COZE_OAUTH_APPS = {"default": tmp_path / "missing.json"}

    assert "coze_oauth_config.json" in only("coze_widget.E005")
    [message] = check_settings()
    assert "Without an account at Coze, `python manage.py coze_sandbox" in message.hint


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("COZE_CA_BUNDLE", "nowhere.pem", "The CA bundle 'nowhere.pem' does not exist"),
        ("COZE_EXTRA_HEADERS", {"host": "x"}, "The extra headers may not set host"),
    ],
)
def test_a_connection_that_cannot_be_made(settings, name, value, said):
    setattr(settings, name, value)

    message = only("coze_widget.E005")

    assert said in message
    assert name in message


def test_a_pat_outside_of_debug(settings):
    settings.COZE_PERSONAL_ACCESS_TOKEN = PAT

    assert "while DEBUG is off" in only("coze_widget.E006")
    assert PAT not in only("coze_widget.E006")


def test_a_pat_while_developing(settings):
    settings.DEBUG = True
    settings.COZE_PERSONAL_ACCESS_TOKEN = PAT

    assert "share one history" in only("coze_widget.W015")


@pytest.mark.django_db
def test_a_row_with_an_unknown_app(make_widget, monkeypatch):
    make_widget(oauth_app="other")
    monkeypatch.setattr(router, "allow_migrate_model", lambda *a: False)
    assert check_widgets(databases=["default"]) == []
    monkeypatch.undo()

    [message] = check_widgets(databases=["default"])

    assert message.id == "coze_widget.W010"
    assert "“support” uses the OAuth app “other”" in message.msg


@pytest.mark.django_db
def test_rows_are_asked_for_only_where_django_allows_it(make_widget, settings):
    make_widget(oauth_app="other")

    assert check_widgets() == []
    settings.COZE_OAUTH_APPS = "no dict"
    assert check_widgets(databases=["default"]) == []


@pytest.mark.django_db
def test_before_the_first_migration_there_are_no_rows(make_widget, monkeypatch):
    monkeypatch.setattr(Widget._meta, "db_table", "not_there_yet")

    assert check_widgets(databases=["default"]) == []


@pytest.mark.django_db
def test_the_checks_speak_the_readers_language(make_widget, settings):
    make_widget(oauth_app="other")
    settings.CACHES = {"default": {"BACKEND": LOCMEM}}
    settings.MIDDLEWARE = []
    settings.COZE_IDENTITY_KEY = ""
    settings.COZE_OAUTH_APPS = {"default": {}}
    settings.COZE_MAX_RETRIES = "2"

    with translation.override("zh-hans"):
        messages = find_messages()

    assert len(messages) == 7
    for message in messages:
        assert re.search("[\u4e00-\u9fff]", message.msg)
        assert re.search("[\u4e00-\u9fff]", message.hint)


@pytest.mark.django_db
def test_without_widgets_nothing_is_missed(make_widget, settings):
    """On staging nobody needs a key; a slip remains one."""
    make_widget(oauth_app="other")
    settings.CACHES = {"default": {"BACKEND": LOCMEM}}
    settings.COZE_IDENTITY_KEY = ""
    settings.COZE_OAUTH_APPS = {}
    settings.MIDDLEWARE = []
    settings.COZE_MAX_RETRIES = "2"

    assert len(find_messages()) == 7
    settings.COZE_WIDGETS_ENABLED = False

    assert [message.id for message in find_messages()] == ["coze_widget.E030"]


@pytest.mark.django_db
def test_all_that_is_to_be_said_has_one_door(make_widget, settings):
    make_widget(oauth_app="other")
    settings.COZE_IDENTITY_KEY = ""
    settings.MIDDLEWARE = []
    settings.CACHES = {"default": {"BACKEND": LOCMEM}}
    settings.SILENCED_SYSTEM_CHECKS = ["coze_widget.W013"]

    found = [message.id for message in find_messages()]

    assert found == [
        "coze_widget.E001",
        "coze_widget.W023",
        "coze_widget.W017",
        "coze_widget.W010",
    ]


def test_without_a_database_the_rest_is_said(settings, caplog):
    """pytest-django refuses the query, as a database that is down would."""
    settings.COZE_IDENTITY_KEY = ""

    found = [message.id for message in find_messages()]

    assert found == ["coze_widget.E001"]
    assert "A system check failed" in caplog.text


def test_a_token_in_the_headers(settings):
    settings.COZE_EXTRA_HEADERS = {"X-Key": PAT}

    assert "COZE_EXTRA_HEADERS" in only("coze_widget.E012")


def test_no_id_stands_for_two_things_and_each_is_documented():
    sources = sorted(Path(checks.__file__).parent.glob("*.py"))
    text = "".join(source.read_text() for source in sources)
    used = set(re.findall(r'id="(coze_widget\.[EW]\d{3})"', text))
    documented = re.findall(
        r"^### (coze_widget\.[EW]\d{3})$", Path("docs/checks.md").read_text(), re.M
    )

    assert len({id_[-3:] for id_ in used}) == len(used)
    assert documented == sorted(used, key=lambda id_: id_[-3:])
