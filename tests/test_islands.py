"""What the loader and the chat's script are told."""

from __future__ import annotations

import datetime

import pytest

from coze_widget.islands import build_chat_island, build_page_island
from coze_widget.models import Widget

FRAME = {"place": "frame", "overrides": {}}
MOMENT = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def page(**fields):
    return build_page_island(Widget(slug="support", name="Support", **fields), **FRAME)


def chat(**fields):
    return build_chat_island(
        Widget(slug="support", name="Support", bot_id="1", **fields),
        place="frame",
        base_url="https://api.coze.cn",
    )


def test_the_plain_launcher_is_told_in_two_words():
    assert page()["launcher"] == {"shown": True, "icon": ""}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"launcher_corner": "top-left"}, {"corner": "top-left"}),
        ({"launcher_corner": "bottom-right"}, {}),
        (
            {"launcher_offset_x": 0, "launcher_offset_y": 500},
            {"x": 0, "y": 500},
        ),
        ({"launcher_size": 72}, {"size": 72}),
        ({"launcher_label": "Ask us"}, {"label": "Ask us"}),
        ({"color_scheme": "auto"}, {"scheme": "auto"}),
        ({"launcher_color": "#2F54EB"}, {}),
        ({"launcher_color": "#FFEE00"}, {"color": "#FFEE00", "ink": "#1f2329"}),
        ({"launcher_color": "#102040"}, {"color": "#102040", "ink": "#ffffff"}),
    ],
)
def test_only_what_differs_is_told(fields, told):
    assert page(**fields)["launcher"] == {"shown": True, "icon": "", **told}


@pytest.mark.parametrize(
    ("fields", "icon"),
    [
        ({"base_icon": "/look.png"}, "/look.png"),
        ({"base_icon": "/look.png", "launcher_icon_url": "/own.png"}, "/own.png"),
        (
            {"launcher_icon_url": "/own.png", "launcher_icon": "coze_widget/up.png"},
            "/media/coze_widget/up.png",
        ),
    ],
)
def test_the_nearest_picture_is_taken(settings, fields, icon):
    settings.MEDIA_URL = "/media/"

    assert page(**fields)["launcher"]["icon"] == icon


def test_the_microphone_is_asked_for_where_voice_is_on():
    assert "allow" not in page()["panel"]
    assert page(chat_bot_is_need_audio=True)["panel"]["allow"] == "microphone"


def test_a_clock_is_told_where_there_is_one():
    hours = [{"days": [1], "from": "09:00", "to": "18:00"}]
    island = page(
        weekly_hours=hours,
        time_zone="Asia/Shanghai",
        shown_from=MOMENT,
        shown_until=MOMENT + datetime.timedelta(days=1),
    )

    assert "clock" not in page()
    assert island["clock"] == {
        "zone": "Asia/Shanghai",
        "hours": [[540, 1080]],
        "from": 1767225600,
        "until": 1767312000,
    }


def test_whom_it_comes_after_and_where_its_panel_is():
    island = build_page_island(
        Widget(slug="support"), **FRAME, after=("sales",), at="coze-panel-support"
    )

    assert island["after"] == ["sales"]
    assert island["panel"]["at"] == "coze-panel-support"


def test_the_frame_knows_what_pages_may_say():
    assert chat()["page_may"] == ["title", "lang", "parameters"]
    assert chat(page_sets_title=False, page_sets_nickname=True)["page_may"] == [
        "lang",
        "parameters",
        "nickname",
    ]


def test_the_frame_knows_nothing_of_a_page():
    island = build_chat_island(
        Widget(slug="support", base_lang="en"),
        place="frame",
        base_url="https://api.coze.cn",
        overrides={"title": "Hi", "lang": "zh-CN"},
    )

    assert island["lang"] is None
    assert island["overrides"] == {}


def test_the_sdks_own_address_and_hash():
    island = chat(
        sdk_url="/static/sdk/{version}.js",
        sdk_version="1.2.0",
        sdk_integrity="sha384-abc",
    )

    assert island["sdk_url"] == "/static/sdk/1.2.0.js"
    assert island["sdk_integrity"] == "sha384-abc"
