from __future__ import annotations

import json

import pytest

from coze_widget.checklist.files import list_configured_files, list_given_file
from tests.checklist.finding import FAILED, NOTE


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "public" / "deeper" / "key.pem"
    path.parent.mkdir(parents=True)
    path.write_text("")
    path.chmod(0o600)
    return path


def found(items):
    return [(item.key, item.state) for item in items]


def test_a_file_of_its_own_is_worth_no_word(key_file, tmp_path, settings):
    settings.STATIC_ROOT = str(tmp_path / "static")

    assert found(list_given_file(str(key_file))) == []


def test_a_file_for_everybody_is_noted(key_file):
    key_file.chmod(0o644)

    [item] = list_given_file(str(key_file))

    assert (item.key, item.state) == ("file_mode", NOTE)
    assert item.code == f"chmod 600 {key_file}"


@pytest.mark.parametrize("name", ["STATIC_ROOT", "MEDIA_ROOT"])
def test_a_file_that_the_web_server_hands_out(key_file, tmp_path, settings, name):
    setattr(settings, name, tmp_path / "public")

    [item] = list_given_file(str(key_file))

    assert item.state == FAILED
    assert item.text == (
        f"The file with the key lies in {name}, which everybody can read."
    )


@pytest.mark.parametrize("is_prefixed", [True, False])
def test_a_file_among_those_to_be_collected(key_file, tmp_path, settings, is_prefixed):
    folder = str(tmp_path / "public")
    settings.STATICFILES_DIRS = [("prefix", folder) if is_prefixed else folder]

    assert found(list_given_file(str(key_file))) == [("file_served", FAILED)]


def test_a_link_does_not_hide_it(key_file, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "public"
    link = tmp_path / "link.pem"
    link.symlink_to(key_file)

    assert found(list_given_file(str(link))) == [("file_served", FAILED)]


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_configured_file_is_looked_for_as_well(
    key_file, tmp_path, settings, is_whole
):
    settings.MEDIA_ROOT = tmp_path / "public"
    value = key_file if is_whole else {"private_key_path": str(key_file)}
    settings.COZE_OAUTH_APPS = {"default": value}

    assert found(list_configured_files("default")) == [("file_served", FAILED)]


@pytest.mark.parametrize("find", [list_given_file, None])
def test_the_key_that_a_config_file_names(key_file, tmp_path, settings, find):
    settings.STATIC_ROOT = tmp_path / "public"
    config = tmp_path / "coze_oauth_config.json"
    config.write_text(json.dumps({"private_key_path": str(key_file)}))
    config.chmod(0o600)
    settings.COZE_OAUTH_APPS = {"default": config}

    items = find(str(config)) if find else list_configured_files("default")

    assert found(items) == [("file_served", FAILED)]


@pytest.mark.parametrize("content", ["[", "[]", "[" * 60_000, "{}", None])
def test_a_config_file_that_names_no_key(tmp_path, settings, content):
    settings.STATIC_ROOT = tmp_path / "public"
    config = tmp_path / "coze_oauth_config.json"
    if content is not None:
        config.write_text(content)
    settings.COZE_OAUTH_APPS = {"default": config}

    assert found(list_configured_files("default")) == []


def test_a_setting_that_is_neither_fields_nor_a_path(settings):
    settings.COZE_OAUTH_APPS = {"default": 5}

    assert found(list_configured_files("default")) == []


def test_a_configured_key_has_no_file(oauth_app):
    assert found(list_configured_files("default")) == []
