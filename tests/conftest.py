from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import translation
from hypothesis import HealthCheck, settings

from coze_widget import addresses, jwks, limits, oauth_apps, tokens, visitor_keys
from coze_widget.catalogue import catalogue
from coze_widget.models import Widget
from coze_widget.sandbox.server import Sandbox, register_config
from coze_widget.shared_cache import shared_cache
from tests.keypairs import private_pem
from tests.stores import is_about_stores

# The same examples each time: a verdict does not change overnight. To look for more:
# pytest --hypothesis-profile=explore
QUIET = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture],
}
settings.register_profile("repeatable", derandomize=True, **QUIET)
settings.register_profile("explore", max_examples=2000, **QUIET)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items):
    for item in items:
        if is_about_stores(item.path):
            item.add_marker("stores")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let SQLite's readers go on while somebody writes.

    Once, since the file remembers it: a connection that asked for it while another one
    writes would now and then be told that the database is locked.
    """
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA journal_mode=wal")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The package as it is released, built once."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--wheel", "--no-isolation", "--outdir", str(folder)]
    root = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-m", "build", *options, str(root)]
    build = subprocess.run(command, capture_output=True, text=True)
    assert build.returncode == 0, build.stdout + build.stderr
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(autouse=True)
def _nothing_is_remembered():
    """What the process keeps on purpose must not leak from test to test."""
    cache.clear()
    catalogue.forget()
    visitor_keys.visitor_keys.forget()
    jwks.forget()
    shared_cache.forget()
    addresses.forget()
    limits.forget()
    oauth_apps.forget()
    tokens.forget()
    translation.deactivate()


@pytest.fixture
def oauth_app(settings):
    """A credential that is well made; nothing answers at its base URL."""
    fields = {
        "client_id": "1163000000000000001",
        "public_key_id": "fingerprint-for-tests",
        "private_key": private_pem(),
        "base_url": "http://localhost:9",
    }
    settings.COZE_OAUTH_APPS = {"default": fields}
    return fields


@pytest.fixture
def committed(db, django_capture_on_commit_callbacks):
    """What is saved within counts as committed: each test is one transaction."""

    @contextlib.contextmanager
    def commit():
        with django_capture_on_commit_callbacks(execute=True):
            yield
        connection.run_on_commit.clear()

    return commit


@pytest.fixture
def media(settings, tmp_path):
    """The folder of the uploads."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def nadia(db, django_user_model):
    """An editor who may do everything."""
    return django_user_model.objects.create_superuser("nadia", password="for tests")


@pytest.fixture
def make_widget(committed):
    def make(**fields):
        fields = {
            "slug": "support",
            "name": "Support",
            "bot_id": "7400000000000000001",
            **fields,
        }
        with committed():
            return Widget.objects.create(**fields)

    return make


@pytest.fixture
def widget(make_widget):
    return make_widget()


@pytest.fixture
def sandbox():
    with Sandbox(pause_seconds=0) as sandbox:
        yield sandbox


@pytest.fixture
def oauth_config(sandbox):
    """What Coze's console would hand out, for an app that the sandbox knows."""
    config = {
        "client_type": "jwt",
        "client_id": "1163000000000000001",
        "coze_www_base": sandbox.url,
        "coze_api_base": sandbox.url,
        "public_key_id": "fingerprint-for-tests",
        "private_key": private_pem(),
    }
    register_config(sandbox, config)
    return config


@pytest.fixture
def coze(sandbox, oauth_config, settings):
    """The sandbox, with our one OAuth app registered there."""
    settings.COZE_OAUTH_APPS = {"default": oauth_config}
    settings.COZE_MAX_RETRIES = 0
    return sandbox
