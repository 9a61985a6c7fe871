"""What the doctor sees of the site itself: one thing is broken, and that thing is named."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from coze_widget.checks import find_messages
from coze_widget.doctor.documents import LARGEST_PAGE_BYTES
from coze_widget.doctor.examination import Examination
from coze_widget.doctor.patients import Patient
from coze_widget.doctor.steps.caching import CACHE
from coze_widget.doctor.steps.pages import FRAME, PAGE, VOICE
from coze_widget.doctor.steps.project import SETTINGS, WIDGET
from coze_widget.doctor.steps.sdk import SDK
from coze_widget.models import Place, Widget
from coze_widget.sandbox.sdk_files import build_bundle
from tests.doctor.fronts import Answer, Front, answer_of
from tests.pages import render
from tests.tiny_server import TinyServer, at_most

pytestmark = pytest.mark.django_db

STEPS = (SETTINGS, WIDGET, CACHE, VOICE, PAGE, FRAME, SDK)
PAGE_PATH, FRAME_PATH = "/shop/", "/chat/support/frame/"
SESSION_PATH = "/chat/support/session/"
SDK_BODY = build_bundle().encode()
REACH = (
    "This machine has to reach the site by the address of the page; COZE_PROXIES, "
    "COZE_CA_BUNDLE and the time-outs hold here, too."
)


@pytest.fixture
def front(client):
    """The site of this widget; ask for it after the widget."""
    with Front() as front:
        front.answers["/sdk.js"] = Answer(SDK_BODY)

        def serve():
            html = f"<!doctype html><title>Shop</title>{render()}"
            front.answers[PAGE_PATH] = Answer(html.encode())
            for path in (FRAME_PATH, SESSION_PATH):
                front.answers[path] = answer_of(client.get(path))

        front.serve = serve
        yield front


@pytest.fixture
def site(coze, front, widget):
    front.serve()
    return front


def look(step, *, front=None, **options):
    page_url = front.url + PAGE_PATH if front else ""
    patient = Patient(Widget.objects.get(), **{"page_url": page_url, **options})
    return list(step.look(patient))


def unhappy(front, *outcomes):
    """Return step → (seen, advice) of what is not fine, each step's first."""
    sights = [(step.key, sight) for step in STEPS for sight in look(step, front=front)]
    return {
        key: (sight.seen, sight.advice)
        for key, sight in reversed(sights)
        if sight.outcome.value in (outcomes or ("fail",))
    }


def change(widget, **fields):
    Widget.objects.filter(pk=widget.pk).update(**fields)


# All is well


def test_a_site_that_works(site):
    said = {step.key: look(step, front=site)[0].seen for step in STEPS}

    assert unhappy(site) == {}
    assert said["widget"] == "The widget is switched on."
    assert said["voice"] == "Voice is off."
    assert said["page"] == "The page holds the widget, and lets its frame through."
    assert said["frame"] == (
        "Nothing in front of Django changes the frame or keeps a session."
    )
    assert said["sdk"].startswith("The script of 1.2.0-beta.20 is there, with 0.")


def test_djangos_own_server(coze, widget, live_server):
    page_url = live_server.url + FRAME_PATH

    [frame] = look(FRAME, page_url=page_url)

    assert (frame.outcome.value, frame.advice) == ("pass", "")


def test_nobody_there_is_told_who_asks(site):
    look(PAGE, front=site)

    [(_path, headers)] = site.requests
    assert "Cookie" not in headers
    assert "Authorization" not in headers


@pytest.mark.parametrize("step", [PAGE, FRAME])
def test_without_a_page_nothing_is_looked_at(coze, widget, step):
    [sight] = look(step)

    assert sight.outcome.value == "skip"
    assert sight.seen == "No page of the site was named."


@pytest.mark.parametrize("step", [PAGE, FRAME])
def test_a_page_without_a_widget_that_is_off_is_no_fault(site, widget, step):
    change(widget, enabled=False)

    [sight] = look(step, front=site)

    assert (sight.outcome.value, sight.seen) == ("skip", "The widget is switched off.")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COZE_CA_BUNDLE", "/no/ca"),
        ("COZE_IDENTITY_KEY", ""),
        ("ROOT_URLCONF", "tests.empty_urls"),
    ],
)
def test_what_stops_everything_is_told_once(site, settings, name, value):
    setattr(settings, name, value)
    patient = Patient(Widget.objects.get(), page_url=site.url + PAGE_PATH)

    findings = list(Examination(patient).run())

    site_steps = {"widget", "page", "frame", "sdk"}
    failed = {one.step for one in findings if one.outcome.value == "fail"}
    skipped = {one.step for one in findings if one.outcome.value == "skip"}
    assert failed & {"settings", "widget"}
    assert len(failed & {"settings", *site_steps}) == 1
    assert site_steps - failed <= skipped


# The settings and the row


def test_what_the_system_checks_say(site, settings):
    settings.COZE_IDENTITY_KEY = ""

    seen, advice = unhappy(site)["settings"]

    assert seen.startswith("coze_widget.E001: ")
    assert advice.startswith("Set it to a long random text")
    assert WIDGET.needs == ("settings",)


def test_a_warning_of_the_system_checks(site, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    warnings = [
        one for one in look(SETTINGS) if one.seen.startswith("coze_widget.W042")
    ]

    assert [one.outcome.value for one in warnings] == ["warn"]
    assert warnings[0].advice.startswith("Set it to the number of proxies")
    assert unhappy(site) == {}


def test_the_checks_may_have_nothing_to_say(site, settings):
    settings.SILENCED_SYSTEM_CHECKS = [
        one.seen.partition(":")[0] for one in look(SETTINGS)
    ]

    [sight] = look(SETTINGS)

    assert sight.seen == "The system checks have nothing to say."


def test_another_widgets_row_is_another_patient(site, make_widget):
    make_widget(slug="other", audience="nobody wrote this rule")
    about = [one.seen for one in _look_at("support", SETTINGS)]
    about_other = [one.seen for one in _look_at("other", SETTINGS)]

    assert not any("other" in seen for seen in about)
    assert any("nobody wrote this rule" in seen for seen in about_other)


def _look_at(slug, step):
    return list(step.look(Patient(Widget.objects.get(slug=slug))))


def test_the_key_has_a_step_of_its_own(site, settings):
    settings.COZE_OAUTH_APPS = {"default": {"client_id": ""}}

    assert not any("client_id" in one.seen for one in look(SETTINGS))
    assert look(WIDGET)[0].outcome.value == "pass"


def test_the_keys_of_other_widgets_are_not_the_patients(site, settings, coze):
    own = settings.COZE_OAUTH_APPS["default"]
    settings.COZE_OAUTH_APPS = {"default": own, "other": {"client_id": ""}}

    assert not any("client_id" in one.seen for one in look(SETTINGS))


@pytest.mark.parametrize("check", ["W017", "E009", "W033"])
def test_what_another_step_finds_out_is_not_told_twice(site, settings, check):
    settings.COZE_CACHE = "nobody's" if check == "E009" else "default"
    ids = [one.id for one in find_messages()]

    assert f"coze_widget.{check}" in ids
    assert not any(check in one.seen for one in look(SETTINGS))


def test_the_project_does_not_mount_our_views(site, settings):
    settings.ROOT_URLCONF = "tests.empty_urls"

    [sight] = look(WIDGET)

    assert (sight.outcome.value, sight.seen, sight.advice) == (
        "fail",
        "The project's URLconf does not include coze_widget.urls.",
        "Until then, visitors see nothing.",
    )


def test_a_widget_that_is_off(site, widget):
    change(widget, enabled=False)

    [sight] = look(WIDGET)

    assert sight.outcome.value == "warn"
    assert sight.seen == "The widget is switched off: visitors see nothing."
    assert sight.advice == "Tick “enabled” in its form."


def test_a_widget_that_is_closed(site, widget):
    change(widget, shown_from=timezone.now() + timedelta(days=1))

    [sight] = look(WIDGET)

    assert sight.outcome.value == "warn"
    assert sight.seen == "The widget is closed at this hour."


# The cache

SHARE = (
    "A person gets a token from each process, and limits count apart: name a cache that "
    "all share. With a single process, silence coze_widget.W017."
)
CANNOT_KEEP = (
    "Until it does, each process keeps tokens and counts in its own memory, or none at "
    "all: see CACHES and COZE_CACHE."
)


def _backend(name, **options):
    return {"default": {"BACKEND": f"django.core.cache.backends.{name}", **options}}


def test_another_process_reads_the_cache(coze, widget, settings, tmp_path):
    settings.CACHES = _backend("filebased.FileBasedCache", LOCATION=str(tmp_path))

    [sight] = look(CACHE)

    assert sight.outcome.value == "pass"
    assert sight.seen == (
        "What this process keeps in the cache “default” another one reads."
    )


def test_a_cache_of_each_process(coze, widget, settings):
    settings.CACHES = _backend("locmem.LocMemCache")

    [sight] = look(CACHE)

    assert (sight.outcome.value, sight.advice) == ("warn", SHARE)
    assert sight.seen == (
        "Another process does not see what this one keeps in the cache “default”."
    )


def test_a_cache_that_only_looks_shared(coze, widget, settings):
    """Its kind says nothing: here the other process finds another folder."""
    settings.CACHES = {"default": {"BACKEND": "tests.doctor.fronts.CacheOfThisProcess"}}

    [sight] = look(CACHE)

    assert (sight.outcome.value, sight.advice) == ("warn", SHARE)


def test_a_single_process_has_silenced_the_check(coze, widget, settings):
    settings.CACHES = _backend("locmem.LocMemCache")
    settings.SILENCED_SYSTEM_CHECKS = ["coze_widget.W017"]

    [sight] = look(CACHE)

    assert sight.outcome.value == "pass"
    assert sight.seen == (
        "The cache “default” is this process's own, as coze_widget.W017 may be."
    )


@pytest.mark.parametrize(
    ("backend", "problem"),
    [
        (_backend("dummy.DummyCache"), "it keeps nothing"),
        ({"default": {"BACKEND": "tests.doctor.fronts.Forgetful"}}, "it forgets"),
        (
            _backend("redis.RedisCache", LOCATION="redis://127.0.0.1:9/0"),
            "ConnectionError",
        ),
        ({"default": {"BACKEND": "nobody.wrote.This"}}, "InvalidCacheBackendError"),
    ],
)
def test_a_cache_that_does_not_work(coze, widget, settings, backend, problem):
    settings.CACHES = backend

    [sight] = look(CACHE)

    assert (sight.outcome.value, sight.advice) == ("fail", CANNOT_KEEP)
    assert sight.seen == f"The cache “default” does not work: {problem}."


def test_a_cache_of_objects_is_not_tried(coze, widget, settings, tmp_path):
    folder = _backend("filebased.FileBasedCache", LOCATION=tmp_path)
    settings.CACHES = folder

    assert look(CACHE)[0].seen == (
        "The cache “default” keeps what it is given. Whether other processes see it could "
        "not be tried; go by its kind, FileBasedCache."
    )


def test_within_a_server_that_is_no_python(
    coze, widget, settings, tmp_path, monkeypatch
):
    settings.CACHES = _backend("filebased.FileBasedCache", LOCATION=str(tmp_path))
    monkeypatch.setattr("sys.executable", "/usr/bin/uwsgi")

    assert "could not be tried" in look(CACHE)[0].seen


# Voice


@pytest.mark.parametrize(
    "url",
    ["https://shop.example/", "http://localhost:8000/", "http://127.0.0.1/shop/"],
)
def test_voice_where_browsers_allow_it(coze, make_widget, url):
    make_widget(chat_bot_is_need_audio=True)

    [sight] = look(VOICE, page_url=url)

    assert sight.outcome.value == "pass"


def test_voice_over_plain_http(coze, make_widget):
    make_widget(chat_bot_is_need_audio=True)

    [sight] = look(VOICE, page_url="http://shop.example/")

    assert (sight.outcome.value, sight.seen, sight.advice) == (
        "fail",
        "Voice is on, and http://shop.example/ is no https: browsers give it no "
        "microphone.",
        "Serve the site over https, or switch voice off.",
    )


def test_voice_without_a_page(coze, make_widget):
    make_widget(chat_bot_is_need_audio=True)

    assert look(VOICE)[0].outcome.value == "skip"


@pytest.fixture
def voice_site(coze, front, make_widget):
    make_widget(chat_bot_is_need_audio=True, sdk_version="1.2.0-beta.20")
    front.serve()
    return front


@pytest.mark.parametrize("policy", ["microphone=()", "camera=(), microphone=('x')"])
def test_a_page_that_keeps_the_microphone(voice_site, policy):
    voice_site.answers[PAGE_PATH].having(Permissions_Policy=policy)

    [(step, (seen, advice))] = unhappy(voice_site).items()

    assert step == "page"
    assert seen.startswith(
        "The page's Permissions-Policy keeps the microphone from the chat: microphone="
    )
    assert advice == "Voice needs microphone=(self)."


@pytest.mark.parametrize("policy", ["microphone=*", "microphone=(self)", "camera=()"])
def test_a_page_that_gives_the_microphone(voice_site, policy):
    voice_site.answers[PAGE_PATH].having(Permissions_Policy=policy)

    assert unhappy(voice_site) == {}


# The page


def test_a_page_that_sends_people_elsewhere(site):
    site.answers[PAGE_PATH] = Answer(status=302, headers=[("Location", "/login/")])

    assert unhappy(site) == {
        "page": (
            f"{site.url}{PAGE_PATH} answers with HTTP 302 → /login/.",
            "Name a page that everybody may see, by the address that it has.",
        )
    }
    assert len([path for path, _headers in site.requests if path == "/login/"]) == 0


def test_where_a_redirect_leads_is_told_without_its_secrets(site):
    location = f"/sso/?ticket={'a' * 60}&{'b ' * 300}"
    site.answers[PAGE_PATH] = Answer(status=302, headers=[("Location", location)])

    seen, _advice = unhappy(site)["page"]

    assert "/sso/?ticket" in seen or "[masked]" in seen
    assert "aaaa" not in seen
    assert len(seen) < 300


def test_a_page_that_fails(site):
    site.answers[PAGE_PATH] = Answer(
        b"Oops", 500, headers=[("Content-Type", "text/plain")]
    )

    assert unhappy(site)["page"][0].endswith(
        "/shop/ answers with HTTP 500, text/plain."
    )


def test_a_page_without_the_widget(site):
    site.answers[PAGE_PATH] = Answer(b'<p id="coze-widget-support2">')

    assert unhappy(site, "fail", "warn")["page"] == (
        "The page does not hold the widget “support”.",
        "Either its template lacks the tag, or the widget is not shown there: the log "
        "says why.",
    )


@pytest.mark.parametrize(
    "html",
    [
        b"<script id=coze-widget-support type=application/json>",
        b'<script id="coze-chat-support">',
        b'<script data-coze-widget="support">',
    ],
)
def test_how_a_page_holds_the_widget(site, html):
    site.answers[PAGE_PATH] = Answer(html)

    assert "page" not in unhappy(site, "fail", "warn")


@pytest.mark.parametrize("is_endless", [False, True])
def test_a_page_that_is_far_too_long(site, is_endless):
    body = b" " * (LARGEST_PAGE_BYTES + 1)
    site.answers[PAGE_PATH] = Answer(b"" if is_endless else body, is_endless=is_endless)

    [sight] = look(PAGE, front=site)

    assert (sight.outcome.value, sight.seen, sight.advice) == (
        "warn",
        "The page is longer than 8 MB, and was not read to its end.",
        "Name another page that holds the widget.",
    )


@pytest.mark.parametrize("step", [PAGE, FRAME])
@pytest.mark.parametrize(
    "pieces", [[30], [b"HTTP/1.1 200 OK\r\n\r\n", *[b" ", 0.1] * 99]]
)
def test_a_site_that_never_ends_to_answer(coze, widget, settings, step, pieces):
    settings.COZE_TOTAL_TIMEOUT_SECONDS = 0.4

    with Slow(*pieces) as server, at_most(3):
        sights = look(step, page_url=f"http://{server.netloc}/")

    assert {(one.outcome.value, one.seen, one.advice) for one in sights} == {
        ("fail", f"{server.netloc} did not answer in time", REACH)
    }


class Slow(TinyServer):
    def _read_request(self, connection):
        return connection.recv(65536)


def test_a_site_where_nobody_is(coze, widget):
    with TinyServer() as server:
        pass

    [sight] = look(PAGE, page_url=f"http://{server.netloc}/")

    assert (sight.outcome.value, sight.advice) == ("fail", REACH)
    assert sight.seen == f"Nothing answers at http://{server.netloc}"


POLICIES = {
    "frame-src 'none'": (
        "frame-src",
        "frame-src is “'none'”",
        "Add 'self' to frame-src.",
    ),
    "default-src https://cdn.example": (
        "the chat's frame",
        "default-src is “https://cdn.example”",
        "Add 'self' to frame-src.",
    ),
    "script-src 'nonce-abc', frame-src 'self', child-src 'none'; frame-src https:; "
    "Frame-Src *, frame-src https://a.example": (
        "the chat's frame",
        "frame-src is “https://a.example”",
        "Add 'self' to frame-src.",
    ),
    "script-src 'none'": (
        "loader.js and panel.js",
        "script-src is “'none'”",
        "Add 'self' to script-src.",
    ),
}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_that_blocks(site, policy):
    what, why, remedy = POLICIES[policy]
    site.answers[PAGE_PATH].having(Content_Security_Policy=policy)

    sights = look(PAGE, front=site)
    [sight] = [one for one in sights if one.advice == remedy]

    assert set(unhappy(site)) == {"page"}
    assert sight.seen.startswith("The page's policy blocks ")
    assert what in sight.seen
    assert why in sight.seen


@pytest.mark.parametrize(
    "policy",
    [
        "default-src 'self'",
        "script-src 'nonce-abc'; frame-src 'self'; ;",
        "frame-src http://127.0.0.1:*",
        "img-src 'none'",
    ],
)
def test_a_policy_that_lets_the_frame_through(site, policy):
    site.answers[PAGE_PATH].having(Content_Security_Policy=policy)

    assert "page" not in unhappy(site, "fail", "warn")


def test_two_headers_of_policies_both_hold(site):
    site.answers[PAGE_PATH].having(Content_Security_Policy="frame-src 'self'")
    site.answers[PAGE_PATH].having(Content_Security_Policy="frame-src 'none'")

    assert unhappy(site)["page"][0] == (
        "The page's policy blocks the chat's frame: frame-src is “'none'”."
    )


def test_an_inline_chat_needs_more_of_its_page(coze, front, make_widget, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    make_widget(place=Place.INLINE)
    front.serve()
    front.answers[PAGE_PATH].having(Content_Security_Policy="default-src 'self'")

    advice = {one.advice for one in look(PAGE, front=front)}

    assert f"Add {coze.url} to connect-src." in advice


@pytest.mark.parametrize(
    ("name", "value"), [("Age", "3"), ("Cache-Control", "public, max-age=60")]
)
def test_a_page_that_differs_is_not_to_be_kept(site, widget, name, value):
    change(widget, hide_from_others=True)
    site.answers[PAGE_PATH].having(**{name: value})

    assert unhappy(site) == {
        "page": (
            "Something may keep the page, which differs from person to person.",
            "The button is hidden from some: shared caches must leave the page out, or "
            "show the button to all.",
        )
    }


def test_a_page_that_is_the_same_for_all_may_be_kept(site):
    site.answers[PAGE_PATH].having(Age="3")

    assert unhappy(site) == {}


def test_a_page_that_differs_and_is_not_kept(site, widget):
    change(widget, hide_from_others=True)

    assert unhappy(site) == {}


# The frame

LEAVE_OUT = "A proxy or the project adds it: leave the frame's path out."


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=302, headers=[("Location", "/login/")]),
        Answer(b"Oops", 500, headers=[("Content-Type", "text/html")]),
        Answer(b"<h1>Not here</h1>", 404),
    ],
)
def test_a_frame_that_does_not_come(site, answer):
    site.answers[FRAME_PATH] = answer

    [(step, (seen, advice))] = unhappy(site).items()

    assert step == "frame"
    assert seen.startswith(f"The frame answers with HTTP {answer.status}")
    assert advice == (
        "Let its path through for everybody: no login, no redirect, no other virtual "
        "host."
    )


def test_a_frame_whose_policy_was_taken(site):
    site.answers[FRAME_PATH].without("Content-Security-Policy")

    assert unhappy(site) == {
        "frame": (
            "The frame comes without its Content-Security-Policy.",
            "A proxy takes the header out or replaces it: let it through.",
        )
    }


def test_a_frame_that_may_stand_nowhere(site):
    site.answers[FRAME_PATH].having(Content_Security_Policy="frame-ancestors 'none'")

    [(step, (seen, advice))] = unhappy(site).items()

    assert step == "frame"
    assert seen == (
        f"A policy keeps the frame out of {site.url}: frame-ancestors 'none'."
    )
    assert advice == (
        "Is it a proxy's or the project's: leave the frame's path out. Is it ours: name "
        "the page's origin in COZE_PAGE_ORIGINS."
    )


@pytest.mark.parametrize(
    "policy", ["frame-ancestors 'self'", "upgrade-insecure-requests", "img-src *"]
)
def test_a_second_policy_that_harms_nobody(site, policy):
    site.answers[FRAME_PATH].having(Content_Security_Policy=policy)

    harmed = unhappy(site, "fail", "warn").get("frame", ("", ""))[0]

    assert harmed == (
        ""
        if policy != "img-src *"
        else "A policy that is not ours blocks the chat in its frame: img-src data:."
    )


def test_a_second_policy_that_blocks_the_sdk(coze, site, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    site.answers[FRAME_PATH].having(Content_Security_Policy="script-src 'self'")

    assert unhappy(site) == {
        "frame": (
            "A policy that is not ours blocks the chat in its frame: script-src "
            f"{coze.url}.",
            LEAVE_OUT,
        )
    }


def test_the_policies_of_the_outer_document_are_its_own(coze, front, widget, settings):
    settings.COZE_FRAME_SANDBOX = True
    front.serve()

    assert "frame" not in unhappy(front, "fail", "warn")


@pytest.mark.parametrize("header", ["DENY", "SAMEORIGIN, DENY"])
def test_the_older_header_beside_the_policy(site, header):
    site.answers[FRAME_PATH].having(X_Frame_Options=header)

    assert unhappy(site, "fail", "warn")["frame"] == (
        f"The frame comes with X-Frame-Options: {header}.",
        "Only browsers that know no frame-ancestors obey it, and show no chat: a proxy "
        "adds it, leave the frame's path out.",
    )


def test_the_older_header_may_be_harmless(site):
    site.answers[FRAME_PATH].having(X_Frame_Options="sameorigin")

    assert "frame" not in unhappy(site, "fail", "warn")


def test_the_older_header_and_pages_of_others(site, widget):
    change(widget, allowed_origins="https://blog.example")
    site.answers[FRAME_PATH].having(X_Frame_Options="SAMEORIGIN")

    assert "X-Frame-Options" in unhappy(site, "warn")["frame"][0]


def test_a_frame_with_a_cookie(site):
    site.answers[FRAME_PATH].having(Set_Cookie="lb=1")

    assert unhappy(site, "fail", "warn")["frame"] == (
        "The frame comes with a cookie, so that no CDN keeps it.",
        "A proxy or a middleware adds it: leave the frame's path out.",
    )


def test_the_frame_on_a_host_of_its_own(coze, front, widget, settings, client):
    with Front() as other:
        settings.COZE_FRAME_ORIGIN = other.url
        settings.COZE_PAGE_ORIGINS = [front.url]
        host = other.url.removeprefix("http://")
        front.serve()
        for path in (FRAME_PATH, SESSION_PATH):
            other.answers[path] = answer_of(client.get(path, headers={"host": host}))

        assert {"page", "frame", "sdk"}.isdisjoint(unhappy(front, "fail", "warn"))
        assert [path for path, _headers in other.requests] == [
            FRAME_PATH,
            SESSION_PATH,
        ]

        front.answers[PAGE_PATH].having(Content_Security_Policy="frame-src 'self'")
        seen, advice = unhappy(front)["page"]

    # By name, since to a browser another port is another origin, and to us it is not.
    assert advice == f"Add {other.url} to frame-src."
    assert "the chat's frame" in seen


# The session


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (
            Answer(b"<h1>Log in</h1>", headers=[("Content-Type", "text/html")]),
            "200, text/html",
        ),
        (Answer(status=301, headers=[("Location", "https://x/")]), "301 → https://x/"),
        (
            Answer(b"<h1>", 405, headers=[("Content-Type", "text/html")]),
            "405, text/html",
        ),
        (Answer(b"", 502), "502"),
    ],
)
def test_somebody_answers_for_the_session_view(site, answer, status):
    site.answers[SESSION_PATH] = answer

    assert unhappy(site) == {
        "frame": (
            f"Where the session view should be, something else answers: HTTP {status}.",
            "GET gets HTTP 405 there, in JSON. Let its path through to Django: no login, "
            "no redirect, no page of errors.",
        )
    }


@pytest.mark.parametrize("headers", [{"Age": "7"}, {"Cache_Control": "max-age=60"}])
def test_somebody_keeps_what_the_session_view_says(site, headers):
    answer = site.answers[SESSION_PATH]
    if "Cache_Control" in headers:
        answer.without("Cache-Control")
    answer.having(**headers)

    assert unhappy(site) == {
        "frame": (
            "Something keeps answers of the session view.",
            "A CDN would hand one person's token to another: it must not keep what says "
            "no-store.",
        )
    }


# The SDK's script


@pytest.fixture
def own_sdk(coze, front, widget, settings):
    """The SDK from another host: the front is both, by two names."""
    settings.COZE_SDK_ORIGINS = [front.url]
    change(widget, sdk_url=f"{front.url}/sdk.js")
    return front


def sha384(body):
    return "sha384-" + base64.b64encode(hashlib.sha384(body).digest()).decode()


CORS = {"Access_Control_Allow_Origin": "*"}


def test_the_hash_of_the_script(own_sdk, widget):
    change(widget, sdk_integrity=f"sha384-{'A' * 64} {sha384(SDK_BODY)}")
    own_sdk.answers["/sdk.js"].having(**CORS)

    [sight] = look(SDK)

    assert sight.outcome.value == "pass"
    [(_path, headers)] = own_sdk.requests
    assert headers["Origin"] == "null"


def test_a_hash_that_names_another_script(own_sdk, widget):
    change(widget, sdk_integrity=f"sha384-{'A' * 64}")
    own_sdk.answers["/sdk.js"].having(**CORS)

    [sight] = look(SDK)

    assert (sight.outcome.value, sight.seen) == (
        "fail",
        "The script is not the one that the widget's hash names.",
    )
    assert sight.advice == (
        f"If Coze has changed the file, enter its hash: {sha384(SDK_BODY)}."
    )


@pytest.mark.parametrize("allowed", ["", "https://elsewhere.example"])
def test_a_hash_needs_cors(own_sdk, widget, allowed):
    change(widget, sdk_integrity=sha384(SDK_BODY))
    own_sdk.answers["/sdk.js"].having(Access_Control_Allow_Origin=allowed)

    [sight] = look(SDK, page_url="https://shop.example/")

    assert (sight.outcome.value, sight.seen, sight.advice) == (
        "fail",
        "The script comes without Access-Control-Allow-Origin for the frame.",
        "A browser can check no hash then: take the hash out of the widget.",
    )


def test_a_host_that_lets_in_who_asks(own_sdk, widget):
    change(widget, sdk_integrity=sha384(SDK_BODY))
    origin = "https://shop.example"
    own_sdk.answers["/sdk.js"].having(Access_Control_Allow_Origin=origin)

    assert look(SDK, page_url=f"{origin}/")[0].outcome.value == "pass"
    assert look(SDK, page_url="https://other.example/")[0].outcome.value == "fail"


def test_a_script_of_the_site_itself(coze, front, widget):
    change(widget, sdk_url="/static/sdk.js", sdk_integrity=sha384(SDK_BODY))
    front.answers["/static/sdk.js"] = Answer(SDK_BODY)

    assert look(SDK, front=front)[0].outcome.value == "pass"
    assert look(SDK)[0].outcome.value == "skip"
    assert look(SDK)[0].seen == (
        "The SDK is one of the site's own files, /static/sdk.js: name a page of the site."
    )


def test_a_version_that_is_not_there(own_sdk):
    own_sdk.answers["/sdk.js"] = Answer(status=404)

    [sight] = look(SDK)

    assert (sight.outcome.value, sight.advice) == (
        "fail",
        "Is there a version 1.2.0-beta.20? Of a redirect, enter where it leads.",
    )
    assert sight.seen == f"No SDK at {own_sdk.url}/sdk.js: HTTP 404."


def test_a_login_page_in_place_of_the_script(own_sdk):
    own_sdk.answers["/sdk.js"] = Answer(
        b"<h1>Log in to our network</h1>", headers=[("Content-Type", "text/html")]
    )

    [sight] = look(SDK)

    assert (sight.outcome.value, sight.seen, sight.advice) == (
        "fail",
        f"What lies at {own_sdk.url}/sdk.js is not the SDK: HTTP 200, text/html.",
        "A login or a proxy in between answers in its place: open the address in a "
        "browser. Visitors may get the SDK all the same.",
    )


def test_a_host_of_the_script_that_is_down(coze, widget, settings):
    with TinyServer() as server:
        pass
    settings.COZE_SDK_ORIGINS = [f"http://{server.netloc}"]
    change(widget, sdk_url=f"http://{server.netloc}/sdk.js")

    [sight] = look(SDK)

    assert (sight.outcome.value, sight.seen) == (
        "fail",
        f"Nothing answers at http://{server.netloc}",
    )
    assert sight.advice.startswith("Visitors' browsers load the script from there")
