from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.utils.translation import override

from coze_widget.acceptance import Verdict
from coze_widget.checklist.oauth_app import (
    list_first_oauth_app,
    list_oauth_app,
    read_configured,
    read_file,
)
from tests.checklist.finding import (
    DONE,
    FAILED,
    NOTE,
    OPEN,
    UNSEEN,
    item_of,
    states_of,
)

ACCEPTED = Verdict(1_800_000_000.0, accepted=True)


def refusal(**fields):
    texts = {"en": ("Coze refused: no", "Do this."), "zh-hans": ("不", "请。")}
    return Verdict(1_800_000_000.0, accepted=False, texts=texts, **fields)


@pytest.fixture
def config(oauth_app, tmp_path):
    path = tmp_path / "a folder" / "coze_oauth_config.json"
    path.parent.mkdir()

    def write(**changes):
        path.write_text(json.dumps({**oauth_app, **changes}))
        path.chmod(0o600)
        return str(path)

    return write


def at(oauth_app, base_url):
    oauth_app["base_url"] = base_url
    return read_configured("default")


def test_an_accepted_key_proves_what_it_can(oauth_app):
    section = list_oauth_app(read_configured("default").judged(ACCEPTED))

    assert section.title == "OAuth app “default”"
    assert states_of(section) == {
        "create_app": DONE,
        "create_key": DONE,
        "credential": DONE,
        "region": NOTE,
        "answer": DONE,
        "permissions": UNSEEN,
        "authorise": UNSEEN,
    }


def test_nothing_is_ticked_before_coze_was_asked(oauth_app):
    section = list_oauth_app(read_configured("default"))

    states = states_of(section)
    assert states["create_app"] == states["create_key"] == UNSEEN
    assert states["answer"] == OPEN


def test_offline_the_answer_is_not_to_be_seen(oauth_app):
    section = list_oauth_app(read_configured("default"), is_offline=True)

    assert states_of(section)["answer"] == UNSEEN


def test_public_ids_are_shown_and_no_key(oauth_app):
    section = list_oauth_app(read_configured("default"))

    item = item_of(section, "credential")
    assert item.text == "The private key can be read (RSA, 2048 bits)."
    assert item.advice == (
        "App 1163000000000000001, key fingerprint-for-tests, at http://localhost:9."
    )
    assert "PRIVATE KEY" not in repr(section)


@pytest.mark.parametrize(
    ("base_url", "sentence"),
    [
        ("http://localhost:9", "is on this machine: a sandbox, not Coze."),
        (
            "https://gateway.example",
            "is neither of Coze's addresses: https://api.coze.cn, https://api.coze.com.",
        ),
    ],
)
def test_an_address_that_is_not_cozes_is_named(oauth_app, base_url, sentence):
    section = list_oauth_app(at(oauth_app, base_url))

    item = item_of(section, "region")
    assert (item.state, item.text) == (NOTE, f"{base_url} {sentence}")


@pytest.mark.parametrize("region", ["cn", "com"])
def test_links_lead_to_the_console_of_the_region(oauth_app, region):
    section = list_oauth_app(at(oauth_app, f"https://api.coze.{region}"))

    url = f"https://www.coze.{region}/open/oauth/apps"
    assert "region" not in states_of(section)
    for key in ("create_app", "permissions", "authorise"):
        [link] = item_of(section, key).links
        assert (link.text, link.url) == (f"Open www.coze.{region}", url)


def test_a_refusal_says_what_to_do_and_when_it_was(oauth_app, settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    verdict = refusal(facts="HTTP 401, logid 0123")

    section = list_oauth_app(read_configured("default").judged(verdict))

    item = item_of(section, "answer")
    assert (item.state, item.text) == (FAILED, "Coze refused: no")
    assert (
        item.advice
        == "Do this. Asked at 2027-01-15 16:00:00 CST. (HTTP 401, logid 0123)"
    )


@pytest.mark.parametrize(
    ("base_url", "sentence"),
    [
        (
            "https://api.coze.cn",
            "If the app was made at coze.com, its base_url is https://api.coze.com.",
        ),
        (
            "https://api.coze.com",
            "If the app was made at coze.cn, its base_url is https://api.coze.cn.",
        ),
    ],
)
def test_an_unknown_key_may_be_of_the_other_region(oauth_app, base_url, sentence):
    verdict = refusal(is_key_unknown=True)

    section = list_oauth_app(at(oauth_app, base_url).judged(verdict))

    assert sentence in item_of(section, "answer").advice


def test_without_regions_there_is_no_other_one(oauth_app):
    verdict = refusal(is_key_unknown=True)

    section = list_oauth_app(read_configured("default").judged(verdict))

    assert "If the app was made" not in item_of(section, "answer").advice


def test_a_credential_that_cannot_be_read_is_all_that_is_said(oauth_app):
    del oauth_app["public_key_id"]

    section = list_oauth_app(read_configured("default"))

    states = states_of(section)
    assert states["credential"] == FAILED
    assert "answer" not in states
    assert item_of(section, "credential").text == (
        'OAuth app "default": public_key_id is missing.'
    )


def test_a_problem_is_told_in_the_readers_language(oauth_app):
    del oauth_app["public_key_id"]

    with override("zh-hans"):
        candidate = read_configured("default")

    assert "缺少 public_key_id" in candidate.problem


def test_a_setting_of_the_wrong_type_is_no_exception(oauth_app, settings):
    settings.COZE_PROXIES = 5

    candidate = read_configured("default")

    assert candidate.app is None
    assert candidate.problem.startswith(
        "A setting of the connection to Coze cannot be used. See COZE_PROXIES, "
    )


def test_an_address_in_place_of_a_dict_is_not_repeated(oauth_app, settings):
    settings.COZE_PROXIES = "http://user:password@proxy"

    candidate = read_configured("default")

    assert candidate.app is None
    assert "password" not in candidate.problem


def test_a_ca_bundle_that_is_missing_is_named(config, settings):
    settings.COZE_CA_BUNDLE = "/nowhere/bundle.pem"

    candidate = read_file(config(), "default")

    assert "COZE_CA_BUNDLE" in candidate.problem


def test_a_file_is_read_wherever_it_is(config):
    candidate = read_file(config(), "shop")

    assert candidate.name == "shop"
    assert candidate.client is not None
    assert "file_mode" not in states_of(list_oauth_app(candidate))


def test_a_file_that_everybody_can_read_is_noted(config):
    path = config()
    Path(path).chmod(0o644)

    section = list_oauth_app(read_file(path, "default"))

    item = item_of(section, "file_mode")
    assert item.state == NOTE
    assert item.code == f"chmod 600 '{path}'"


def test_without_any_app_the_console_comes_first():
    section = list_first_oauth_app()

    assert states_of(section) == {
        "create_app": OPEN,
        "create_key": OPEN,
        "permissions": UNSEEN,
        "authorise": UNSEEN,
        "credential": OPEN,
    }
    assert [group for group, _names in item_of(section, "permissions").rows] == [
        "Bot",
        "Conversation",
        "Chat",
        "Message",
        "File",
        "Audio",
        "Workflow",
        "App",
    ]
