"""What docs/auth.md says about this app: tried with its own blocks against the sandbox."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from coze_widget.exceptions import AuthenticationError
from coze_widget.oauth.credentials import CredentialsError, load_oauth_app
from coze_widget.sandbox.oauth_apps import make_oauth_config, read_public_part
from tests.keypairs import private_pem
from tests.recipes import run_block
from tests.sandbox.caller import BOT, UNPUBLISHED_BOT, Caller

pytestmark = pytest.mark.django_db
CONSOLE_FILE, FIELDS, CHANNEL, PARTNER, SEVERAL = range(5)


def ask_session(client, slug="support"):
    url = f"/chat/{slug}/session/"
    return client.post(url, "{}", content_type="application/json")


@pytest.fixture
def alice(django_user_model):
    client = Client()
    client.force_login(django_user_model.objects.create_user("alice"))
    return client


@pytest.fixture
def use_apps(coze, settings, oauth_config, tmp_path):
    """Configure the apps of a block, with credentials that the sandbox knows.

    Returns their fields as the page writes them.
    """
    for name in ("coze_oauth_config.json", "staff.json"):
        (tmp_path / name).write_text(json.dumps(oauth_config))
    (tmp_path / "private_key.pem").write_text(private_pem())
    known = {
        "client_id": oauth_config["client_id"],
        "public_key_id": oauth_config["public_key_id"],
        "base_url": coze.url,
    }

    def use(number):
        folder = {"/etc/coze": tmp_path}
        apps = run_block("auth.md", number, **folder)["COZE_OAUTH_APPS"]
        settings.COZE_OAUTH_APPS = {
            name: {**app, **known} if isinstance(app, dict) else app
            for name, app in apps.items()
        }
        return apps

    return use


def chat(coze, answer, bot_id=BOT):
    """Return what Coze says to a chat with this bot."""
    with Caller(coze, token=answer["token"]) as caller:
        return caller.ask("GET", f"/v1/bots/{bot_id}")["code"]


@pytest.mark.parametrize("number", [CONSOLE_FILE, FIELDS, CHANNEL, PARTNER, SEVERAL])
def test_every_way_that_is_used_gives_everybody_a_token(
    use_apps, make_widget, alice, coze, number
):
    for name in use_apps(number):
        make_widget(slug=name, oauth_app=name)

        assert chat(coze, ask_session(alice, name).json()) == 0


def test_the_scope_of_a_channel_app_reaches_coze(use_apps, make_widget, alice, coze):
    [app] = use_apps(CHANNEL).values()
    coze.state.oauth_apps[0].channel = True
    make_widget(oauth_app="staff")

    answer = ask_session(alice).json()

    assert coze.requests[-1]["body"]["scope"] == app["scope"]
    assert chat(coze, answer) == 0
    assert chat(coze, answer, UNPUBLISHED_BOT) == 4101


def test_another_account_is_asked_at_its_own_address(
    use_apps, make_widget, alice, coze
):
    [app] = use_apps(PARTNER).values()
    make_widget(oauth_app="partner")

    ask_session(alice)

    path = f"/api/permission/oauth2/account/{app['account_id']}/token"
    assert coze.requests[-1]["path"] == path


def test_tokens_of_several_apps_are_apart_and_the_person_is_one(
    use_apps, make_widget, alice
):
    names = list(use_apps(SEVERAL))
    for name in names:
        make_widget(slug=name, oauth_app=name)

    answers = [ask_session(alice, name).json() for name in names]

    assert len({answer["epoch"] for answer in answers}) == 1


def test_an_app_of_another_client_id_has_tokens_of_its_own(
    coze, oauth_config, settings, make_widget, alice
):
    other = make_oauth_config(coze.url, client_id="1163000000000000002")
    coze.register(read_public_part(other))
    settings.COZE_OAUTH_APPS = {"default": oauth_config, "staff": other}
    make_widget()
    make_widget(slug="staff", oauth_app="staff")

    tokens = {ask_session(alice, slug).json()["token"] for slug in ("support", "staff")}

    assert len(tokens) == 2


def test_nobody_notices_a_new_key(coze, oauth_config, settings, widget, alice):
    before = ask_session(alice).json()
    new = make_oauth_config(coze.url, client_id=oauth_config["client_id"])
    [app] = coze.state.oauth_apps
    app.public_keys |= read_public_part(new).public_keys

    settings.COZE_OAUTH_APPS = {"default": new}
    del app.public_keys[oauth_config["public_key_id"]]
    kept = ask_session(alice).json()
    coze.revoke_tokens()
    again = alice.post(
        "/chat/support/session/",
        json.dumps({"refused": kept["token_id"]}),
        content_type="application/json",
    ).json()

    assert kept["token"] == before["token"]
    assert again["token"] != before["token"]
    assert again["epoch"] == before["epoch"]
    assert chat(coze, again) == 0


@pytest.mark.parametrize("client_type", ["web", "pkce", "device"])
def test_other_kinds_of_oauth_apps_are_refused(client_type):
    config = {"client_type": client_type, "client_id": "1", "client_secret": "x"}

    with pytest.raises(CredentialsError):
        load_oauth_app(config, name="default")
    del config["client_secret"]
    with pytest.raises(CredentialsError, match='client_type is "\\w+", not "jwt"'):
        load_oauth_app(config, name="default")


@pytest.mark.parametrize("name", ["client_id", "public_key_id", "private_key"])
@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("pat_" + "a" * 40, "a personal access token"),
        ("cztei_" + "b" * 40, "a service access token"),
    ],
)
def test_a_token_in_place_of_credentials_is_named_and_not_repeated(
    oauth_app, name, token, kind
):
    with pytest.raises(CredentialsError, match=kind) as caught:
        load_oauth_app({**oauth_app, name: token}, name="default")

    assert token not in str(caught.value)


def test_a_privileged_app_excludes_an_account(oauth_app):
    both = {**oauth_app, "account_id": "1", "enterprise_id": "2"}

    with pytest.raises(CredentialsError, match="exclude each other"):
        load_oauth_app(both, name="default")


def test_a_disabled_app_gives_no_token(coze, widget, alice, caplog):
    coze.state.oauth_apps[0].deactivated = True

    assert ask_session(alice).status_code == 502
    assert "check that the app is enabled" in caplog.text


def test_a_key_that_was_deleted_at_coze_is_named(coze, widget, alice, caplog):
    coze.state.oauth_apps[0].public_keys.clear()

    assert ask_session(alice).status_code == 502
    assert "Coze does not know the key" in caplog.text
    assert AuthenticationError.__name__ not in ask_session(alice).content.decode()
