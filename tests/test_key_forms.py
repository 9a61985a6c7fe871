"""Visitor keys in the admin: what goes in, what is shown once, and what is never shown."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.contrib.sites.models import Site
from django.test.html import parse_html
from django.urls import reverse
from django.views.debug import SafeExceptionReporterFilter

from coze_widget.admin import WidgetAdmin
from coze_widget.admin.publishing import SEEN
from coze_widget.drafts import find_draft
from coze_widget.models import VisitorKey
from coze_widget.visitor_keys import keys_of
from tests.host_tokens import (
    SECRET,
    elliptic_key,
    make_key,
    make_rsa_key,
    public_pem_of,
)
from tests.keypairs import private_pem, rsa_key
from tests.widget_data import TOKENS, widget_data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("oauth_app", "media")]


def url(page, *arguments):
    return reverse(f"admin:coze_widget_widget_{page}", args=arguments)


def text_of(response):
    """Return what the page says, without marks, on one line."""
    html = response.content.decode()
    parse_html(html)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def new(**changes):
    """Return the fields of a new key, as a browser posts them."""
    return {
        "name": "shop",
        "algorithm": "HS256",
        "secret": "",
        "public_key": "",
        "jwks_url": "",
        "issuer": "",
        "is_enabled": "on",
        **changes,
    }


def kept(key, **changes):
    """Return the fields of a key that is there; its algorithm and secret are disabled."""
    return {
        "id": str(key.pk),
        "name": key.name,
        "public_key": key.public_key,
        "jwks_url": key.jwks_url,
        "issuer": key.issuer,
        "is_enabled": "on" if key.is_enabled else "",
        **changes,
    }


def rows(*keys):
    """Return what a browser posts for these keys; those that are there come first."""
    data = {
        "visitor_keys-TOTAL_FORMS": str(len(keys)),
        "visitor_keys-INITIAL_FORMS": str(sum("id" in key for key in keys)),
    }
    for number, key in enumerate(keys):
        for name, value in key.items():
            data[f"visitor_keys-{number}-{name}"] = value
    return data


@pytest.fixture
def editor(client, nadia):
    client.force_login(nadia)
    return client


@pytest.fixture
def save(editor, widget):
    def post(*keys, follow=False, **changes):
        html = editor.get(url("change", widget.pk)).content.decode()
        seen = re.search(rf'name="{SEEN}" value="([^"]*)"', html)[1]
        data = widget_data(**{SEEN: seen, **rows(*keys), **changes})
        return editor.post(url("change", widget.pk), data, follow=follow)

    return post


@pytest.fixture
def errors(save):
    """Returns what stands at the fields of the last row; nothing was saved."""

    def post(*keys):
        response = save(*keys)
        assert response.status_code == 200
        [formset] = response.context["inline_admin_formsets"]
        found = formset.forms[len(keys) - 1].errors
        return {name: [str(error) for error in texts] for name, texts in found.items()}

    return post


def messages_of(response):
    return [str(message) for message in response.context["messages"]]


# the group in the form


def test_the_form_says_the_audience_and_when_keys_take_effect(editor, widget):
    text = text_of(editor.get(url("change", widget.pk)))

    assert "In its aud stands: support@testserver" in text
    assert "On another site, that site's domain stands after the @." in text
    assert "Keys take effect with the next save, also when the rest is saved" in text


def test_the_audience_is_that_of_the_widgets_own_site(editor, make_widget):
    site = Site.objects.create(domain="b.example", name="b")
    widget = make_widget(slug="own", site=site)

    text = text_of(editor.get(url("change", widget.pk)))

    assert "own@b.example" in text
    assert "On another site" not in text


def test_a_new_widget_has_no_keys_yet(editor):
    response = editor.get(url("add"))

    assert response.context["inline_admin_formsets"] == []
    texts = messages_of(editor.post(url("add"), widget_data(), follow=True))
    assert any("was added successfully" in text for text in texts)


def test_a_projects_own_inlines_stay_in_the_form_for_a_new_widget(rf, nadia):
    class Own(WidgetAdmin):
        inlines = ("theirs", *WidgetAdmin.inlines)

    request = rf.get("/")
    admin = Own(VisitorKey, None)

    assert admin.get_inlines(request, None) == ["theirs"]


# secrets


def test_a_new_secret_is_shown_once_and_stored_encrypted_only(editor, save, widget):
    response = save(new())

    [key] = keys_of(widget)
    secret = key.decrypt_secret().decode()
    assert response.status_code == 200
    assert len(secret) == 43
    text = text_of(response)
    assert f"Secret of “shop” {secret}" in text
    assert "Audience (aud) support@testserver" in text
    assert "was changed successfully" in text
    assert "no-store" in response.headers["Cache-Control"]
    assert f'href="{url("changelist")}"' in response.content.decode()

    stored = VisitorKey.objects.get().encrypted_secret
    assert secret not in stored
    for page in (url("change", widget.pk), url("log", widget.pk), url("changelist")):
        html = editor.get(page).content.decode()
        assert secret not in html
        assert stored not in html


def test_a_new_secret_is_in_nothing_that_lasts(editor, save, widget):
    """Messages lie in a cookie or in the session until they have been read."""
    response = save(new())
    secret = keys_of(widget)[0].decrypt_secret().decode()

    cookies = [morsel.value for morsel in response.cookies.values()]
    cookies += [morsel.value for morsel in editor.cookies.values()]
    assert not any(secret in value for value in cookies)
    for session in Session.objects.all():
        assert secret not in str(session.get_decoded())
    for entry in LogEntry.objects.all():
        assert secret not in entry.change_message + entry.get_change_message()
    for version in widget.history.all():
        assert secret not in str(vars(version))


def test_after_copying_one_goes_where_the_button_led(save, widget):
    html = save(new(), _continue="1").content.decode()

    assert f'href="{url("change", widget.pk)}"' in html


def test_a_page_that_is_loaded_again_makes_no_second_key(save, errors):
    save(new())

    assert errors(new()) == {"name": ["This widget has a key of this name already."]}
    assert VisitorKey.objects.count() == 1


def test_a_pasted_secret_is_kept_and_never_sent_back(save, widget):
    response = save(new(secret=SECRET), follow=True)

    assert keys_of(widget)[0].decrypt_secret().decode() == SECRET
    assert response.redirect_chain
    assert SECRET not in response.content.decode()


def test_a_pasted_secret_is_not_repeated_beside_an_error(save):
    response = save(new(secret=SECRET), bot_id="")

    assert "An agent needs its bot id." in text_of(response)
    assert SECRET not in response.content.decode()


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("short", "A secret has 32 to 500 characters."),
        ("with a space in it, and long enough for all", "Use Latin letters, digits"),
        (public_pem_of(rsa_key()), "A key in PEM is no secret for HS256"),
    ],
    ids=["short", "space", "pem"],
)
def test_a_secret_that_is_none_is_refused(errors, secret, said):
    [error] = errors(new(secret=secret))["secret"]

    assert error.startswith(said)
    assert not VisitorKey.objects.exists()


def test_a_key_that_is_there_keeps_its_secret_and_its_algorithm(save, widget):
    key = make_key(widget)

    save(kept(key, name="renamed", secret="n" * 40, algorithm="RS256"))

    key.refresh_from_db()
    assert (key.name, key.algorithm) == ("renamed", "HS256")
    assert keys_of(widget)[0].decrypt_secret().decode() == SECRET


def test_without_an_encryption_key_no_secret_is_taken(errors, settings):
    settings.COZE_ENCRYPTION_KEYS = []

    [error] = errors(new())["secret"]

    assert "COZE_ENCRYPTION_KEYS" in error


def test_an_unchanged_row_and_one_taken_back_make_no_secret(save, widget):
    """What a browser posts of a row that was added and removed, or never filled in."""
    response = save(new(name=""), new(name="back", DELETE="on"))

    assert response.status_code == 302
    assert not VisitorKey.objects.exists()


# public keys


def test_public_keys_and_addresses_are_saved(save, widget):
    save(
        new(name="r", algorithm="RS256", public_key=public_pem_of(rsa_key())),
        new(name="e", algorithm="ES256", public_key=public_pem_of(elliptic_key())),
        new(name="j", algorithm="RS256", jwks_url="https://shop.example/keys"),
    )

    assert {(key.name, key.algorithm) for key in keys_of(widget)} == {
        ("r", "RS256"),
        ("e", "ES256"),
        ("j", "RS256"),
    }


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "HS256"])
def test_a_private_key_is_refused_and_never_repeated(save, algorithm):
    pem = private_pem()

    response = save(new(algorithm=algorithm, public_key=pem))

    text = text_of(response)
    assert "This is a private key, and was not kept." in text
    assert "revoke it, make a new pair" in text
    assert pem.splitlines()[3] not in response.content.decode()
    assert not VisitorKey.objects.exists()


def test_half_a_private_key_is_not_repeated_either(save):
    body = "".join(private_pem().splitlines()[1:-1])

    response = save(new(algorithm="RS256", public_key=body))

    assert "This is no public key in PEM" in text_of(response)
    assert body[:40] not in response.content.decode()


def test_a_public_key_of_the_wrong_kind_may_be_corrected(save):
    response = save(new(algorithm="ES256", public_key=public_pem_of(rsa_key())))

    assert "This key does not fit the algorithm" in text_of(response)
    assert public_pem_of(rsa_key()).splitlines()[1] in response.content.decode()


@pytest.mark.parametrize("name", ["name", "jwks_url", "issuer"])
@pytest.mark.parametrize("credential", [*TOKENS, private_pem()], ids=range(4))
def test_a_credential_in_another_field_is_refused_and_not_repeated(
    save, name, credential
):
    response = save(new(**{name: credential}))

    assert "This looks like a Coze token or a private key." in text_of(response)
    assert credential.split()[-4:][0] not in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        (
            {"algorithm": "RS256"},
            "public_key",
            "Give either the public key or the address of the keys.",
        ),
        (
            {
                "algorithm": "RS256",
                "public_key": public_pem_of(rsa_key()),
                "jwks_url": "https://shop.example/keys",
            },
            "public_key",
            "Give either the public key or the address of the keys.",
        ),
        (
            {"jwks_url": "https://shop.example/keys"},
            "jwks_url",
            "HS256 has a secret, and neither a public key nor an address.",
        ),
        (
            {
                "algorithm": "RS256",
                "secret": SECRET,
                "jwks_url": "https://shop.example/keys",
            },
            "secret",
            "Only HS256 has a secret.",
        ),
        (
            {"algorithm": "RS256", "jwks_url": "http://shop.example/keys"},
            "jwks_url",
            "Enter an address that starts with https://, without a password and "
            "without #.",
        ),
        (
            {"algorithm": "RS256", "jwks_url": "https://10.0.0.1/keys"},
            "jwks_url",
            "This host is not on the public internet: its keys are not fetched.",
        ),
    ],
    ids=range(6),
)
def test_a_key_has_what_its_algorithm_needs(errors, changes, field, said):
    assert errors(new(**changes)) == {field: [said]}
    assert not VisitorKey.objects.exists()


def test_a_key_without_an_algorithm_that_we_know_is_refused(errors):
    assert "algorithm" in errors(new(algorithm="none"))


# rotation


def test_two_keys_have_two_names(errors):
    found = errors(new(secret=SECRET), new(secret="t" * 40))

    assert found == {"name": ["This widget has a key of this name already."]}


def test_a_name_is_free_again_when_its_key_is_deleted(save, widget):
    key = make_key(widget)

    save(kept(key, DELETE="on"), new(secret="n" * 40))

    assert keys_of(widget)[0].decrypt_secret() == b"n" * 40


def test_a_key_is_switched_off_at_once(save, widget):
    key = make_key(widget)

    save(kept(key, is_enabled=""))

    assert keys_of(widget) == ()


# drafts, versions, the log


def test_keys_take_effect_with_a_draft_too_and_the_editor_is_told(save, widget):
    off = make_key(widget, name="off")
    gone = make_key(widget, name="gone")

    response = save(
        kept(off, is_enabled=""),
        kept(gone, DELETE="on"),
        new(secret=SECRET),
        follow=True,
        name="Later",
        _draft="1",
    )

    assert messages_of(response) == [
        "The visitor keys were changed at once, draft or not.",
        "The draft was saved. Nothing has changed for visitors.",
    ]
    assert [key.name for key in keys_of(widget)] == ["shop"]
    widget.refresh_from_db()
    assert widget.name == "Support"
    assert "visitor_keys" not in find_draft(widget).values
    [entry] = LogEntry.objects.all()
    said = entry.get_change_message()
    assert "Added visitor key “shop”." in said
    assert "Changed is_enabled for visitor key “off”." in said
    assert "Deleted visitor key “gone”." in said


def test_a_draft_without_other_keys_is_a_draft_as_ever(save, widget):
    key = make_key(widget)

    response = save(kept(key), follow=True, name="Later", _draft="1")

    assert len(messages_of(response)) == 1
    assert not LogEntry.objects.exists()


def test_a_secret_that_was_made_beside_a_draft_is_shown(save, widget):
    text = text_of(save(new(), _draft="1"))

    assert keys_of(widget)[0].decrypt_secret().decode() in text
    assert "The draft was saved." in text


def test_the_log_knows_deeds_and_names(save, widget):
    save(new(secret=SECRET))

    [entry] = LogEntry.objects.all()
    assert "Added visitor key “shop”." in entry.get_change_message()
    assert SECRET not in entry.change_message


def test_a_form_with_an_error_saves_no_key(save):
    save(new(), bot_id="")

    assert not VisitorKey.objects.exists()


# who may


def test_who_may_only_look_sees_no_secret(client, widget):
    key = make_key(widget)
    viewer = User.objects.create_user("viewer", password="for tests", is_staff=True)
    viewer.user_permissions.set(
        Permission.objects.filter(codename__in=["view_widget", "view_visitorkey"])
    )
    client.force_login(viewer)

    response = client.get(url("change", widget.pk))

    text = text_of(response)
    assert "Kept encrypted, never shown." in text
    assert key.encrypted_secret not in response.content.decode()
    assert 'name="visitor_keys-0-name"' not in response.content.decode()


def test_a_public_key_has_no_secret_to_speak_of(client, widget):
    make_rsa_key(widget)
    viewer = User.objects.create_user("viewer", password="for tests", is_staff=True)
    viewer.user_permissions.set(
        Permission.objects.filter(codename__in=["view_widget", "view_visitorkey"])
    )
    client.force_login(viewer)

    assert "Kept encrypted" not in text_of(client.get(url("change", widget.pk)))


def test_who_may_change_widgets_only_neither_sees_nor_makes_keys(client, widget):
    make_key(widget)
    user = User.objects.create_user("editor", password="for tests", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["view_widget", "change_widget"])
    )
    client.force_login(user)
    html = client.get(url("change", widget.pk)).content.decode()
    seen = re.search(rf'name="{SEEN}" value="([^"]*)"', html)[1]

    data = widget_data(**{SEEN: seen, **rows(new(name="mine"))})
    response = client.post(url("change", widget.pk), data)

    assert response.status_code == 302
    assert "visitor_keys" not in html
    assert [key.name for key in VisitorKey.objects.all()] == ["shop"]


def test_reports_about_errors_hold_nothing_that_was_posted(editor, widget, monkeypatch):
    reports = []

    def fail(self, request, *args, **kwargs):
        filtered = SafeExceptionReporterFilter()
        reports.append(str(filtered.get_post_parameters(request)))
        raise ZeroDivisionError

    monkeypatch.setattr(WidgetAdmin, "save_model", fail)
    data = widget_data(**rows(new(secret=SECRET)))

    with pytest.raises(ZeroDivisionError):
        editor.post(url("change", widget.pk), data)

    assert SECRET not in reports[0]
