"""Pages as strict as browsers let them be: the chat opens, and nobody complains."""

from __future__ import annotations

import base64
import hashlib
import json
from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from coze_widget.csp import DENIED_FEATURES
from coze_widget.sandbox.sdk_files import build_bundle
from site_demo import reports
from tests.browser.chromium import ARGUMENTS, find_browser
from tests.browser.hosts import Host, loader
from tests.browser.site import NONCE
from tests.browser.test_embedding import STAYS_OFF
from tests.browser.visitor import Visitor
from tests.patience import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.strict_pages")]

# In the page and in the frame, whatever a browser has to say against either.
WATCH = """
window.complaints = [];
window.addEventListener("securitypolicyviolation", (event) =>
  complaints.push(
    [event.disposition, event.effectiveDirective, event.blockedURI].join(" ")));
new ReportingObserver(
  (reports) => reports.forEach(({ type, body }) =>
    type === "csp-violation" || complaints.push([type, JSON.stringify(body)].join(" "))),
  { buffered: true },
).observe();
"""
# What people usually forbid besides.
NOTHING_ELSE = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; object-src 'none'"
)
TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types 'none'"
ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin"}


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated")


def watch(visitor):
    """Let the visitor's browser tell what it has to say."""
    visitor.console = []
    page = visitor.page
    page.on("console", lambda said: visitor.console.append((said.type, said.text)))
    page.add_init_script(WATCH)
    return visitor


@pytest.fixture
def page_with(visitor, settings):
    """Opens a page with these headers: `page_with({…})`."""

    def visit(headers, path="/frame/"):
        settings.PAGE_HEADERS = headers
        watch(visitor).visit(path)
        return visitor

    return visit


def chat_on(visitor):
    visitor.open_chat()
    visitor.say("hello")


def complaints_of(visitor):
    said = [frame.evaluate("window.complaints") for frame in visitor.page.frames]
    console = [text for kind, text in visitor.console if kind in ("error", "warning")]
    return [*sum(said, []), *console]


def expect_complaint(visitor, word):
    """Waits for the page to miss something; its policy lets no test evaluate a string."""
    wait_until(
        lambda: any(word in one for one in visitor.page.evaluate("complaints")),
        pause=lambda: visitor.page.wait_for_timeout(50),
        what=f"nobody complained of {word}",
    )


def csp(*directives):
    return {"Content-Security-Policy": "; ".join([NOTHING_ELSE, *directives])}


FRAME_SELF = "frame-src 'self'"
STRICT = {
    "self": csp("script-src 'self'", FRAME_SELF),
    "nonce": csp(f"script-src 'nonce-{NONCE}'", FRAME_SELF),
    "strict-dynamic": csp(f"script-src 'nonce-{NONCE}' 'strict-dynamic'", FRAME_SELF),
    "strict-dynamic with https": csp(
        f"script-src 'nonce-{NONCE}' 'strict-dynamic' https: 'unsafe-inline'",
        FRAME_SELF,
    ),
    "Trusted Types": csp("script-src 'self'", FRAME_SELF, TRUSTED_TYPES),
    "Trusted Types and strict-dynamic": csp(
        f"script-src 'nonce-{NONCE}' 'strict-dynamic'", FRAME_SELF, TRUSTED_TYPES
    ),
    "COOP": {**csp("script-src 'self'", FRAME_SELF), **ISOLATED},
    "COEP require-corp": {"Cross-Origin-Embedder-Policy": "require-corp", **ISOLATED},
    "COEP credentialless": {
        "Cross-Origin-Embedder-Policy": "credentialless",
        **ISOLATED,
    },
    "no features": {"Permissions-Policy": "microphone=(), camera=(), autoplay=()"},
    "no referrer": {"Referrer-Policy": "no-referrer"},
}


@pytest.mark.parametrize(
    ("name", "path"),
    [*((name, "/frame/") for name in STRICT), ("Trusted Types", "/panel/")],
)
def test_the_chat_opens_and_nobody_complains(page_with, guests, name, path):
    visitor = page_with(STRICT[name], path)

    chat_on(visitor)

    assert complaints_of(visitor) == []
    headers = {key.lower(): value for key, value in STRICT[name].items()}
    is_isolated = "cross-origin-embedder-policy" in headers
    assert visitor.page.evaluate("crossOriginIsolated") is is_isolated


# What the frame may do


def frame_of(visitor):
    return visitor.page.frames[-1]


def may_use(visitor, feature):
    said = "(feature) => document.featurePolicy.allowsFeature(feature)"
    return frame_of(visitor).evaluate(said, feature)


@pytest.mark.parametrize(
    ("header", "has_voice", "may_speak"),
    [
        ("microphone=(self)", True, True),
        ("microphone=(self)", False, False),
        ("microphone=()", True, False),
    ],
)
def test_the_frame_hears_where_row_and_page_want_it(
    page_with, make_widget, header, has_voice, may_speak
):
    make_widget(guests="isolated", chat_bot_is_need_audio=has_voice)
    visitor = page_with({"Permissions-Policy": header})

    chat_on(visitor)

    assert may_use(visitor, "microphone") is may_speak
    assert [name for name in DENIED_FEATURES if may_use(visitor, name)] == []


@pytest.mark.parametrize("has_integrity", [False, True])
def test_the_sdk_comes_to_an_isolated_frame_with_and_without_cors(
    page_with, make_widget, has_integrity
):
    """With `require-corp` in the frame it would not, unless it is asked for with CORS."""
    digest = hashlib.sha384(build_bundle().encode()).digest()
    integrity = f"sha384-{base64.b64encode(digest).decode()}" if has_integrity else ""
    make_widget(guests="isolated", sdk_integrity=integrity)
    visitor = page_with(STRICT["COEP require-corp"])

    chat_on(visitor)

    script = f"script[src^='{visitor.coze_url}']"
    cors = frame_of(visitor).locator(script).first.get_attribute("crossorigin")
    assert cors == ("anonymous" if has_integrity else None)
    assert complaints_of(visitor) == []


SHOW_PICTURE = """(src) => new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve("shown");
    image.onerror = () => resolve("missing");
    image.src = src;
})"""
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


def test_an_isolated_frame_shows_pictures_of_every_kind(page_with, guests):
    """Coze's come from changing hosts, which promise nothing (no CORS, no CORP)."""
    visitor = page_with(STRICT["COEP require-corp"])
    host = "https://pictures.example"
    picture = {"body": PICTURE, "content_type": "image/svg+xml"}
    visitor.context.route(f"{host}/**", lambda route: route.fulfill(**picture))
    chat_on(visitor)
    frame = frame_of(visitor)

    data = f"data:image/svg+xml;base64,{base64.b64encode(PICTURE.encode()).decode()}"
    blob = frame.evaluate(
        "(text) => URL.createObjectURL(new Blob([text], {type: 'image/svg+xml'}))",
        PICTURE,
    )
    for source in (f"{host}/a.svg", data, blob):
        assert frame.evaluate(SHOW_PICTURE, source) == "shown", source
    assert complaints_of(visitor) == []


ADD_SCRIPT = """{
    const script = document.createElement("script");
    script.src = "https://elsewhere.example/x.js";
    document.head.append(script);
}"""


def test_the_frame_loads_no_script_from_elsewhere(page_with, guests):
    visitor = page_with({})
    chat_on(visitor)

    with visitor.page.expect_console_message(
        lambda said: "elsewhere.example" in said.text
    ) as heard:
        frame_of(visitor).evaluate(ADD_SCRIPT)

    assert "Content Security Policy directive" in heard.value.text


# A page of ours in a sandbox


def sandbox(*tokens):
    return {"Content-Security-Policy": f"sandbox {' '.join(tokens)}"}


def test_a_page_in_a_sandbox_with_its_origin_has_a_chat(page_with, guests):
    visitor = page_with(sandbox("allow-scripts", "allow-same-origin"))

    chat_on(visitor)

    # What Chromium says of each such sandbox.
    usual = "can escape its sandboxing"
    assert [one for one in complaints_of(visitor) if usual not in one] == []


def test_a_page_without_an_origin_has_a_sentence(page_with, guests):
    """`frame-ancestors 'self'` lets nobody hold the frame who is nobody."""
    visitor = page_with(sandbox("allow-scripts"))

    visitor.launcher.click()

    said = visitor.cover.get_by_text("The chat could not be loaded.")
    expect(said).to_be_visible(timeout=20_000)


# The policy that is printed


def ask(mode, *arguments):
    out = StringIO()
    call_command(
        "coze_csp", "support", "--json", "--mode", mode, *arguments, stdout=out
    )
    [widget] = json.loads(out.getvalue())["widgets"]
    [page] = widget["pages"]
    return page


def without(directives, name, source):
    rest = [one for one in directives[name] if one != source]
    return {**directives, name: rest or ["'none'"]}


def policy_of(directives, *more):
    words = (" ".join([name, *sources]) for name, sources in directives.items())
    return csp(*words, *filter(None, more))


MODES = {"frame": "/frame/", "panel": "/panel/", "inline": "/inline/"}


@pytest.mark.parametrize("mode", MODES)
def test_the_printed_policy_is_enough(page_with, guests, mode):
    visitor = page_with(policy_of(ask(mode)["directives"]), MODES[mode])

    chat_on(visitor)

    assert complaints_of(visitor) == []


NEEDED = {
    "frame": [("script-src", "'self'"), ("frame-src", "'self'")],
    "inline": [
        ("script-src", "'self'"),
        ("script-src", "COZE"),
        ("style-src", "'self'"),
        ("style-src", "'unsafe-inline'"),
        ("connect-src", "'self'"),
        ("connect-src", "COZE"),
        ("img-src", "data:"),
    ],
}


@pytest.mark.parametrize(
    ("mode", "name", "source"),
    [(mode, *need) for mode, needs in NEEDED.items() for need in needs],
)
def test_the_printed_policy_says_nothing_that_is_not_needed(
    page_with, guests, coze, mode, name, source
):
    source = source.replace("COZE", coze.url)

    visitor = page_with(
        policy_of(without(ask(mode)["directives"], name, source)), MODES[mode]
    )

    if visitor.launcher.count():
        visitor.launcher.click()
    expect_complaint(visitor, name)


@pytest.mark.parametrize("mode", NEEDED)
def test_nothing_is_printed_that_these_tests_do_not_take_away(guests, coze, mode):
    page = ask(mode)
    seen = [
        (name, source.replace(coze.url, "COZE"))
        for name, sources in page["directives"].items()
        for source in sources
        if source not in page["expected"].get(name, [])
    ]

    assert sorted(seen) == sorted(NEEDED[mode])


def test_inline_a_page_with_trusted_types_says_so(page_with, guests):
    """What the command prints as “not with require-trusted-types-for”."""
    page = ask("inline")
    policy = policy_of({**page["directives"], page["without"][0]: ["'script'"]})
    visitor = page_with(policy, "/inline/")

    visitor.launcher.click()

    expect_complaint(visitor, "require-trusted-types-for")


# A page of another origin


@pytest.fixture(scope="module")
def partitioning_browser(browser):
    """As people have it: a frame of another site has a storage of its own."""
    chromium = browser.browser_type
    launched = chromium.launch(
        executable_path=find_browser(chromium.executable_path),
        args=[*ARGUMENTS, f"--disable-features={','.join(STAYS_OFF)}"],
    )
    yield launched
    launched.close()


@pytest.fixture
def elsewhere(partitioning_browser, live_server, coze, make_widget, traffic):
    """Opens a page of another site, which embeds the widget, with these headers.

    They come from a function of what `coze_csp` prints.
    """
    visitor = Visitor(partitioning_browser.new_context(), live_server.url, coze.url)
    with Host() as host:
        make_widget(guests="isolated", allowed_origins=host.url())
        directives = ask("embedded", "--origin", live_server.url)["directives"]

        def visit(make_headers, attributes="async"):
            scripts = loader(live_server.url, more=attributes)
            host.show(scripts, headers=make_headers(directives))
            # Browsers ask for one by themselves.
            host.files["/favicon.ico"] = ("image/x-icon", "", {})
            watch(visitor).page.goto(host.url())
            return visitor

        yield visit
        visitor.leave()
    traffic.close()


def test_the_policy_that_is_printed_for_another_site_is_enough(elsewhere):
    visitor = elsewhere(policy_of)

    chat_on(visitor)

    assert complaints_of(visitor) == []


@pytest.mark.parametrize("name", ["script-src", "frame-src", "connect-src"])
def test_another_site_needs_each_word_of_it(elsewhere, name):
    def make_headers(directives):
        assert sorted(directives) == ["connect-src", "frame-src", "script-src"]
        return policy_of({**directives, name: ["'none'"]})

    visitor = elsewhere(make_headers)

    if name == "frame-src":
        visitor.launcher.click()
    expect_complaint(visitor, name)


@pytest.mark.parametrize("more", ["", TRUSTED_TYPES])
def test_another_site_may_have_nonces_and_strict_dynamic(elsewhere, more):
    scripts = [f"'nonce-{NONCE}'", "'strict-dynamic'"]

    visitor = elsewhere(
        lambda directives: policy_of({**directives, "script-src": scripts}, more),
        f'nonce="{NONCE}"',
    )
    chat_on(visitor)

    assert complaints_of(visitor) == []


@pytest.mark.parametrize("name", ["COEP require-corp", "COEP credentialless"])
def test_another_site_may_be_isolated(elsewhere, name):
    visitor = elsewhere(lambda directives: STRICT[name])

    chat_on(visitor)

    assert visitor.page.evaluate("crossOriginIsolated")
    assert complaints_of(visitor) == []


# Reports


def test_a_browser_reports_to_the_demos_view(page_with):
    """Over http; `report-to`, which needs https, would keep it from doing so."""
    reports.kept.clear()
    policy = "img-src 'none'; report-uri /reports/new/"
    visitor = page_with({"Content-Security-Policy": policy}, "/bare/")

    with visitor.page.expect_request("**/reports/new/") as sent:
        visitor.page.evaluate("{ new Image().src = '/a.png?token=secret'; }")

    assert sent.value.response().status == 204
    [violation] = reports.kept
    assert violation.directive == "img-src"
    assert violation.blocked == f"{visitor.site_url}/a.png"
    reports.kept.clear()
