from __future__ import annotations

import json
import os
import traceback
from pathlib import Path

import pytest

from coze_widget.exceptions import CozeError
from coze_widget.oauth.credentials import (
    COZE_CN_BASE_URL,
    COZE_COM_BASE_URL,
    CredentialsError,
    OAuthApp,
    load_oauth_app,
)
from tests.keypairs import elliptic_pem, private_pem

TAIL = "a" * 40


def fields(**changes):
    return {
        "client_id": "1125000000000000000.app.coze",
        "public_key_id": "gdehvaDegW-fingerprint",
        "private_key": private_pem(),
        **changes,
    }


def console_config(**changes):
    """What Coze's console hands out."""
    return {
        "client_type": "jwt",
        "client_id": "1125000000000000000.app.coze",
        "coze_www_base": "https://www.coze.com",
        "coze_api_base": "https://api.coze.com",
        "private_key": private_pem(),
        "public_key_id": "gdehvaDegW-fingerprint",
        **changes,
    }


def refusal(value):
    with pytest.raises(CredentialsError) as caught:
        load_oauth_app(value, name="default")
    return str(caught.value)


# What is accepted


def test_fields_make_an_app_of_the_chinese_region():
    app = load_oauth_app(fields(), name="default")

    assert app == OAuthApp(
        client_id="1125000000000000000.app.coze",
        public_key_id="gdehvaDegW-fingerprint",
        private_key=private_pem().strip(),
        base_url="https://api.coze.cn",
    )


def test_every_field_is_taken():
    scope = {"account_permission": {"permission_list": ["Connector.botChat"]}}

    app = load_oauth_app(
        fields(base_url=COZE_COM_BASE_URL, account_id="74", scope=scope), name="x"
    )

    assert (app.base_url, app.account_id, app.scope) == (COZE_COM_BASE_URL, "74", scope)
    assert load_oauth_app(fields(enterprise_id="v_7"), name="x").enterprise_id == "v_7"


def test_an_app_with_a_scope_can_be_a_dictionary_key():
    app = load_oauth_app(fields(scope={"a": {}}), name="x")

    assert {app: 1}[app] == 1


def test_a_key_with_written_out_newlines_is_accepted():
    app = load_oauth_app(
        fields(private_key='"' + private_pem().replace("\n", "\\r\\n") + '"'), name="x"
    )

    assert app.private_key == private_pem().strip()


@pytest.mark.parametrize("kind", [str, Path])
def test_the_key_is_read_from_a_path(tmp_path, kind):
    (tmp_path / "key.pem").write_text(private_pem(), encoding="utf-8-sig")

    app = load_oauth_app(
        fields(private_key="", private_key_path=kind(tmp_path / "key.pem")), name="x"
    )

    assert app.private_key == private_pem().strip()


def test_a_path_may_begin_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "key.pem").write_text(private_pem())

    app = load_oauth_app(
        fields(private_key=None, private_key_path="~/key.pem"), name="x"
    )

    assert app.private_key == private_pem().strip()


@pytest.mark.parametrize("kind", [str, Path])
def test_the_consoles_file_is_read_as_it_is(tmp_path, kind):
    path = tmp_path / "coze_oauth_config.json"
    path.write_text(json.dumps(console_config()))

    app = load_oauth_app(kind(path), name="x")

    assert app.base_url == COZE_COM_BASE_URL
    assert app == load_oauth_app(console_config(), name="x")


def test_fields_that_are_empty_are_absent():
    app = load_oauth_app(
        fields(base_url="", account_id=None, scope={}, private_key_path=""), name="x"
    )

    assert (app.base_url, app.account_id, app.scope) == (COZE_CN_BASE_URL, "", None)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.coze.cn/",
        "https://coze.example.com:8443",
        "http://localhost:8001",
        "http://127.0.0.1",
        "http://[::1]:8001",
    ],
)
def test_a_base_url_is_scheme_and_host(url):
    assert load_oauth_app(fields(base_url=url), name="x").base_url == url.rstrip("/")


def test_both_names_of_the_base_url_may_agree():
    app = load_oauth_app(
        console_config(base_url="https://api.coze.com/", client_type=""), name="x"
    )

    assert app.base_url == COZE_COM_BASE_URL


# What is refused, and how

ACCEPTED = (
    "client_id, public_key_id, private_key, private_key_path, base_url, account_id, "
    "enterprise_id, scope, and those of a coze_oauth_config.json"
)
NO_BASE_URL = (
    "base_url is not scheme and host alone, in lower case, such as https://api.coze.cn "
    "or https://api.coze.com"
)
PLAIN_HTTP = (
    "base_url is plain http, which is accepted for localhost, 127.0.0.1 and [::1] only; "
    "use https"
)
ONE_KEY = "either private_key (a PEM) or private_key_path is needed, and not both"
MISPLACED = "which does not belong there; if it was shown to anybody, revoke it"

REFUSALS = [
    ({"client_id": ""}, "client_id is missing"),
    ({"public_key_id": None}, "public_key_id is missing"),
    ({"client_id": 1125}, "client_id is of type int; write it as text"),
    ({"client_id": "two words"}, "client_id is no id: copy it from Coze's console"),
    (
        {"client_id": "pat_" + TAIL},
        f"client_id holds a personal access token, {MISPLACED}",
    ),
    (
        {"public_key_id": "cztei_" + TAIL},
        f"public_key_id holds a service access token, {MISPLACED}",
    ),
    (
        {"public_key_id": "-----BEGIN PRIVATE KEY-----"},
        f"public_key_id holds a PEM, {MISPLACED}",
    ),
    ({"account_id": "../x"}, "account_id is no id: copy it from Coze's console"),
    ({"enterprise_id": "a b"}, "enterprise_id is no id: copy it from Coze's console"),
    (
        {"account_id": "1", "enterprise_id": "2"},
        "account_id and enterprise_id exclude each other",
    ),
    ({"private_key": ""}, ONE_KEY),
    ({"private_key_path": "/etc/key.pem"}, ONE_KEY),
    ({"private_key": b"pem"}, "private_key is of type bytes; write it as text"),
    (
        {"private_key": "pat_" + TAIL},
        "private_key holds a personal access token, not the private key's PEM",
    ),
    (
        {"private_key": "hello"},
        "private_key is not a PEM, which begins with -----BEGIN PRIVATE KEY-----",
    ),
    (
        {"private_key": "-----BEGIN PRIVATE KEY-----pat_" + TAIL},
        "private_key is a damaged PEM; is it whole, from BEGIN to END?",
    ),
    (
        {"private_key": "", "private_key_path": 5},
        "private_key_path is of type int, not a path",
    ),
    (
        {"private_key": "", "private_key_path": "pat_" + TAIL},
        "private_key_path holds a personal access token instead of a path",
    ),
    (
        {"private_key": "", "private_key_path": "-----BEGIN PRIVATE KEY-----"},
        "private_key_path holds a PEM instead of a path",
    ),
    (
        {"private_key": "", "private_key_path": "MIIE" * 500},
        "private_key_path holds a long text instead of a path",
    ),
    (
        {"private_key": "", "private_key_path": "/no\0where"},
        "private_key_path is no path: it holds a null byte",
    ),
    (
        {"private_key": "", "private_key_path": "/no/such/key.pem"},
        "private_key_path cannot be read at '/no/such/key.pem': No such file or "
        "directory",
    ),
    ({"base_url": "api.coze.cn"}, NO_BASE_URL),
    ({"base_url": "localhost:8001"}, NO_BASE_URL),
    ({"base_url": "ftp://api.coze.cn"}, NO_BASE_URL),
    ({"base_url": "https://api.coze.cn/v1"}, NO_BASE_URL),
    ({"base_url": "https://api.coze.cn?x=1"}, NO_BASE_URL),
    ({"base_url": "https://me:secret@api.coze.cn"}, NO_BASE_URL),
    ({"base_url": "https://[::::]"}, NO_BASE_URL),
    ({"base_url": "https://[::1"}, NO_BASE_URL),
    ({"base_url": "https://.."}, NO_BASE_URL),
    ({"base_url": f"https://{'a' * 64}.cn"}, NO_BASE_URL),
    ({"base_url": "https://api.coze.cn:99999"}, NO_BASE_URL),
    ({"base_url": "https://api.coze.cn:0"}, NO_BASE_URL),
    ({"base_url": "https://api.coze.cn\n.example.com"}, NO_BASE_URL),
    ({"base_url": "https://API.coze.cn"}, NO_BASE_URL),
    ({"base_url": "http://api.coze.cn"}, PLAIN_HTTP),
    ({"base_url": "http://localhost.example.com"}, PLAIN_HTTP),
    ({"base_url": "http://127.0.0.1.example.com:80"}, PLAIN_HTTP),
    (
        {"base_url": "https://api.coze.cn", "coze_api_base": "https://api.coze.com"},
        "base_url and coze_api_base differ; give one of them",
    ),
    (
        {"client_type": "web"},
        'client_type is "web", not "jwt"; create an OAuth app of the type service '
        "(服务类应用)",
    ),
    (
        {"client_type": "pat_" + TAIL},
        'client_type is "[masked]", not "jwt"; create an OAuth app of the type service '
        "(服务类应用)",
    ),
    (
        {"client_secret": "x"},
        "client_secret belongs to an app of another type; create an OAuth app of the "
        "type service (服务类应用), which has a private key",
    ),
    (
        {"scope": ["Connector.botChat"]},
        "scope is of type list; it is a mapping, as Coze's guide for channel apps shows",
    ),
    ({"scope": {"a": object()}}, "scope holds what JSON cannot carry"),
    (
        {"secret": "x", "clientid": "y"},
        f"unknown secret, clientid; accepted are {ACCEPTED}",
    ),
    ({"pat_" + TAIL: "x"}, f"unknown [masked]; accepted are {ACCEPTED}"),
]


@pytest.mark.parametrize(("changes", "problem"), REFUSALS, ids=range(len(REFUSALS)))
def test_a_mistake_is_named(changes, problem):
    assert refusal(fields(**changes)) == f'OAuth app "default": {problem}.'


@pytest.mark.parametrize("value", [None, 5, ["a"], b"path"])
def test_credentials_of_another_type_are_refused(value):
    assert refusal(value) == (
        f'OAuth app "default": is of type {type(value).__name__}; accepted are a '
        "mapping of fields or the path of a coze_oauth_config.json."
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "{path} is not JSON"),
        (b"[" * 60_000, "{path} is not JSON"),
        (b"[]", "{path} is not a JSON object"),
        (b"\xff\xfe\x00", "coze_oauth_config.json is not a text file in UTF-8"),
        (b" " * 70_000, "coze_oauth_config.json is a file of more than 64 KB"),
    ],
    ids=["cut", "deep", "list", "binary", "large"],
)
def test_a_bad_config_file_is_named(tmp_path, content, problem):
    path = tmp_path / "config.json"
    path.write_bytes(content)

    said = problem.format(path=path)
    assert refusal(path) == f'OAuth app "default": {said}.'


def test_a_key_in_place_of_the_config_file_is_told_what_to_write(tmp_path):
    path = tmp_path / "key.pem"
    path.write_text(private_pem())

    assert refusal(path) == (
        f'OAuth app "default": {path} is a PEM, not the JSON file; write '
        f'{{"client_id": "…", "public_key_id": "…", "private_key_path": "{path}"}}.'
    )


def test_a_public_key_in_place_of_the_config_file_is_named(tmp_path):
    path = tmp_path / "public.pem"
    path.write_text("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n")

    assert refusal(path) == (
        f'OAuth app "default": {path} is a PEM without a private key, not the JSON file.'
    )


def test_a_relative_path_is_named_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert refusal("config.json") == (
        'OAuth app "default": coze_oauth_config.json cannot be read at '
        f"'{tmp_path}/config.json': No such file or directory."
    )


def test_a_directory_is_no_file(tmp_path):
    assert refusal(tmp_path).endswith(
        f"coze_oauth_config.json cannot be read at {str(tmp_path)!r}: Is a directory."
    )


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def refuse(*args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)

    assert refusal(tmp_path / "c.json").endswith("c.json': Permission denied.")


def test_a_config_pasted_for_its_path_is_not_repeated():
    problem = refusal(json.dumps(console_config()))

    assert problem == (
        'OAuth app "default": coze_oauth_config.json holds a PEM instead of a path.'
    )


def test_a_key_of_another_kind_is_named():
    problem = refusal(fields(private_key=elliptic_pem()))

    assert "private_key is not an RSA key" in problem


def test_the_apps_name_is_masked_when_it_is_a_secret():
    with pytest.raises(CredentialsError, match=r'^OAuth app "\[masked\]": is of type'):
        load_oauth_app(None, name="pat_" + TAIL)


def test_a_configuration_mistake_is_no_coze_error():
    assert issubclass(CredentialsError, ValueError)
    assert not issubclass(CredentialsError, CozeError)


# What never shows


def test_the_key_is_not_in_the_repr():
    app = load_oauth_app(fields(), name="x")

    assert "private_key=" not in repr(app)
    assert app.private_key.splitlines()[5] not in repr(app)


def test_a_refusal_carries_no_frame_that_held_the_key():
    damaged = private_pem()[:-200]
    with pytest.raises(CredentialsError) as caught:
        load_oauth_app(fields(private_key=damaged), name="x")

    error = caught.value
    frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert frames[1:] == ["load_oauth_app"]
    assert error.__cause__ is error.__context__ is None
    assert damaged.splitlines()[2] not in repr(vars(error)) + repr(error.args)


def test_a_fingerprint_that_belongs_to_another_app_is_cozes_to_find():
    assert load_oauth_app(fields(public_key_id=os.urandom(8).hex()), name="x")
