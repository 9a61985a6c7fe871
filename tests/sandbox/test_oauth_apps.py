from __future__ import annotations

import json
import stat

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from coze_widget.sandbox.oauth_apps import (
    OAuthApp,
    load_or_write_config,
    make_oauth_config,
    read_public_part,
)
from coze_widget.sandbox.server import Sandbox
from tests.keypairs import elliptic_pem


def test_a_configuration_is_what_the_console_hands_out(oauth_config, running_sandbox):
    assert sorted(oauth_config) == [
        "client_id",
        "client_type",
        "coze_api_base",
        "coze_www_base",
        "private_key",
        "public_key_id",
    ]
    assert oauth_config["client_type"] == "jwt"
    assert oauth_config["coze_api_base"] == running_sandbox.url
    key = load_pem_private_key(oauth_config["private_key"].encode(), password=None)
    assert key.key_size == 2048


def test_a_new_file_is_for_its_owner_only(tmp_path):
    path = tmp_path / "coze_oauth_config.json"

    written = load_or_write_config(path, base_url="http://127.0.0.1:8001")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == written


def test_an_existing_file_is_read_and_left_alone(tmp_path):
    path = tmp_path / "coze_oauth_config.json"
    written = load_or_write_config(path, base_url="http://127.0.0.1:8001")
    before = path.read_bytes()

    assert load_or_write_config(path, base_url="http://127.0.0.1:9") == written
    assert path.read_bytes() == before


def test_two_configurations_share_no_key():
    first, second = (make_oauth_config("http://127.0.0.1:8001") for _ in range(2))

    assert first["private_key"] != second["private_key"]
    assert first["public_key_id"] != second["public_key_id"]


def test_a_key_that_is_no_rsa_key_is_refused(oauth_config):
    config = {**oauth_config, "private_key": elliptic_pem()}

    with pytest.raises(ValueError, match="^private_key must be an RSA key$"):
        read_public_part(config)


def test_apps_can_be_registered_at_the_start(oauth_config):
    app = read_public_part(oauth_config)

    assert Sandbox([app]).state.oauth_apps == [app]


def test_an_app_without_keys_is_possible():
    assert OAuthApp("1").public_keys == {}
