from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import call_command

from coze_widget.checks import check_deployment
from coze_widget.checks.assets import NAMES, STATIC, check_collected_files
from tests.messages import only, put_in_order

PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
MANIFEST = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
WHITENOISE = "whitenoise.storage.CompressedManifestStaticFilesStorage"
ALL = ", ".join(NAMES)
LACKING = "The storage of static files lacks {}: the widget does not work."


@pytest.fixture
def storage(settings, tmp_path):
    settings.STATIC_ROOT = str(tmp_path / "static")
    settings.INSTALLED_APPS = [
        "django.contrib.contenttypes",
        "django.contrib.sites",
        "django.contrib.staticfiles",
        "coze_widget",
    ]

    def use(backend=PLAIN):
        storage = {"BACKEND": backend}
        settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}

    return use


def collect():
    call_command("collectstatic", interactive=False, verbosity=0)


def collected(name):
    return Path(storages["staticfiles"].path(name))


def change(name, *, seconds_after_ours):
    """Put another text there, as if so long after the package was installed."""
    file = collected(name)
    file.write_text("/* another */")
    moment = os.path.getmtime(STATIC / name) + seconds_after_ours
    os.utime(file, (moment, moment))


def test_the_files_are_those_that_pages_refer_to():
    assert all((STATIC / name).is_file() for name in NAMES)
    package = STATIC / "coze_widget"
    # Read from the package itself, and sent by a view of ours: coze_widget.embedding.
    sent = {"embed.js"}
    assert {file.name for file in package.glob("*.*")} - sent == {
        name.rpartition("/")[2] for name in NAMES
    }


@pytest.mark.parametrize("backend", [PLAIN, MANIFEST, WHITENOISE])
def test_collected_files_are_in_order(storage, backend):
    storage(backend)
    collect()
    storage(backend)  # a process that starts after that

    assert list(check_collected_files()) == []


@pytest.mark.parametrize("backend", [PLAIN, MANIFEST, WHITENOISE])
def test_nothing_was_collected(storage, backend):
    storage(backend)

    [message] = check_collected_files()

    assert message.id == "coze_widget.W022"
    assert message.msg == LACKING.format(ALL)
    assert message.hint == (
        "Set STATIC_ROOT if it is not set, run `python manage.py collectstatic`, and "
        "restart the processes."
    )


def test_there_is_no_directory(storage, settings):
    storage()
    settings.STATIC_ROOT = None

    assert only(check_collected_files(), "W022") == LACKING.format(ALL)


@pytest.mark.parametrize("backend", [PLAIN, MANIFEST])
def test_one_file_was_lost(storage, backend):
    storage(backend)
    collect()
    storage(backend)
    name = "coze_widget/chat.js"
    stored_name = getattr(storages["staticfiles"], "stored_name", str)

    collected(stored_name(name)).unlink()

    assert only(check_collected_files(), "W022") == LACKING.format(name)


def test_an_older_version_was_collected(storage):
    storage()
    collect()

    change("coze_widget/loader.js", seconds_after_ours=-60)

    assert only(check_collected_files(), "W022") == (
        "Older versions of coze_widget/loader.js than the package's were collected."
    )


def test_a_storage_that_minifies_alarms_nobody(storage):
    storage()
    collect()

    change("coze_widget/loader.js", seconds_after_ours=60)

    assert list(check_collected_files()) == []


def test_the_same_version_was_installed_again(storage):
    storage()
    collect()
    for name in NAMES:
        os.utime(collected(name), (0, 0))

    assert list(check_collected_files()) == []


def test_the_plain_file_may_be_removed(storage):
    """So do storages that keep the hashed names only."""
    storage(WHITENOISE)
    collect()
    storage(WHITENOISE)

    collected("coze_widget/loader.js").unlink()

    assert list(check_collected_files()) == []


def test_it_is_said_where_a_server_is_checked(storage, settings, tmp_path):
    put_in_order(settings, tmp_path)
    settings.WHITENOISE_USE_FINDERS = False
    storage()

    assert only(check_deployment(), "W022")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", True),
        ("WHITENOISE_USE_FINDERS", True),
        ("INSTALLED_APPS", ["django.contrib.sites", "coze_widget"]),
        ("STATIC_URL", None),
    ],
)
def test_where_nothing_needs_to_be_collected(storage, settings, name, value):
    storage()
    setattr(settings, name, value)

    assert list(check_collected_files()) == []


@pytest.mark.parametrize(
    "backend", ["django.core.files.storage.InMemoryStorage", "nowhere.at.all"]
)
def test_a_storage_elsewhere_is_not_asked(storage, backend):
    storage(backend)

    assert list(check_collected_files()) == []
