from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sites.models import Site
from django.utils import timezone

from coze_widget.advice import give_advice, remind_to_publish
from coze_widget.models import VisitorKey, Widget
from coze_widget.needs import BOT_NEEDS, NEEDS, find_shortcomings
from coze_widget.sdk_versions import SINCE, version_key

pytestmark = pytest.mark.django_db


def advice_for(**fields):
    return list(give_advice(Widget(bot_id="7400000000000000001", **fields)))


def test_a_plain_widget_needs_no_advice():
    assert advice_for() == []


NO_TOKEN = "It takes no token of a person: no chat opens."
NO_APPS = "It knows no apps."
NO_IFRAME = (
    "It has no “isIframe”, and decides itself whether the chat runs in the page or in an "
    "iframe of Coze's."
)
NO_RENEWAL = "It renews no token: a long chat may stop."
NO_USER = (
    "It does not say whose conversations it asks for; the token does, except at a Coze "
    "Studio of your own."
)
NO_FILL = "Its chat may not fill the frame."


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
        "button “new conversation” (1.2.0-beta.17), quote an answer (1.2.0-beta.17).",
        f"SDK 1.2.0-beta.1 is an older one. {NO_IFRAME} {NO_RENEWAL} {NO_USER} {NO_FILL}",
    ]


@pytest.mark.parametrize(
    ("version", "is_old"),
    [("1.2.0-beta.16", True), ("1.2.0-beta.17", False), ("1.2.0", False)],
)
def test_an_option_is_there_since_its_version(version, is_old):
    sentences = advice_for(
        sdk_version=version, conversations_is_need=True, place="inline"
    )

    assert bool(sentences) is is_old


def test_every_need_knows_its_version():
    for need in [*NEEDS, *BOT_NEEDS]:
        before = f"{SINCE[need.path].rpartition('.')[0]}.0"
        widget = Widget(
            sdk_version=before, place="inline", **{need.field: need.is_wanted(True)}
        )
        if need.field == "parameters":
            widget.parameters = {"city": "Ulm"}

        label = Widget._meta.get_field(need.field).verbose_name
        [late, *_others] = find_shortcomings(widget)
        assert f"{label} ({SINCE[need.path]}" in late
        widget.sdk_version = SINCE[need.path]
        assert f"{label} (" not in " ".join(find_shortcomings(widget))


@pytest.mark.parametrize(
    ("version", "fields", "sentence"),
    [
        ("0.1.0-beta.5", {}, NO_TOKEN),
        ("1.0.0-beta.4", {"mode": "app"}, NO_APPS),
        ("1.1.0-beta.3", {}, NO_IFRAME),
        ("1.2.0-beta.5", {}, NO_RENEWAL),
        ("1.2.0-beta.7", {}, NO_USER),
        ("1.2.0-beta.18", {"place": "frame"}, NO_FILL),
    ],
)
def test_an_older_sdk_says_how_it_differs(version, fields, sentence):
    fields = {"place": "inline", **fields}
    prefix = f"SDK {version} is an older one. "

    [found] = [
        one for one in advice_for(sdk_version=version, **fields) if prefix in one
    ]

    assert sentence in found
    newer = advice_for(sdk_version="1.2.0-beta.19", **fields)
    assert sentence not in " ".join(newer)


def test_what_does_not_concern_a_widget_is_not_said():
    assert NO_APPS not in " ".join(advice_for(sdk_version="1.0.0-beta.4"))
    found = advice_for(sdk_version="1.2.0-beta.18", place="inline")
    assert found == []


def test_an_app_had_its_parameters_from_the_beginning():
    found = advice_for(
        mode="app", sdk_version="1.1.0-beta.0", parameters={"city": "Ulm"}
    )

    assert "parameters (" not in " ".join(found)


def test_versions_sort_like_versions():
    versions = [
        "",
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
        "Voice input works on pages with HTTPS only; elsewhere the SDK is told that it is "
        "off."
    ]


def test_apps_have_no_list_of_conversations():
    assert advice_for(mode="app", conversations_is_need=True) == [
        "The SDK has no list of conversations for apps."
    ]


NO_RIGHTS = (
    "Whoever chats can read the parameters and send others: never decide by them what "
    "somebody may see or do."
)


def test_parameters_of_an_agent():
    assert advice_for(parameters={"city": "Shenzhen"}) == [
        "Only an agent in single-agent chatflow mode takes parameters.",
        NO_RIGHTS,
    ]


def test_days_without_guests():
    assert advice_for(guest_days=7) == [
        "Guests are asked to log in, so there is nobody to remember for days."
    ]
    assert advice_for(guest_days=7, guests="isolated") == []


@pytest.mark.parametrize("number", [2**53, -(2**53)])
def test_numbers_that_browsers_round(number):
    assert advice_for(mode="app", parameters={"a": [{"id": number}]}) == [
        NO_RIGHTS,
        "Browsers round whole numbers above 9007199254740991: put long ids of the "
        "parameters into quotes.",
    ]
    assert advice_for(mode="app", parameters={"a": [str(number), 1, 0.5]}) == [
        NO_RIGHTS
    ]


SHARED = (
    "A guest of “shop” gets a token that reaches the bot of “staff”, too, although "
    "people are asked to log in there: give “staff” an OAuth app of its own, authorised "
    "for a workspace of its own."
)


def test_widgets_of_different_audience_share_an_app(make_widget, oauth_app):
    """Whichever of the two is saved, the editor hears of it."""
    shop = make_widget(bot_id="2", slug="shop", guests="isolated")
    assert list(give_advice(shop)) == []

    staff = make_widget(bot_id="3", slug="staff")

    assert list(give_advice(shop)) == [SHARED]
    assert list(give_advice(staff)) == [SHARED]


def test_people_of_one_widget_reach_the_bot_of_a_narrower_one(make_widget, oauth_app):
    make_widget(bot_id="4", slug="shop")
    office = make_widget(bot_id="5", slug="office", staff_only=True)

    assert list(give_advice(office)) == [
        "Whoever chats in “shop” gets a token that reaches the bot of “office”, too, which "
        "turns some of them away: give “office” an OAuth app of its own, authorised for a "
        "workspace of its own."
    ]


@pytest.mark.parametrize(
    "fields", [{"guests": "isolated"}, {"oauth_app": "other"}, {"enabled": False}]
)
def test_an_app_is_not_shared_by(make_widget, oauth_app, fields):
    shop = make_widget(bot_id="6", slug="shop", guests="isolated")
    other = make_widget(bot_id="7", slug="other", **fields)

    assert list(give_advice(shop)) == []
    assert list(give_advice(other)) == []


def test_an_app_under_two_names_is_one_app(make_widget, oauth_app, settings):
    settings.COZE_OAUTH_APPS = {"default": oauth_app, "members": dict(oauth_app)}
    make_widget(bot_id="8", slug="shop", guests="isolated")
    staff = make_widget(bot_id="9", slug="staff", oauth_app="members")

    assert list(give_advice(staff)) == [SHARED]


def test_the_advice_is_about_the_widget_that_was_saved(make_widget, oauth_app):
    make_widget(bot_id="10", slug="shop", guests="isolated")
    make_widget(bot_id="11", slug="staff")
    second = make_widget(bot_id="12", slug="office")

    assert list(give_advice(second)) == [SHARED.replace("staff", "office")]


def test_who_may_not_see_a_widget_does_not_hear_its_name(make_widget, oauth_app):
    shop = make_widget(bot_id="2", slug="shop", guests="isolated")
    hidden = make_widget(bot_id="3", slug="hidden", guests="isolated")
    staff = make_widget(bot_id="4", slug="staff")
    mine = Widget.objects.exclude(pk=hidden.pk)

    [advice] = give_advice(staff, seen=mine)
    assert advice == SHARED.replace("“shop”", "another widget, “shop”")
    # Those who may see it hear it.
    assert "“hidden”" in next(give_advice(staff))

    [advice] = give_advice(hidden, seen=[])
    assert advice == (
        "A guest of “hidden”, another widget gets a token that reaches the bot of another "
        "widget, too, although people are asked to log in there: give “hidden” an OAuth app "
        "of its own, authorised for a workspace of its own."
    )
    Widget.objects.filter(pk=staff.pk).update(guests="isolated", staff_only=True)
    make_widget(bot_id="5", slug="other", staff_only=True)
    Widget.objects.filter(slug__in=["shop", "hidden"]).update(guests="login")
    shop.refresh_from_db()
    [advice] = give_advice(shop, seen=[])
    assert advice == (
        "Whoever chats in “shop”, another widget gets a token that reaches the bot of "
        "another widget, too, which turns some of them away: give “shop” an OAuth app of "
        "its own, authorised for a workspace of its own."
    )


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


# The script


NO_VERSION = (
    "The address of the SDK has no {version}: which one is loaded is up to that host, and "
    "the advice here is about 1.2.0-beta.20."
)
ONE_FILE = (
    "A hash fits one file only: as soon as another version stands at this address, no "
    "chat opens."
)
CORS = (
    "A hash needs a host that allows other sites to read its files (CORS). Whether Coze's "
    "does is not verified: open the chat once, and without it, take the hash away."
)
HASH = "sha384-" + "a" * 64


@pytest.mark.parametrize(
    ("url", "hash_", "sentences"),
    [
        ("", "", []),
        ("", HASH, [CORS]),
        ("https://cdn.example/{version}/index.js", "", []),
        ("https://cdn.example/{version}/index.js", HASH, []),
        ("https://cdn.example/1.2.0-beta.20/index.js", HASH, []),
        ("https://cdn.example/latest/index.js", "", [NO_VERSION]),
        ("https://cdn.example/latest/index.js", HASH, [NO_VERSION, ONE_FILE]),
    ],
)
def test_an_address_and_a_hash_go_together(url, hash_, sentences):
    assert advice_for(sdk_url=url, sdk_integrity=hash_) == sentences


# People, pages, hours


CACHES = (
    "Pages with this widget differ from person to person: shared caches must not keep "
    "them."
)
NOBODY = "Everybody may chat, so there is nobody to hide the button from."


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, CACHES),
        ({"guests": "isolated"}, NOBODY),
        ({"guests": "isolated", "staff_only": True}, CACHES),
        ({"guests": "isolated", "groups": ["a"]}, CACHES),
        ({"guests": "isolated", "permission": "shop.view_order"}, CACHES),
        ({"guests": "isolated", "audience": "customers"}, CACHES),
    ],
)
def test_a_button_that_hides_from_others(fields, sentence):
    assert advice_for(hide_from_others=True, **fields) == [sentence]


def test_days_for_guests_that_have_to_log_in():
    assert advice_for(guest_days=7, guests="isolated", staff_only=True) == [
        "Guests are asked to log in, so there is nobody to remember for days."
    ]


def test_a_nickname_in_the_page_is_for_one_person():
    assert advice_for(page_sets_nickname=True) == [
        "A page that names a person must not be kept by shared caches."
    ]


@pytest.mark.parametrize(
    ("include", "exclude", "is_empty"),
    [
        ("", "", False),
        ("", "/*", True),
        ("", "*", True),
        ("", "/shop/*", False),
        ("/shop/*", "", False),
        ("/shop/*", "/shop/*", True),
        ("/shop/*\n\n/a/", "/shop/*\n", False),
        ("/shop/*\n/a/", "/*/", False),
        ("/shop/a*\n/shop/b", " /shop/* ", True),
        ("/shop/*", "/shop/a*", False),
        ("/%E8%8C%B6/", "/茶/", True),
    ],
)
def test_patterns_that_leave_no_page(include, exclude, is_empty):
    sentence = "Every page that is included is excluded, too: nobody sees the widget."

    found = advice_for(include_paths=include, exclude_paths=exclude)

    assert found == ([sentence] if is_empty else [])


HOURS = [{"days": [1], "from": "09:00", "to": "18:00"}]


def test_hours_without_a_time_zone_are_those_of_the_site(settings):
    settings.TIME_ZONE = "Asia/Shanghai"

    assert advice_for(weekly_hours=HOURS) == [
        "The weekly hours are counted in the site's time zone, Asia/Shanghai."
    ]
    assert advice_for(weekly_hours=HOURS, time_zone="Europe/Berlin") == []
    assert advice_for(time_zone="") == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"consent_text": "May we?"}, ""),
        ({"preconnect": True}, ""),
        ({"consent_text": "May we?", "preconnect": True}, "Visitors are asked first"),
        ({"consent_text": "May we?", "load": "idle"}, "Visitors are asked first"),
        ({"consent_link_text": "Privacy"}, "shows only where there is a text"),
        ({"consent_link_url": "/privacy/"}, "shows only where there is a text"),
        (
            {"consent_text": "May we?", "consent_link_text": "Privacy"},
            "has no address",
        ),
        ({"consent_text": "May we?", "consent_link_url": "/privacy/"}, ""),
    ],
)
def test_consent_comes_before_all_else(fields, sentence):
    found = advice_for(**fields)

    assert len(found) == bool(sentence)
    assert sentence in "".join(found)


ELSEWHERE = {"allowed_origins": "https://shop.example"}


def test_on_other_sites_somebody_should_be_able_to_chat(make_widget):
    login = "On pages of other sites hardly anybody is logged in"
    account = "On pages of other sites nobody has an account of this one"

    assert advice_for(**ELSEWHERE, guests="isolated") == []
    assert [one[: len(login)] for one in advice_for(**ELSEWHERE)] == [login]
    assert [
        one[: len(account)] for one in advice_for(**ELSEWHERE, staff_only=True)
    ] == [account]
    widget = make_widget(**ELSEWHERE)
    key = VisitorKey.objects.create(widget=widget, name="k", encrypted_secret="x")
    assert not [one for one in give_advice(widget) if login in one]
    key.is_enabled = False
    key.save()
    assert [one for one in give_advice(widget) if login in one]


def test_a_time_that_is_over():
    now = timezone.now()

    assert advice_for(shown_until=now) == [
        "“Shown until” is over: nobody sees the widget."
    ]
    assert advice_for(shown_until=now + timedelta(hours=1), shown_from=now) == []


# The launcher


def test_of_two_pictures_one_is_used():
    both = {"launcher_icon": "a.png", "launcher_icon_url": "/b.png"}

    assert advice_for(**both) == [
        "The uploaded picture is shown; the address beside it is not used."
    ]
    assert advice_for(launcher="none", **both) == []
    assert advice_for(launcher_icon="a.png") == []


@pytest.mark.parametrize(
    ("color", "scheme", "pages"),
    [
        ("#2f54eb", "auto", []),
        ("#ffcc00", "light", ["white"]),
        ("#ffcc00", "dark", []),
        ("#ffcc00", "auto", ["white"]),
        ("#101010", "light", []),
        ("#101010", "dark", ["black"]),
        ("#101010", "auto", ["black"]),
    ],
)
def test_a_launcher_that_hardly_stands_out(color, scheme, pages):
    found = advice_for(launcher_color=color, color_scheme=scheme)

    assert [
        page for page in ("white", "black") if f"a {page} page" in " ".join(found)
    ] == (pages)
    assert len(found) == len(pages)


def test_the_contrast_is_told():
    assert advice_for(launcher_color="#ffffff") == [
        "The launcher hardly stands out from a white page (contrast 1.0, 3 are needed): "
        "take a darker colour."
    ]


# Two widgets of one bot


ONE_CORE = (
    "%s: the same bot, so a person has one history in all of them. In the page itself the "
    "SDK shares one core per bot: open one at a time."
)


def test_two_widgets_of_one_bot_hear_of_each_other(make_widget):
    one, two = make_widget(slug="one"), make_widget(slug="two")
    three = make_widget(slug="three", site=Site.objects.get())

    assert list(give_advice(one)) == [ONE_CORE % "“three”, “two”"]
    assert list(give_advice(two)) == [ONE_CORE % "“one”, “three”"]
    assert list(give_advice(three)) == [ONE_CORE % "“one”, “two”"]


APP = {"mode": "app", "bot_id": "", "app_id": "1", "workflow_id": "2"}


def test_of_one_bot_only_those_are_named_that_one_may_see(make_widget):
    one, two, three, _four = (
        make_widget(slug=slug, bot_id="7400000000000000001")
        for slug in ("one", "two", "three", "four")
    )

    assert list(give_advice(one, seen=[two])) == [ONE_CORE % "another widget, “two”"]
    assert list(give_advice(three, seen=[])) == [ONE_CORE % "another widget"]


def test_two_widgets_of_one_app_are_alike(make_widget):
    one, _two = make_widget(slug="one", **APP), make_widget(slug="two", **APP)
    make_widget(slug="three", **{**APP, "workflow_id": "3"})

    assert list(give_advice(one)) == [ONE_CORE % "“two”"]


@pytest.mark.parametrize(
    "fields", [{"enabled": False}, {"bot_id": "2"}, {"slug": "one"}, APP]
)
def test_widgets_that_do_not_meet(make_widget, fields):
    """A site's own widget hides the one for all sites that has its slug."""
    one = make_widget(slug="one", site=Site.objects.get())
    other = make_widget(**{"slug": "two", **fields})

    assert list(give_advice(one)) == []
    assert list(give_advice(other)) == []


def test_widgets_of_two_sites_do_not_meet(make_widget):
    other = Site.objects.create(domain="b.example")
    one = make_widget(slug="one", site=Site.objects.get(pk=1))
    make_widget(slug="two", site=other)

    assert list(give_advice(one)) == []


@pytest.mark.parametrize("version", ["", "latest", "²", "1.2.0-²", "-"])
def test_a_row_of_a_fixture_may_hold_anything(version):
    found = advice_for(
        sdk_version=version,
        launcher_color="red",
        parameters=[1],
        groups="x",
        weekly_hours="x",
        footer_linkvars=[],
    )

    assert all(isinstance(sentence, str) for sentence in found)
