from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import override_settings

from coze_widget import coze_connection, oauth_apps
from coze_widget.exceptions import (
    CircuitOpenError,
    ConnectionFailedError,
    CozeError,
)
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth.retries import Retries
from coze_widget.oauth_apps import (
    breaker_states,
    find_oauth_app,
    forget,
    get_api,
    get_client,
    make_client,
)
from coze_widget.sdk_addresses import sdk_url


def test_one_client_for_the_process(oauth_app):
    assert get_client("default") is get_client("default")


def test_one_reader_for_each_address_and_its_settings(settings):
    coze = get_api("https://api.coze.cn")

    assert get_api("https://api.coze.cn") is coze
    assert get_api("https://api.coze.com") is not coze
    settings.COZE_TOTAL_TIMEOUT_SECONDS = 3
    assert get_api("https://api.coze.cn") is not coze


def test_other_settings_are_another_client(oauth_app, settings):
    before = get_client("default")

    settings.COZE_TOTAL_TIMEOUT_SECONDS = 3

    assert get_client("default") is not before


def test_the_settings_reach_the_client(oauth_app, settings, monkeypatch):
    given = {}

    class Noted(coze_connection.Transport):
        def __init__(self, **arguments):
            given.update(arguments)
            super().__init__()

    monkeypatch.setattr(coze_connection, "Transport", Noted)
    settings.COZE_CONNECT_TIMEOUT_SECONDS = 1
    settings.COZE_READ_TIMEOUT_SECONDS = 2
    settings.COZE_TOTAL_TIMEOUT_SECONDS = 4.5
    settings.COZE_MAX_RETRIES = 7
    settings.COZE_MAX_CONNECTIONS = 3
    settings.COZE_PROXIES = {"https": "http://proxy:3128"}
    settings.COZE_CA_BUNDLE = "bundle.pem"
    settings.COZE_EXTRA_HEADERS = {"X-Shop": "1"}

    client = get_client("default")

    assert client._retries == Retries(4.5, 7)
    assert given == {
        "connect_timeout": 1,
        "read_timeout": 2,
        "max_connections": 3,
        "proxies": {"https": "http://proxy:3128"},
        "ca_bundle": "bundle.pem",
        "headers": {"X-Shop": "1"},
    }


def test_a_path_may_be_a_path_object(tmp_path, settings, oauth_app):
    (tmp_path / "key.pem").write_text(oauth_app.pop("private_key"))
    settings.COZE_OAUTH_APPS = {
        "default": {**oauth_app, "private_key_path": tmp_path / "key.pem"}
    }

    assert find_oauth_app("default").client_id == oauth_app["client_id"]


def test_a_whole_file_may_be_the_setting(tmp_path, settings):
    settings.COZE_OAUTH_APPS = {"default": tmp_path / "coze_oauth_config.json"}

    with pytest.raises(CredentialsError, match="coze_oauth_config.json"):
        find_oauth_app("default")


def test_a_setting_that_is_no_dict(settings):
    settings.COZE_OAUTH_APPS = "coze_oauth_config.json"

    with pytest.raises(CredentialsError, match="COZE_OAUTH_APPS is not a dict"):
        find_oauth_app("default")


def test_a_name_that_is_missing_around_the_fields(settings, oauth_app):
    settings.COZE_OAUTH_APPS = oauth_app

    with pytest.raises(CredentialsError, match="without a name for it: write"):
        find_oauth_app("default")


def test_no_frame_of_an_error_holds_the_key(settings, oauth_app):
    settings.COZE_OAUTH_APPS = {"default": {**oauth_app, "base_url": "x"}}

    with pytest.raises(CredentialsError) as caught:
        find_oauth_app("default")

    assert variables_with_the_key(caught.value) == []


def variables_with_the_key(error):
    """Return what an error reporter would find in our frames."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    own = [frame for frame in frames if "coze_widget" in frame.f_globals["__name__"]]
    assert own
    return [
        name
        for frame in own
        for name, value in frame.f_locals.items()
        if "PRIVATE KEY" in repr(value)
    ]


def test_a_change_within_the_setting_is_seen(oauth_app):
    before = find_oauth_app("default"), get_client("default")

    oauth_app["client_id"] = "1163000000000000002"

    assert find_oauth_app("default").client_id == "1163000000000000002"
    assert get_client("default") is not before[1]
    oauth_app["client_id"] = before[0].client_id
    assert find_oauth_app("default") == before[0]


def test_a_change_deep_within_the_setting_is_seen(oauth_app, settings):
    scope = {"permission_list": ["Connector.botChat"], "bots": {"ids": []}}
    settings.COZE_OAUTH_APPS = {"default": {**oauth_app, "scope": scope}}
    before = find_oauth_app("default")

    scope["permission_list"].append("Bot.getMetadata")
    scope["bots"]["ids"].append("74")

    assert find_oauth_app("default").scope == scope
    assert before.scope != scope


def test_a_setting_for_a_while_is_one_for_a_while(oauth_app):
    before = get_client("default")

    with override_settings(
        COZE_OAUTH_APPS={"default": {**oauth_app, "client_id": "2"}}
    ):
        during = get_client("default")
    with override_settings(COZE_MAX_RETRIES=7):
        assert get_client("default")._retries.max_retries == 7

    assert during is not before
    assert find_oauth_app("default").client_id == oauth_app["client_id"]
    assert get_client("default")._retries.max_retries == 2


def test_another_setting_changes_nothing(oauth_app, settings):
    before = get_client("default")

    settings.COZE_ENVIRONMENT = "staging"
    settings.USE_TZ = False

    assert get_client("default") is before


def test_an_app_that_is_gone_is_forgotten(oauth_app, settings):
    settings.COZE_OAUTH_APPS["other"] = oauth_app
    get_client("other")
    del settings.COZE_OAUTH_APPS["other"]

    with pytest.raises(CredentialsError, match="no OAuth app named “other”"):
        get_client("other")
    get_client("default")

    assert set(breaker_states()) == {"default"}
    assert set(oauth_apps._kept.apps) == {"default"}


def test_an_app_that_never_had_a_client_is_forgotten_too(oauth_app, settings):
    settings.COZE_OAUTH_APPS["other"] = oauth_app
    find_oauth_app("other")
    del settings.COZE_OAUTH_APPS["other"]

    find_oauth_app("default")

    assert set(oauth_apps._kept.apps) == {"default"}


def test_thousands_of_apps_are_each_read_once(oauth_app, settings, monkeypatch):
    names = [f"app-{number}" for number in range(2_000)]
    settings.COZE_OAUTH_APPS = {
        name: {**oauth_app, "client_id": name} for name in names
    }
    read = []
    load = oauth_apps.load_oauth_app

    def note(value, *, name):
        read.append(name)
        return load(value, name=name)

    monkeypatch.setattr(oauth_apps, "load_oauth_app", note)

    clients = [get_client(name) for name in names]
    again = [get_client(name) for name in names]

    assert again == clients
    assert read == names
    assert [find_oauth_app(name).client_id for name in names] == names


def test_all_apps_share_one_pool_of_connections(coze, settings, connections):
    config = settings.COZE_OAUTH_APPS["default"]
    settings.COZE_OAUTH_APPS = dict.fromkeys(("one", "two", "three"), config)

    for name in settings.COZE_OAUTH_APPS:
        get_client(name).fetch_token(session_name="alice")

    assert len(connections) == 1


def test_threads_of_a_cold_process_get_one_client(oauth_app):
    barrier = threading.Barrier(8)

    def look_up(_number):
        barrier.wait(10)
        return get_client("default")

    with ThreadPoolExecutor(8) as pool:
        clients = list(pool.map(look_up, range(8)))

    assert set(clients) == {get_client("default")}


def test_whoever_is_second_takes_what_the_first_has_read(oauth_app, monkeypatch):
    load = oauth_apps.load_oauth_app
    first = []

    def be_overtaken(value, *, name):
        app = load(value, name=name)
        if not first:
            first.append(app)
            first.append(find_oauth_app("default"))
        return app

    monkeypatch.setattr(oauth_apps, "load_oauth_app", be_overtaken)

    assert find_oauth_app("default") is first[1]


def test_whoever_makes_the_second_client_takes_the_first(oauth_app):
    client = get_client("default")
    app, connection = find_oauth_app("default"), coze_connection.get_connection()

    assert oauth_apps._make_kept_client("default", app, connection) is client


def test_the_key_is_parsed_once_though_others_come_in_between(
    oauth_app, settings, monkeypatch
):
    client = get_client("default")
    monkeypatch.setattr("coze_widget.oauth.keys._cache", None)

    assert find_oauth_app("default").signing_key.key_size == 2048
    assert get_client("default") is client


# Breakers


def test_each_app_has_a_breaker(oauth_app, settings):
    settings.COZE_OAUTH_APPS = {"one": oauth_app, "two": oauth_app, "three": oauth_app}
    settings.COZE_BREAKER_FAILURES = 2
    settings.COZE_MAX_RETRIES = 0
    get_client("two")

    for error in (ConnectionFailedError, ConnectionFailedError, CircuitOpenError):
        with pytest.raises(error):
            get_client("one").fetch_token(session_name="alice")

    assert breaker_states() == {"one": "open", "two": "closed"}
    assert isinstance(get_client("one").find_refusal(), CircuitOpenError)
    assert get_client("two").find_refusal() is None


def test_a_breaker_tries_again_as_often_as_told(coze, settings):
    settings.COZE_BREAKER_FAILURES = "1"
    settings.COZE_BREAKER_RESET_SECONDS = "0.01"
    coze.add_fault("/api/permission", status=500, body="")
    with pytest.raises(CozeError):
        get_client("default").fetch_token(session_name="alice")

    time.sleep(0.02)
    get_client("default").fetch_token(session_name="alice")

    assert breaker_states() == {"default": "closed"}


def test_there_may_be_none(oauth_app, settings):
    settings.COZE_BREAKER_FAILURES = 0

    client = get_client("default")

    assert client.breaker is client.find_refusal() is None
    assert breaker_states() == {}


def test_who_looks_into_an_outage_hears_coze_itself(oauth_app, settings):
    settings.COZE_BREAKER_FAILURES = 1
    settings.COZE_MAX_RETRIES = 0
    with pytest.raises(CozeError):
        get_client("default").fetch_token(session_name="alice")
    client = make_client(find_oauth_app("default"))

    for _ in range(3):
        with pytest.raises(ConnectionFailedError):
            client.fetch_token(session_name="alice")

    assert breaker_states() == {"default": "open"}


def test_to_forget_is_to_begin_anew(oauth_app, settings):
    before = get_client("default"), get_api("https://api.coze.cn")

    forget()

    assert breaker_states() == {}
    assert get_client("default") is not before[0]
    assert get_api("https://api.coze.cn") is not before[1]


# Forks


def test_a_worker_keeps_the_keys_and_nothing_else(oauth_app):
    app, client = find_oauth_app("default"), get_client("default")

    oauth_apps._begin_worker()

    assert breaker_states() == {}
    assert find_oauth_app("default") is app
    assert get_client("default")._transport is not client._transport


# As gunicorn with --preload does: the parent has talked to Coze, then come the workers.
PRELOADED = """
import os, sys
import django
from django.conf import settings
settings.configure(
    COZE_OAUTH_APPS={"default": sys.argv[1]}, COZE_BREAKER_FAILURES=1, COZE_MAX_RETRIES=0
)
from coze_widget.oauth_apps import breaker_states, find_oauth_app, get_client
def fetch(name):
    token = get_client("default").fetch_token(session_name=name)
    os.write(1, f"{name} {token.value}\\n".encode())
fetch("parent")
app = find_oauth_app("default")
workers = []
for number in range(2):
    pid = os.fork()
    if not pid:
        assert breaker_states() == {}
        assert find_oauth_app("default") is app  # its key need not be parsed again
        for _ in range(20):
            fetch(f"worker-{number}")
        os._exit(0)
    workers.append(pid)
for _ in range(20):
    fetch("parent")
assert [os.waitpid(pid, 0)[1] for pid in workers] == [0, 0]
"""


@pytest.fixture
def connections(sandbox, monkeypatch):
    """The addresses from which the sandbox has been connected to."""
    addresses = []
    server = sandbox._server
    accept = server.process_request

    def note(request, address):
        addresses.append(address)
        accept(request, address)

    monkeypatch.setattr(server, "process_request", note)
    return addresses


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_workers_share_no_connection(sandbox, oauth_config, tmp_path, connections):
    path = tmp_path / "coze_oauth_config.json"
    path.write_text(json.dumps(oauth_config))

    run = subprocess.run(
        [sys.executable, "-c", PRELOADED, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.returncode == 0, run.stderr
    lines = [line.split() for line in run.stdout.splitlines()]
    grants = sandbox.state.tokens._grants
    assert len(lines) == 61
    assert [grants[token].owner.session_name for _name, token in lines] == [
        name for name, _token in lines
    ]
    assert len(connections) == 3


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        (
            "https://api.coze.cn",
            "https://lf-cdn.coze.cn/obj/unpkg/flow-platform/chat-app-sdk/1.2.0/libs/cn/index.js",
        ),
        (
            "https://api.coze.com",
            "https://sf-cdn.coze.com/obj/unpkg-va/flow-platform/chat-app-sdk/1.2.0/libs/oversea/index.js",
        ),
        (
            "http://localhost:8001",
            "http://localhost:8001/obj/unpkg/flow-platform/chat-app-sdk/1.2.0/libs/cn/index.js",
        ),
    ],
)
def test_each_region_has_its_sdk(base_url, url):
    assert sdk_url(base_url, "1.2.0") == url


def test_the_sdk_may_come_from_elsewhere(settings):
    settings.COZE_SDK_URLS = {"https://api.coze.cn": "https://cdn.example/{version}.js"}

    assert sdk_url("https://api.coze.cn", "1.2.0") == "https://cdn.example/1.2.0.js"


@pytest.mark.parametrize(
    "values",
    [
        {"COZE_CA_BUNDLE": None, "COZE_PROXIES": None, "COZE_EXTRA_HEADERS": None},
        {"COZE_TOTAL_TIMEOUT_SECONDS": "12", "COZE_MAX_RETRIES": "2"},
        {"COZE_READ_TIMEOUT_SECONDS": "8", "COZE_CONNECT_TIMEOUT_SECONDS": "3.05"},
    ],
)
def test_what_the_environment_gives_will_do(oauth_app, settings, values):
    without = get_client("default")

    for name, value in values.items():
        setattr(settings, name, value)

    assert get_client("default") is without


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COZE_PROXIES", "http://proxy:3128"),
        ("COZE_PROXIES", {"https": 5}),
        ("COZE_PROXIES", 5),
        ("COZE_EXTRA_HEADERS", {"X-Shop": "茶"}),
        ("COZE_EXTRA_HEADERS", {5: "five"}),
        ("COZE_CA_BUNDLE", 5),
        ("COZE_MAX_RETRIES", "two"),
        ("COZE_TOTAL_TIMEOUT_SECONDS", None),
    ],
)
def test_a_setting_of_the_connection_that_cannot_be_used(
    oauth_app, settings, name, value
):
    setattr(settings, name, value)

    with pytest.raises(CredentialsError) as caught:
        get_client("default")

    assert str(caught.value) == (
        "A setting of the connection to Coze cannot be used. See COZE_PROXIES, "
        "COZE_CA_BUNDLE, COZE_EXTRA_HEADERS and the time-outs in the settings."
    )
    assert variables_with_the_key(caught.value) == []
