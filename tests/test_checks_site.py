from __future__ import annotations

import pytest
from django.core.checks import run_checks

from coze_widget.checks import check_site, find_messages
from tests.messages import only

SENTENCE = "SITE_ID is not set: each host needs a row of its own under “Sites”."


@pytest.fixture(autouse=True)
def _developing(oauth_app, settings):
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = []


@pytest.mark.parametrize(
    "hosts", [[], ["localhost"], ["localhost", "127.0.0.1", "[::1]"]], ids=repr
)
def test_a_forgotten_site_is_said_without_a_query(settings, hosts):
    settings.ALLOWED_HOSTS = hosts

    assert only(check_site(), "W034") == SENTENCE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SITE_ID", 1),
        ("DEBUG", False),
        ("COZE_WIDGETS_ENABLED", False),
        ("ALLOWED_HOSTS", ["*"]),
        ("ALLOWED_HOSTS", [".localhost"]),
        ("ALLOWED_HOSTS", ["localhost", "shop.test"]),
    ],
)
def test_where_nobody_has_forgotten_it(settings, name, value):
    setattr(settings, name, value)

    assert check_site() == []


def test_it_is_part_of_manage_py_check():
    said = [message.msg for message in run_checks(tags=["security"])]

    assert said.count(SENTENCE) == 1


@pytest.mark.django_db
def test_where_rows_are_asked_nobody_guesses():
    [message] = [one for one in find_messages() if "SITE_ID" in one.msg]
    assert message.id == "coze_widget.W016"
