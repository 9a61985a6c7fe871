from __future__ import annotations

import time

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from coze_widget import sightings
from coze_widget.checks import check_deployment, find_messages
from coze_widget.checks.seen import check_sightings
from coze_widget.origins import is_same_origin
from coze_widget.sightings import Sighting, recall, remember
from tests.caches import entries
from tests.messages import only, put_in_order

LOCMEM = "django.core.cache.backends.locmem.LocMemCache"
HTTPS, HTTP = "https://shop.example", "http://shop.example"


@pytest.fixture(autouse=True)
def _from_the_start(settings):
    settings.ALLOWED_HOSTS = ["shop.example", "127.0.0.1"]
    sightings.forget()


def come(*, host="shop.example", origin=HTTPS, **headers):
    """Ask as a browser would; tell whether it was let in."""
    headers = {"host": host, **headers}
    if origin:
        headers["origin"] = origin
    request = RequestFactory().post("/chat/support/session/", headers=headers)
    return is_same_origin(request)


def come_from_a_page_of_ours(**kwargs):
    return come(**kwargs, **{"sec-fetch-site": "same-origin"})


def seen():
    return [(one.seen, one.expected, one.refused) for one in recall()]


def test_nothing_is_remembered_where_all_is_well():
    assert come(origin=HTTP)
    assert come_from_a_page_of_ours(origin=HTTP)
    assert come_from_a_page_of_ours(origin=None)
    assert come(origin=None)

    assert recall() == []
    assert list(check_sightings()) == []


def test_a_proxy_hides_https():
    assert come_from_a_page_of_ours()

    assert seen() == [(HTTPS, HTTP, False)]
    [message] = check_sightings()
    assert message.id == "coze_widget.W019"
    assert message.msg.startswith(
        "A browser was at https://shop.example while Django took the request for one to "
        "http://shop.example (last at 20"
    )
    assert message.msg.endswith(" UTC).")
    assert message.hint.startswith("Set SECURE_PROXY_SSL_HEADER if a proxy of yours")
    assert "USE_X_FORWARDED_HOST" not in message.hint


def test_a_proxy_hides_the_host():
    assert come_from_a_page_of_ours(origin=HTTP, host="127.0.0.1:8000")

    [message] = check_sightings()
    assert message.hint.startswith(
        "Let the proxy pass on the header Host, or set USE_X"
    )
    assert "SECURE_PROXY_SSL_HEADER" not in message.hint


def test_an_old_browser_behind_a_proxy_is_refused():
    assert not come()

    assert seen() == [(HTTPS, HTTP, True)]
    assert only(check_sightings(), "W019").startswith(
        "A request from https://shop.example was refused, since Django took it for one "
        "to http://shop.example (last at 20"
    )
    assert "It may have been anybody's." in only(check_sightings(), "W019")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "nonsense"])
def test_a_page_elsewhere_teaches_nothing(site):
    assert not come(**{"sec-fetch-site": site})

    assert recall() == []


@pytest.mark.parametrize(
    ("allowed", "origin", "kept"),
    [
        (["shop.example", "m.shop.example"], "https://m.shop.example", True),
        ([".shop.example"], "https://m.shop.example:8443", True),
        (["shop.example"], "https://evil.example", False),
        (["*"], "https://evil.example", False),
        (["*"], HTTPS, True),
    ],
)
def test_only_hosts_of_ours_count(settings, allowed, origin, kept):
    """What curl sends as Sec-Fetch-Site is no browser's word."""
    settings.ALLOWED_HOSTS = allowed

    assert not come(origin=origin)
    assert bool(recall()) is kept

    sightings.forget()
    cache.clear()
    assert come_from_a_page_of_ours(origin=origin)
    assert bool(recall()) is kept


def test_nothing_is_remembered_while_widgets_are_switched_off(settings):
    settings.COZE_WIDGETS_ENABLED = False

    assert come_from_a_page_of_ours()

    assert recall() == []


def test_a_trusted_origin_is_no_mistake(settings):
    settings.CSRF_TRUSTED_ORIGINS = [HTTPS]

    assert come()

    assert recall() == []


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "file://",
        "https://shop.example/<script>",
        "https://" + "a" * 300,
        "https://shop.example\nSet SECURE_PROXY_SSL_HEADER",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_origin_is_not_kept(origin):
    remember(seen=origin, expected=HTTP, refused=False)
    remember(seen=HTTP, expected=origin, refused=False)

    assert recall() == []


def test_a_process_notes_at_most_one_a_minute(monkeypatch):
    remember(seen=HTTPS, expected=HTTP, refused=False)
    remember(seen="https://two.example", expected=HTTP, refused=False)
    assert len(recall()) == 1

    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    remember(seen="https://two.example", expected=HTTP, refused=False)

    assert [one.seen for one in recall()] == ["https://two.example", HTTPS]


def test_the_latest_are_kept_once_each():
    for number in [0, 1, 2, 3, 4, 5, 6, 5]:
        sightings.forget()
        remember(seen=f"https://{number}.example", expected=HTTP, refused=False)

    assert [one.seen[8] for one in recall()] == ["5", "6", "4", "3", "2"]


def test_after_a_day_it_is_over(monkeypatch):
    remember(seen=HTTPS, expected=HTTP, refused=False)
    now = time.time()

    # What a cache keeps longer than it was asked to is left out, too.
    monkeypatch.setattr(sightings.time, "time", lambda: now + 86_401)

    assert recall() == []


def test_the_note_says_when_it_was():
    remember(seen=HTTPS, expected=HTTP, refused=False)

    [sighting] = recall()

    assert sighting == Sighting(HTTPS, HTTP, refused=False, at=sighting.at)
    assert abs(time.time() - sighting.at) < 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECURE_PROXY_SSL_HEADER", ("HTTP_X_FORWARDED_PROTO", "https")),
        ("USE_X_FORWARDED_HOST", True),
        ("USE_X_FORWARDED_PORT", True),
    ],
)
def test_what_was_seen_under_other_settings_is_forgotten(settings, name, value):
    remember(seen=HTTPS, expected=HTTP, refused=False)

    setattr(settings, name, value)

    assert recall() == []


def test_a_cache_that_is_down_hurts_nobody(settings, caplog):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/0",
        }
    }

    assert come_from_a_page_of_ours()
    assert seen() == [(HTTPS, HTTP, False)]

    assert len(caplog.records) == 1
    assert "The cache “default” does not answer" in caplog.text


def test_a_cache_that_there_is_not_hurts_nobody_here(settings):
    """E009 says so."""
    settings.COZE_CACHE = "nowhere"

    assert come_from_a_page_of_ours()
    assert seen() == [(HTTPS, HTTP, False)]


@pytest.mark.parametrize(
    "kept",
    [
        [{"seen": HTTPS, "colour": "red"}],
        [{"seen": HTTPS, "expected": HTTP, "refused": False, "at": "yesterday"}],
        "text",
        7,
    ],
)
def test_what_another_version_has_kept_hurts_nobody(kept):
    cache.set(sightings._key(), kept)

    assert recall() == []
    remember(seen=HTTPS, expected=HTTP, refused=False)
    assert seen() == [(HTTPS, HTTP, False)]


def test_it_is_said_where_a_server_is_checked(settings, tmp_path, oauth_app):
    put_in_order(settings, tmp_path)
    remember(seen=HTTPS, expected=HTTP, refused=False)

    assert only(check_deployment(), "W019")
    assert "coze_widget.W019" in [message.id for message in find_messages()]


def test_it_lies_in_the_cache_of_the_tokens(settings):
    settings.CACHES = {
        "default": {"BACKEND": LOCMEM},
        "quick": {"BACKEND": LOCMEM, "LOCATION": "quick"},
    }
    settings.COZE_CACHE = "quick"

    remember(seen=HTTPS, expected=HTTP, refused=False)

    assert len(recall()) == 1
    assert len(entries("quick")) == 1
    assert not entries()
