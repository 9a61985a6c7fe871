from __future__ import annotations

import pytest

from coze_widget.advice import give_advice, remind_to_publish, version_key
from coze_widget.models import Widget

pytestmark = pytest.mark.django_db


def advice_for(**fields):
    return list(give_advice(Widget(bot_id="7400000000000000001", **fields)))


def test_a_plain_widget_needs_no_advice():
    assert advice_for() == []


def test_an_old_sdk_is_told_apart_from_each_option():
    sentences = advice_for(
        sdk_version="1.2.0-beta.1",
        header_is_show=False,
        header_is_need_close=False,
        chat_bot_is_need_audio=False,
        conversations_is_need=True,
        chat_bot_is_need_quote=True,
    )

    assert sentences == [
        "SDK 1.2.0-beta.1 is too old for: show the title bar (1.2.0-beta.2), "
        "close button (1.2.0-beta.2), steps of plug-ins (1.2.0-beta.13), "
        "list of conversations (1.2.0-beta.17), "
        "button “new conversation” (1.2.0-beta.17), quote an answer (1.2.0-beta.17)."
    ]


@pytest.mark.parametrize(
    ("version", "is_old"),
    [("1.2.0-beta.16", True), ("1.2.0-beta.17", False), ("1.2.0", False)],
)
def test_an_option_is_there_since_its_version(version, is_old):
    assert bool(advice_for(sdk_version=version, conversations_is_need=True)) is is_old


def test_versions_sort_like_versions():
    versions = [
        "0.1.0-beta.5",
        "1.0.0-beta.4",
        "1.2.0-alpha.1",
        "1.2.0-beta",
        "1.2.0-beta.9",
        "1.2.0-beta.17",
        "1.2.0-beta.x",
        "1.2.0",
        "1.10.0-beta.1",
    ]

    assert sorted(versions, key=version_key, reverse=True) == versions[::-1]


def test_voice_needs_https():
    assert advice_for(chat_bot_is_need_audio=True) == [
        "Voice input works on pages with HTTPS only."
    ]


def test_apps_have_no_list_of_conversations():
    assert advice_for(mode="app", conversations_is_need=True) == [
        "The SDK has no list of conversations for apps."
    ]


def test_parameters_of_an_agent():
    assert advice_for(parameters={"city": "Shenzhen"}) == [
        "Only an agent in single-agent chatflow mode takes parameters."
    ]


def test_days_without_guests():
    assert advice_for(guest_days=7) == [
        "Guests are asked to log in, so there is nobody to remember for days."
    ]
    assert advice_for(guest_days=7, guests="isolated") == []


@pytest.mark.parametrize("number", [2**53, -(2**53)])
def test_numbers_that_browsers_round(number):
    assert advice_for(mode="app", parameters={"a": [{"id": number}]}) == [
        "Browsers round whole numbers above 9007199254740991: put long ids of the "
        "parameters into quotes."
    ]
    assert advice_for(mode="app", parameters={"a": [str(number), 1, 0.5]}) == []


SHARED = (
    "A guest of “shop” gets a token that reaches the bot of “staff”, too, although "
    "people are asked to log in there: give “staff” an OAuth app of its own, authorised "
    "for a workspace of its own."
)


def test_widgets_of_different_audience_share_an_app(make_widget, oauth_app):
    """Whichever of the two is saved, the editor hears of it."""
    shop = make_widget(slug="shop", guests="isolated")
    assert list(give_advice(shop)) == []

    staff = make_widget(slug="staff")

    assert list(give_advice(shop)) == [SHARED]
    assert list(give_advice(staff)) == [SHARED]


@pytest.mark.parametrize(
    "fields", [{"guests": "isolated"}, {"oauth_app": "other"}, {"enabled": False}]
)
def test_an_app_is_not_shared_by(make_widget, oauth_app, fields):
    shop = make_widget(slug="shop", guests="isolated")
    other = make_widget(slug="other", **fields)

    assert list(give_advice(shop)) == []
    assert list(give_advice(other)) == []


def test_an_app_under_two_names_is_one_app(make_widget, oauth_app, settings):
    settings.COZE_OAUTH_APPS = {"default": oauth_app, "members": dict(oauth_app)}
    make_widget(slug="shop", guests="isolated")
    staff = make_widget(slug="staff", oauth_app="members")

    assert list(give_advice(staff)) == [SHARED]


def test_the_advice_is_about_the_widget_that_was_saved(make_widget, oauth_app):
    make_widget(slug="shop", guests="isolated")
    make_widget(slug="staff")
    second = make_widget(slug="office")

    assert list(give_advice(second)) == [SHARED.replace("staff", "office")]


COM = "https://api.coze.com"
TOO_NEW = (
    "No SDK newer than 1.2.0-beta.6 is known on coze.com: if the chat does not load, "
    "choose that version."
)


def test_an_sdk_that_was_never_seen_on_coze_com(make_widget, oauth_app):
    widget = make_widget()
    assert TOO_NEW not in list(give_advice(widget))

    oauth_app["base_url"] = COM

    assert TOO_NEW in list(give_advice(widget))


def test_the_newest_sdk_on_coze_com(make_widget, oauth_app):
    oauth_app["base_url"] = COM

    assert TOO_NEW not in list(give_advice(make_widget(sdk_version="1.2.0-beta.6")))


def test_an_sdk_of_ones_own_for_coze_com(make_widget, oauth_app, settings):
    oauth_app["base_url"] = COM
    settings.COZE_SDK_URLS = {COM: "https://static.example/{version}/index.js"}

    assert TOO_NEW not in list(give_advice(make_widget()))


def test_without_an_app_nothing_is_said_of_coze_com(make_widget, oauth_app):
    assert TOO_NEW not in list(give_advice(make_widget(oauth_app="missing")))


@pytest.mark.parametrize(("mode", "what"), [("bot", "agent"), ("app", "app")])
def test_publishing_is_named(mode, what):
    assert remind_to_publish(Widget(mode=mode)) == (
        f"In Coze, the {what} must be published to API and to Chat SDK."
    )


PERMISSION = (
    "Thumbs up and down probably need the permission “feedback”: tick it for the OAuth "
    "app in Coze's console and press “authorise” again. Coze's list for the Chat SDK "
    "does not have it; not verified."
)
TAGS = [{"label": "Wrong", "isNeedDetail": False}]


@pytest.mark.parametrize(
    ("fields", "sentences"),
    [
        ({}, [PERMISSION]),
        ({"chat_bot_feedback_panel_tags": TAGS}, [PERMISSION]),
        (
            {
                "chat_bot_feedback_panel_title": "a",
                "chat_bot_feedback_panel_tags": TAGS,
            },
            [PERMISSION],
        ),
        (
            {"chat_bot_feedback_panel_placeholder": "a"},
            [
                PERMISSION,
                "The panel for feedback appears only when it has a tag, by the SDK's "
                "source.",
            ],
        ),
    ],
)
def test_what_thumbs_need(fields, sentences):
    assert advice_for(chat_bot_feedback_is_need=True, **fields) == sentences


@pytest.mark.parametrize(
    "fields",
    [
        {"chat_bot_feedback_panel_title": "a"},
        {"chat_bot_feedback_panel_placeholder": "a"},
        {"chat_bot_feedback_panel_tags": TAGS},
    ],
)
def test_a_panel_without_thumbs_never_shows(fields):
    assert advice_for(**fields) == [
        "Without thumbs up and down there is no panel for feedback."
    ]


def test_thumbs_are_only_known_to_be_documented():
    first, *_ = advice_for(sdk_version="1.2.0-beta.16", chat_bot_feedback_is_need=True)

    assert (
        "thumbs up and down (1.2.0-beta.17, the first it is documented with)" in first
    )
