"""The widget on pages of other origins, which Django does not serve.

The site is `localhost` here, and the host of the page 127.0.0.1: to a browser, two sites.
"""

from __future__ import annotations

import json
import os
import re
import time

import jwt
import pytest
from django.contrib.sites.models import Site
from playwright.sync_api import expect

from coze_widget.embedding import read_asset
from coze_widget.encryption import encrypt
from coze_widget.models import VisitorKey
from site_demo.kiln import Chat, Kiln
from tests.browser.chromium import ARGUMENTS, find_browser, require_browser
from tests.browser.hosts import Host, loader
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

# What Playwright switches off and may stay off. It names ThirdPartyStoragePartitioning as
# well, with which every browser that people have keeps a frame's storage for each site.
STAYS_OFF = (
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "MediaRouter",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "PaintHolding",
)
SECRET = "what the host's backend and the site both know"


@pytest.fixture(scope="module")
def partitioning_browser(browser):
    chromium = browser.browser_type
    path = require_browser(find_browser(chromium.executable_path), os.environ)
    launched = chromium.launch(
        executable_path=path,
        # The last one of its name counts.
        args=[*ARGUMENTS, f"--disable-features={','.join(STAYS_OFF)}"],
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield launched
    launched.close()


@pytest.fixture
def host():
    with Host() as host:
        yield host


@pytest.fixture
def site(live_server):
    assert live_server.url.startswith("http://localhost:")
    return live_server.url


@pytest.fixture
def make_guest(partitioning_browser, host, coze, traffic):
    """Opens another profile, for pages of the host."""
    guests = []

    def make(name="127.0.0.1"):
        context = partitioning_browser.new_context()
        guests.append(Visitor(context, host.url(name), coze.url))
        return guests[-1]

    yield make
    for guest in guests:
        guest.leave()
    traffic.close()


@pytest.fixture
def guest(make_guest):
    return make_guest()


@pytest.fixture
def embed(make_widget, host):
    """Makes a widget that the host's pages may hold, unless it is said differently."""

    def embed(**fields):
        return make_widget(
            **{"guests": "isolated", "allowed_origins": host.url(), **fields}
        )

    return embed


def lines_of(page):
    """What the console says, from now on."""
    lines = []
    page.on("console", lambda message: lines.append(message.text))
    return lines


def sessions_of(visitor):
    """The answers of the session view, from now on."""
    answers = []

    def note(response):
        if response.url.endswith("/session/"):
            answers.append(response)

    visitor.context.on("response", note)
    return answers


# Guests


def test_a_guest_comes_back_to_their_history_by_a_cookie_of_this_site_only(
    guest, host, site, embed
):
    embed()
    host.show(loader(site))
    guest.visit()
    guest.open_chat()
    guest.say("apples")

    guest.close_chat()
    guest.visit()
    guest.open_chat()

    expect(guest.transcript).to_contain_text("apples")
    [cookie] = guest.context.cookies()
    assert cookie["name"] == "coze_visitor_embedded"
    assert cookie["partitionKey"] == "http://127.0.0.1"
    assert cookie["httpOnly"]
    assert cookie["secure"]


def test_without_the_cookie_the_frames_own_storage_remembers_the_guest(
    guest, host, site, embed
):
    embed()
    host.show(loader(site))
    guest.visit()
    guest.open_chat()
    guest.say("apples")
    guest.close_chat()

    guest.context.clear_cookies()
    guest.visit()
    guest.open_chat()

    expect(guest.transcript).to_contain_text("apples")
    # It is the frame's, not the page's.
    kept = guest.page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}])"
    )
    assert "handle" not in kept


def test_two_sites_that_hold_the_widget_have_two_guests(make_guest, host, site, embed):
    """Else the owner of the widget could follow people from site to site."""
    embed(allowed_origins=f"{host.url()}\n{host.url('shop.localhost')}")
    host.show(loader(site))
    guest = make_guest()
    guest.visit()
    guest.open_chat()
    guest.say("apples")

    guest.page.goto(host.url("shop.localhost"))
    guest.open_chat()

    expect(guest.transcript).not_to_contain_text("apples")


# People


@pytest.fixture
def sign(site):
    """The host's backend: signs for whom it says."""
    Site.objects.update(domain=site.partition("://")[2])

    def sign(subject, widget, **claims):
        now = int(time.time())
        claims = {
            "sub": subject,
            "name": subject.title(),
            "aud": f"{widget.slug}@{site.partition('://')[2]}",
            "exp": now + 60,
            **claims,
        }
        return jwt.encode(claims, SECRET, algorithm="HS256")

    return sign


def answering(host, token):
    text = (
        'addEventListener("coze:visitor", (e) => e.detail.respondWith(window.token));'
    )
    return host.script(f'window.token = "{token}";\n{text}')


@pytest.fixture
def keyed(embed, db):
    def keyed(**fields):
        widget = embed(**fields)
        VisitorKey.objects.create(
            widget=widget, name="Host", encrypted_secret=encrypt(SECRET)
        )
        return widget

    return keyed


def test_whom_the_host_has_signed_for_has_a_chat_of_their_own(
    guest, make_guest, host, site, keyed, sign
):
    widget = keyed(guests="login")
    host.show(answering(host, sign("dora", widget)), loader(site))
    guest.visit()
    guest.open_chat()
    guest.say("apples of dora")

    elsewhere = make_guest()
    elsewhere.visit()
    elsewhere.open_chat()
    expect(elsewhere.transcript).to_contain_text("apples of dora")

    host.show(answering(host, sign("emil", widget)), loader(site))
    elsewhere.close_chat()
    elsewhere.visit()
    elsewhere.open_chat()
    expect(elsewhere.transcript).not_to_contain_text("apples")


def test_a_page_says_that_the_person_has_changed(guest, host, site, keyed, sign):
    widget = keyed()
    emil = sign("emil", widget)
    host.show(answering(host, sign("dora", widget)), loader(site))
    guest.visit()
    guest.open_chat()
    guest.say("apples of dora")

    guest.page.evaluate(
        """(token) => {
            window.token = token;
            CozeWidget.get("support").identify();
        }""",
        emil,
    )

    expect(guest.transcript).not_to_contain_text("apples")
    guest.say("bananas of emil")
    expect(guest.transcript).not_to_contain_text("apples")


def test_the_demos_other_shop_shows_all_of_it(
    partitioning_browser, make_widget, site, coze, traffic
):
    """Guest, Dora, Emil and Dora again, each with a press of a button."""
    Site.objects.update(domain=site.partition("://")[2])
    chat = Chat(
        site_url=site,
        slug="support",
        audience=f"support@{site.partition('://')[2]}",
        secret=SECRET,
    )
    with Kiln(host="127.0.0.1", port=0, chat=chat) as kiln:
        widget = make_widget(guests="isolated", allowed_origins=kiln.url)
        VisitorKey.objects.create(
            widget=widget, name="Kiln", encrypted_secret=encrypt(SECRET)
        )
        guest = Visitor(partitioning_browser.new_context(), kiln.url, coze.url)
        guest.visit("/zh/")
        expect(guest.launcher).to_have_attribute("aria-label", "打开聊天")
        guest.open_chat()
        guest.say("from a guest")

        become(guest, "Dora")
        expect(guest.transcript).not_to_contain_text("from a guest")
        guest.say("from Dora")
        become(guest, "Emil")
        expect(guest.transcript).not_to_contain_text("from")
        become(guest, "Dora")
        expect(guest.transcript).to_contain_text("from Dora")

        guest.leave()
        traffic.close()


def become(guest, name):
    button = guest.page.get_by_role("button", name=name)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(
    "claims", [{"exp": 1}, {"aud": "other@localhost"}], ids=["expired", "elsewhere"]
)
def test_a_token_that_proves_nobody_opens_no_chat(
    guest, host, site, keyed, sign, claims
):
    widget = keyed()
    token = sign("dora", widget, **claims)
    host.show(answering(host, token), loader(site))
    guest.visit()
    answers = sessions_of(guest)
    guest.launcher.click()
    expect(guest.page.locator("iframe")).to_be_attached()

    expect(guest.sign).to_be_visible()
    assert {answer.status for answer in answers} == {401}


def test_a_host_on_the_same_site_carries_the_sites_login(
    make_guest, host, site, embed, alice
):
    embed(guests="login", allowed_origins=host.url("localhost"))
    host.show(loader(site))
    guest = make_guest("localhost")
    guest.log_in(alice)
    guest.visit()
    answers = sessions_of(guest)
    guest.open_chat()
    guest.say("from alice")

    assert answers[0].json()["user"]["nickname"] == "Alice"


def test_a_host_of_another_site_does_not(guest, host, site, embed, alice):
    embed(guests="login")
    host.show(loader(site))
    guest.log_in(alice)
    guest.visit()
    answers = sessions_of(guest)
    guest.launcher.click()
    expect(guest.page.locator("iframe")).to_be_attached()

    expect(guest.sign).to_contain_text("Please log in")
    assert {answer.status for answer in answers} == {401}


# Where it may not be


REFUSED = {
    "none": ("127.0.0.1", "https://shop.example"),
    "another port": ("127.0.0.1", "http://127.0.0.1:1"),
    "another scheme": ("127.0.0.1", "https://127.0.0.1:{port}"),
    "another name": ("127.0.0.1", "http://shop.localhost:{port}"),
    "longer": ("evil-shop.localhost", "http://shop.localhost:{port}"),
    "below": ("a.shop.localhost", "http://shop.localhost:{port}"),
    "not below": ("shop.localhost", "http://*.shop.localhost:{port}"),
    "longer than the star's": ("evilshop.localhost", "http://*.shop.localhost:{port}"),
    "below the star, another port": ("a.shop.localhost", "http://*.shop.localhost:1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_page_that_is_not_in_the_list_gets_no_chat(
    make_guest, host, site, embed, coze, case
):
    name, allowed = REFUSED[case]
    embed(allowed_origins=allowed.format(port=host.port))
    guest = make_guest(name)
    # One that does not ask our script.
    host.show(loader(site), f'<iframe src="{site}/chat/support/frame/"></iframe>')
    lines = lines_of(guest.page)
    answers = sessions_of(guest)

    guest.visit()
    guest.page.wait_for_load_state("networkidle")

    assert guest.launcher.count() == 0
    assert any("none of the origins that may hold" in line for line in lines)
    assert guest.page.frames[1].url.startswith("chrome-error:")
    assert not answers
    assert not guest.asked(of=coze.url)


def test_a_star_lets_in_what_is_below(make_guest, host, site, embed):
    embed(allowed_origins=f"http://*.shop.localhost:{host.port}")
    host.show(loader(site))
    guest = make_guest("a.b.shop.localhost")
    guest.visit()

    guest.open_chat()
    guest.say("from below")


def test_a_page_without_an_origin_gets_no_chat(guest, host, site, embed, coze):
    """Files and sandboxed frames say `null`, which is anybody."""
    embed()
    host.show(loader(site), path="/inner")
    host.show(f'<iframe sandbox="allow-scripts" src="{host.url()}/inner"></iframe>')

    guest.visit()
    guest.page.wait_for_load_state("networkidle")

    assert guest.page.frame_locator("iframe").locator(".launcher").count() == 0
    assert not guest.asked(of=coze.url)


def test_who_frames_a_page_that_may_hold_it_must_be_allowed_too(
    make_guest, host, site, embed, coze
):
    embed()
    host.show(loader(site), path="/inner")
    host.show(f'<iframe src="{host.url()}/inner"></iframe>')
    stranger = make_guest("stranger.localhost")
    stranger.visit()

    inner = stranger.page.frame_locator("iframe")
    inner.locator(".launcher").click()
    expect(inner.locator(".panel[role=dialog]")).to_be_visible()
    expect(inner.locator("iframe")).to_be_attached()
    stranger.page.wait_for_load_state("networkidle")

    asked = stranger.asked(of=site)
    assert not [path for path in asked if path.endswith("/session/")]
    assert not stranger.asked(of=coze.url)


def test_a_widget_without_origins_is_for_the_sites_own_pages(guest, host, site, embed):
    embed(allowed_origins="")
    host.show(loader(site))
    lines = lines_of(guest.page)

    guest.visit()
    guest.page.wait_for_load_state("networkidle")

    assert guest.launcher.count() == 0
    [line] = [line for line in lines if line.startswith("CozeWidget:")]
    assert "404" in line


# What the page cannot get at


SPY = """
window.seen = [];
const note = (what) => {
  try { seen.push(typeof what === "string" ? what : JSON.stringify(what)); }
  catch (error) { seen.push(String(error)); }
};
addEventListener("message", ({ data, ports }) => {
  note(data);
  ports.forEach((port) => { port.onmessage = (event) => note(event.data); });
}, true);
["mount", "visitor", "consent", "before-show", "show", "ready", "error", "before-hide", "hide"]
  .forEach((name) => addEventListener(`coze:${name}`, ({ detail }) => note(detail), true));
const own = window.fetch;
window.fetch = async (...args) => {
  const response = await own(...args);
  response.clone().text().then(note, note);
  return response;
};
const post = MessagePort.prototype.postMessage;
MessagePort.prototype.postMessage = function (...args) { note(args[0]); return post.apply(this, args); };
const heard = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
Object.defineProperty(MessagePort.prototype, "onmessage", {
  get: heard.get,
  set(listener) {
    heard.set.call(this, listener && ((event) => { note(event.data); listener.call(this, event); }));
  },
});
"""
TRY_EVERYTHING = """
async (site) => {
  const caught = [];
  const attempt = async (name, action) => {
    try { caught.push([name, String(await action())]); }
    catch (error) { caught.push([name, error.name]); }
  };
  const { shadowRoot } = document.querySelector("div[data-coze-widget]");
  const frame = shadowRoot.querySelector("iframe");
  const session = `${site}/chat/support/session/`;
  const ask = (options) => fetch(session, { method: "POST", body: "{}", ...options })
    .then((response) => response.text());
  await attempt("document", () => frame.contentWindow.document.body);
  await attempt("contentDocument", () => frame.contentDocument && "there");
  await attempt("global", () => frame.contentWindow.CozeWebSDK);
  await attempt("storage", () => frame.contentWindow.sessionStorage);
  await attempt("json", () => ask({ headers: { "Content-Type": "application/json" } }));
  await attempt("with", () => ask({
    credentials: "include", headers: { "Content-Type": "application/json" },
  }));
  await attempt("simple", () => ask({ credentials: "include" }));
  await attempt("opaque", () => ask({ credentials: "include", mode: "no-cors" }));
  ["who", "token", "visitor", "session", "hello", "call", "identify", "update", "open"].forEach((type) => {
    [1, 2, 3].forEach((number) => frame.contentWindow.postMessage(
      { coze_widget: number, type, slug: "support", visitor: null, token: "x" }, "*",
    ));
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  return caught;
}
"""


def test_the_page_never_gets_at_the_token(guest, host, site, keyed, sign):
    widget = keyed()
    host.show(
        host.script(SPY, path="/spy.js"),
        answering(host, sign("dora", widget)),
        loader(site),
    )
    answers = sessions_of(guest)
    guest.visit()
    guest.open_chat()
    guest.say("apples")

    caught = dict(guest.page.evaluate(TRY_EVERYTHING, site))
    guest.say("still here")

    tokens = [answer.json()["token"] for answer in answers if answer.status == 200]
    assert tokens
    seen = "\n".join([*guest.page.evaluate("window.seen"), *caught.values()])
    assert not [token for token in tokens if token in seen]
    # What was said is not the page's either.
    assert "apples" not in seen
    assert caught["document"] == "SecurityError"
    assert caught["contentDocument"] == "null"
    assert caught["global"] == "SecurityError"
    assert caught["storage"] == "SecurityError"
    assert [caught[name] for name in ("json", "with", "simple")] == ["TypeError"] * 3
    assert caught["opaque"] == ""
    # It has looked at something.
    assert "coze_widget" in seen


# The page itself


def test_a_strict_page_allows_one_origin_and_nothing_is_refused(
    guest, host, site, embed
):
    embed()
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' {site}",
            f"connect-src {site}",
            f"frame-src {site}",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )
    watch = host.script(
        """window.refused = [];
        addEventListener("securitypolicyviolation", (event) => {
          refused.push(`${event.violatedDirective} ${event.blockedURI}`);
        });"""
    )
    host.show(watch, loader(site), headers={"Content-Security-Policy": policy})
    guest.visit()

    guest.open_chat()
    guest.say("strictly")

    assert guest.page.evaluate("window.refused") == []


def test_an_isolated_page_may_hold_it(guest, host, site, embed):
    embed()
    isolated = {
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    host.show(loader(site), headers=isolated)
    guest.visit()
    assert guest.page.evaluate("window.crossOriginIsolated")

    guest.open_chat()
    guest.say("in isolation")


def test_a_hash_in_the_page_is_checked(guest, host, site, embed):
    embed()
    asset = read_asset("loader.js")
    pinned = f'integrity="{asset.integrity}" crossorigin="anonymous" async'
    host.show(loader(site, name=asset.name, more=pinned))
    guest.visit()
    expect(guest.launcher).to_be_visible()

    wrong = pinned.replace("sha384-", "sha384-AAAA")
    host.show(loader(site, name=asset.name, more=wrong), path="/wrong")
    guest.visit("/wrong")
    guest.page.wait_for_load_state("networkidle")
    assert guest.page.evaluate("typeof window.CozeWidget") == "undefined"


def test_a_click_that_came_before_the_settings_opens_the_chat(guest, host, site, embed):
    embed()
    host.show(loader(site))
    routes = []
    guest.context.route("**/widget.json*", lambda route: routes.append(route))
    guest.visit()
    guest.page.wait_for_function("window.CozeWidget")
    ask = guest.page.get_by_role("button", name="Ask")
    ask.click()
    assert guest.launcher.count() == 0

    routes[0].continue_()

    expect(guest.page.locator("iframe")).to_be_attached()
    expect(guest.input).to_be_visible()


def test_a_page_hears_when_the_chat_is_there(guest, host, site, embed):
    embed()
    heard = host.script(
        """addEventListener("coze:mount", ({ detail }) => {
          window.mounted = [detail.slug, CozeWidget.get(detail.slug).isOpen];
        });"""
    )
    host.show(heard, loader(site))

    guest.visit()
    guest.page.wait_for_function("window.mounted")

    assert guest.page.evaluate("window.mounted") == ["support", False]


@pytest.mark.parametrize(
    ("row", "html", "attribute", "label"),
    [
        ("", "en", "", "Open chat"),
        ("", "zh-Hans", "", "打开聊天"),
        ("en", "zh", "", "Open chat"),
        ("", "en", "zh-CN", "打开聊天"),
        ("zh-CN", "de", "", "打开聊天"),
    ],
)
def test_it_speaks_the_pages_language_if_it_can(
    guest, host, site, embed, row, html, attribute, label
):
    embed(base_lang=row)
    more = f'data-coze-lang="{attribute}"' if attribute else ""
    host.show(loader(site, more=more), lang=html)

    guest.visit()

    expect(guest.launcher).to_have_attribute("aria-label", label)


def test_two_lines_and_two_widgets_make_one_button_each(guest, host, site, embed):
    embed()
    embed(slug="sales", launcher_corner="bottom-left")
    host.show(loader(site), loader(site, slug=" sales  support "))

    guest.visit()

    expect(guest.launcher).to_have_count(2)
    guest.page.wait_for_load_state("networkidle")
    expect(guest.launcher).to_have_count(2)
    assert guest.page.evaluate(
        "Object.keys(window).filter((k) => /coze/i.test(k))"
    ) == ["CozeWidget"]


MISTAKES = {
    "no slug": ("data-coze-widget", "names no widget"),
    "unknown slug": ('data-coze-widget="other"', "404"),
    "hostile slug": ('data-coze-widget="?x#%&lt;b&gt;"', "Failed to fetch"),
    "one of two": ('data-coze-widget="other support"', "404"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_line_in_the_console(guest, host, site, embed, case):
    embed()
    attribute, said = MISTAKES[case]
    host.show(f'<script src="{site}/chat/loader.js" async {attribute}></script>')
    lines = lines_of(guest.page)

    guest.visit()
    guest.page.wait_for_load_state("networkidle")

    [line] = [line for line in lines if line.startswith("CozeWidget:")]
    assert said in line
    assert guest.launcher.count() == (1 if case == "one of two" else 0)


def test_as_a_module_it_says_what_is_missing(guest, host, site, embed):
    embed()
    host.show(loader(site, more='type="module"'))
    lines = lines_of(guest.page)

    guest.visit()
    guest.page.wait_for_load_state("networkidle")

    assert any("needs a <script src> of its own" in line for line in lines)


def test_before_a_click_nothing_is_set_and_no_frame_is_there(
    guest, host, site, embed, coze
):
    embed()
    host.show(loader(site))

    guest.visit()
    expect(guest.launcher).to_be_visible()

    asked = guest.asked(of=site)
    assert asked == ["/chat/loader.js", "/chat/support/widget.json"]
    assert not guest.asked(of=coze.url)
    assert not guest.context.cookies()
    assert guest.page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert not re.search(r"<iframe", guest.page.content())


def test_where_a_frame_may_store_nothing_the_chat_works_while_the_page_stands(
    new_visitor, host, site, embed
):
    """Playwright's own settings: cookies of third parties are blocked, storage with them."""
    embed()
    host.show(loader(site))
    visitor = new_visitor()
    visitor.site_url = host.url()
    visitor.visit()

    visitor.open_chat()
    visitor.say("apples")
    visitor.close_chat()
    visitor.open_chat()

    expect(visitor.transcript).to_contain_text("apples")


IDENTIFY = """(token) => {
    window.token = token;
    CozeWidget.get("support").identify();
}"""


def test_once_somebody_was_there_the_guest_before_is_forgotten(
    guest, host, site, keyed, sign
):
    widget = keyed(guest_days=30)
    host.show(answering(host, sign("dora", widget)), loader(site))
    guest.visit()
    guest.page.evaluate("window.token = null")
    guest.open_chat()
    guest.say("apples of a guest")

    guest.page.evaluate(IDENTIFY, sign("dora", widget))
    expect(guest.transcript).not_to_contain_text("apples")
    guest.say("pears of dora")
    guest.page.evaluate(IDENTIFY, None)
    expect(guest.transcript).not_to_contain_text("pears")

    guest.say("plums of another guest")
    expect(guest.transcript).not_to_contain_text("apples")


def test_a_person_who_changes_during_the_opening_is_not_lost(
    guest, make_guest, host, site, keyed, sign
):
    widget = keyed()
    host.show(answering(host, sign("dora", widget)), loader(site))
    earlier = make_guest()
    earlier.visit()
    earlier.open_chat()
    earlier.say("apples of dora")

    held = guest.hold_first("**/index.js")
    guest.visit()
    with guest.page.expect_response("**/session/"):
        guest.page.locator(".launcher").click()
    guest.page.evaluate(IDENTIFY, sign("emil", widget))
    guest.page.wait_for_timeout(200)
    held[0].continue_()

    expect(guest.transcript).to_contain_text("Hello Emil")
    expect(guest.transcript).not_to_contain_text("apples")


def test_an_empty_token_makes_nobody_a_guest(guest, host, site, keyed):
    keyed()
    host.show(answering(host, ""), loader(site))
    guest.visit()

    guest.page.locator(".launcher").click()

    expect(guest.page.locator("iframe")).to_be_visible()
    expect(guest.sign).to_contain_text("not available right now")


def test_a_removed_widget_comes_back_when_the_page_opens_it(guest, host, site, embed):
    embed()
    host.show(loader(site))
    guest.visit()
    guest.open_chat()
    guest.page.evaluate("CozeWidget.destroy('support')")
    expect(guest.page.locator(".launcher")).to_have_count(0)

    guest.page.evaluate("CozeWidget.open('support')")

    guest.say("hello again")


def test_two_widgets_with_people_of_a_host_leave_each_other_alone(
    guest, host, site, keyed, sign
):
    kiln, tea = keyed(slug="kiln"), keyed(slug="tea")
    tokens = json.dumps({"kiln": sign("dora", kiln), "tea": sign("dora", tea)})
    host.show(
        host.script(
            f"window.tokens = {tokens};\n"
            'addEventListener("coze:visitor", ({ detail }) =>'
            " detail.respondWith(tokens[detail.slug]));"
        ),
        loader(site, slug="kiln tea"),
    )
    guest.visit()
    expect(guest.page.locator(".launcher")).to_have_count(2)
    guest.page.evaluate("CozeWidget.open('kiln')")
    field, other = (
        guest.page.frame_locator(f"[data-coze-widget={slug}] iframe").locator(
            "textarea.coze-chat-sdk-textarea"
        )
        for slug in ("kiln", "tea")
    )
    field.fill("half a sentence")
    guest.page.evaluate("CozeWidget.close('kiln')")

    guest.page.evaluate("CozeWidget.open('tea')")
    expect(other).to_be_visible()
    guest.page.evaluate("CozeWidget.open('kiln')")

    expect(field).to_be_visible()
    expect(field).to_have_value("half a sentence")
