from __future__ import annotations

import time

import pytest
from django.core.cache import cache

from coze_widget.acceptance import ask_coze
from coze_widget.oauth_apps import find_oauth_app, get_client
from coze_widget.openings import fingerprint, last_opening, note_opening
from coze_widget.tokens import get_token
from tests.keypairs import private_pem, rsa_key


@pytest.fixture
def app(coze):
    return find_oauth_app("default")


def test_a_token_for_somebody_is_an_opening(app):
    assert last_opening(app) is None

    get_token("default", "somebody")

    assert abs(last_opening(app) - time.time()) < 5


def test_asking_coze_is_none(app):
    ask_coze(get_client("default"))

    assert last_opening(app) is None


def test_a_token_that_is_kept_costs_no_write(app):
    get_token("default", "somebody")
    cache.delete(f"coze_widget:opening:{fingerprint(app)}")

    get_token("default", "somebody")

    assert last_opening(app) is None


def test_while_the_cache_is_down_this_process_knows(app, settings, caplog):
    settings.COZE_CACHE = "gone"

    note_opening(app)

    assert abs(last_opening(app) - time.time()) < 5
    assert "The cache “gone” does not answer" in caplog.text


def test_what_is_no_moment_was_no_opening(app):
    cache.set(f"coze_widget:opening:{fingerprint(app)}", "<b>")

    assert last_opening(app) is None


def test_each_key_and_scope_is_judged_by_itself(oauth_app, settings):
    def name_of(**changes):
        settings.COZE_OAUTH_APPS = {"default": {**oauth_app, **changes}}
        return fingerprint(find_oauth_app("default"))

    names = {
        name_of(),
        name_of(private_key=private_pem(rsa_key(3072))),
        name_of(scope={"account_permission": {}}),
        name_of(public_key_id="another"),
        name_of(client_id="another"),
    }

    assert len(names) == 5
