"""The corpus: beside each snippet stands what is to be read from it.

`@PAT@` and its like become tokens when a snippet is read: none lies in the repository.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from django.utils.translation import override

from coze_widget.models import Widget
from coze_widget.redaction import holds_credential
from coze_widget.snippets import trees
from coze_widget.snippets.paste import MAX_BYTES, read_snippet
from tests.keypairs import private_pem, rsa_key

FOLDER = Path(__file__).parent / "snippets"
LETTERS = "Ab0" * 20
SECRETS = {
    "@PAT@": f"pat_{LETTERS}",
    "@SAT@": f"cztei_{LETTERS}",
    "@CZS@": f"czs_{LETTERS}",
    "@LETTERS@": LETTERS,
    "@PEM@": f"-----BEGIN PRIVATE KEY-----\n{LETTERS}\n-----END PRIVATE KEY-----",
}
SNIPPETS = sorted(
    path for path in FOLDER.iterdir() if not path.name.endswith(".expected.json")
)
BOT = "new CozeWebSDK.WebChatClient({config: {bot_id: '7'}"


def text_of(path):
    text = path.read_text(encoding="utf-8")
    for placeholder, secret in SECRETS.items():
        text = text.replace(placeholder, secret)
    return text


def describe(reading):
    """Return everything in plain values; of sentences that depend on the language, too."""
    offers = [[one.path, one.value] for one in reading.offers]
    return {
        "fields": reading.fields,
        "left_out": [
            [one.path, one.reason.value, str(one.detail)] for one in reading.unmapped
        ],
        "notes": reading.notes,
        "credentials": [
            [str(one.kind), one.line, one.path] for one in reading.credentials
        ],
        "base_url": reading.base_url,
        "problem": reading.problem,
        **({"offers": offers} if offers else {}),
    }


@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.name)
def test_a_snippet_is_read_as_expected(path):
    expected = json.loads((FOLDER / f"{path.name}.expected.json").read_text())

    reading = read_snippet(text_of(path))

    assert describe(reading) == expected


def test_there_are_as_many_expectations_as_snippets():
    assert len(SNIPPETS) == len(list(FOLDER.glob("*.expected.json"))) >= 40


@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.name)
def test_no_credential_of_a_snippet_is_in_what_was_read(path):
    reading = read_snippet(text_of(path))

    said = [one.describe(reading.base_url) for one in reading.credentials]
    said += [one.warning for one in reading.credentials]
    said += [one.sentence for one in reading.unmapped]
    everything = repr(reading) + json.dumps(describe(reading)) + "".join(said)
    assert not holds_credential(everything)
    assert LETTERS not in everything
    assert "abcdefghijklmnop0123456789" not in everything


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in SNIPPETS
        if '"problem": ""' in Path(f"{path}.expected.json").read_text()
    ],
    ids=lambda path: path.name,
)
def test_what_was_read_is_a_widget(path):
    reading = read_snippet(text_of(path))

    assert reading.is_widget
    Widget(**reading.fields).full_clean(
        exclude=["site"], validate_unique=False, validate_constraints=False
    )


def test_no_slug_becomes_a_credential():
    title = SECRETS["@PAT@"].replace("p", "p]", 1)

    reading = read_snippet(f"{BOT}, ui: {{chatBot: {{title: '{title}'}}}}}})")

    assert reading.fields["slug"] == "chat"


# --- bounds

COSTLY = {
    "brackets": "(" * 1_000_000,
    "calls": "new WebChatClient(" * 50_000,
    "objects": "new WebChatClient({a:" * 40_000,
    "names": "WebChatClient " * 70_000,
    "comparisons": "a<" * 500_000,
    "comments of a page": "<script>" + "<!--" * 240_000,
    "elements": "<script></script>" + "<div>" * 190_000,
    "tokens": f'"{SECRETS["@PAT@"]}"\n' * 10_000,
    "assignments": f"{BOT}, ui: {{base: {{zIndex: n}}}}}});" + "a={b:1};" * 100_000,
}


@pytest.mark.parametrize("text", COSTLY.values(), ids=COSTLY.keys())
def test_a_costly_text_is_answered_in_time_and_in_words(text):
    started = time.process_time()

    reading = read_snippet(text)

    # Twice what is promised: other work shares the machine.
    assert time.process_time() - started < 2
    assert reading.problem


@pytest.mark.parametrize("text", ["x" * (MAX_BYTES + 1), "茶" * (MAX_BYTES // 2)])
def test_more_than_a_megabyte_is_refused(text):
    reading = read_snippet(text)

    assert reading.problem.startswith("This is longer than a megabyte.")
    assert not reading.is_widget


def test_reading_stops_at_its_deadline(monkeypatch):
    monkeypatch.setattr(trees, "MAX_SECONDS", 0)
    deadline = trees.Deadline(-1)

    with pytest.raises(trees.TooLongError):
        deadline.check()


@pytest.mark.parametrize(
    "text",
    [
        "{" * 5_000,
        "\ufeff\ufeff",
        "\0\x1b[31m new WebChatClient",
        "\ud800 new CozeWebSDK.WebChatClient({})",
        "{config",
        "{}",
        "'new CozeWebSDK.WebChatClient(",
        "`new CozeWebSDK.WebChatClient(`",
        '"chat-app-sdk/" new A()',
        "// chat-app-sdk/",
        '"https://[chat-app-sdk/1.2.0/libs/cn/index.js"',
        "<script src='chat-app-sdk/'></script>",
        "<style>a</style><script></script>",
        "class WebChatClient {}",
        "`${WebChatClient}`",
        "a.b.c.d.e.f.g.h.WebChatClient.i.j.k.l.m.n.o.p.q",
        "new A((((((((((((WebChatClient))))))))))))",
    ],
)
def test_what_is_no_snippet_is_answered_in_words(text):
    reading = read_snippet(text)

    assert reading.problem
    assert not reading.is_widget


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tree_sitter", None)

    reading = read_snippet(f"{BOT}}}) // {SECRETS['@PAT@']}")

    assert 'pip install "django-coze-widget[import]"' in reading.problem
    assert [one.line for one in reading.credentials] == [1]


# --- single values


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("0x10", 16),
        ("1_000", 1000),
        ("12n", 12),
        ("1.5", 1.5),
        ("-3", -3),
        ("!1", False),
        ("[undefined, , 1]", [None, 1]),
        ("'\\q\\n'", "q\n"),
        ("'\\u{FFFFFFFF}'", "u{FFFFFFFF}"),
        ("'\\u{110000}'", "\ufffd"),
        ("'\\uD800'", "\ufffd"),
        ("({a: 1}).a", 1),
        ("{...null, get a() { return 1 }, b: 2, 3: 4}", {"b": 2, "3": 4}),
    ],
)
def test_a_value_is_what_a_browser_would_make_of_it(code, value):
    text = (
        "new CozeWebSDK.WebChatClient({config: {bot_id: '7', "
        f"botInfo: {{parameters: {{v: {code}}}}}}}}})"
    )

    reading = read_snippet(text)

    assert reading.fields["parameters"] == {"v": value}


@pytest.mark.parametrize(
    "code", ["9" * 50, "1e400", "~1", "-'a'", "0o9", "`${a}`", "a[0]", "f()"]
)
def test_a_value_that_cannot_be_known_is_left_out(code):
    reading = read_snippet(f"{BOT}, ui: {{chatBot: {{width: {code}}}}}}})")

    assert [one.path for one in reading.unmapped] == ["ui.chatBot.width"]
    assert "chat_bot_width" not in reading.fields


def test_a_key_with_a_dot_is_no_path():
    reading = read_snippet("new WebChatClient({'config.bot_id': '7', '': 1})")

    assert [one.path for one in reading.unmapped] == ['"config.bot_id"', '""']
    assert not reading.is_widget


def test_it_is_known_where_a_value_stood():
    reading = read_snippet(
        '"https://lf-cdn.coze.cn/chat-app-sdk/1.2.0-beta.6/libs/cn/index.js";'
        "new CozeWebSDK.WebChatClient({config: {type: 'bot', bot_id: '7'}, "
        "ui: {asstBtn: {isNeed: false}}, footer: {isShow: true}})"
    )

    assert reading.paths == {
        "sdk_version": "script src",
        "mode": "config.type",
        "bot_id": "config.bot_id",
        "launcher": "ui.asstBtn.isNeed",
        "footer_is_show": "ui.footer.isShow",
    }


def test_the_address_of_an_sdk_that_the_settings_allow_is_taken(settings):
    settings.COZE_SDK_ORIGINS = ["https://static.shop.example"]

    reading = read_snippet(text_of(FOLDER / "self-hosted-sdk.html"))

    assert reading.fields["sdk_url"].startswith("https://static.shop.example/")
    assert reading.notes == []


# --- options that no field is for


@pytest.mark.parametrize(
    "code",
    [
        "other: {a: 1}",
        "ui: {'a b': 1}",
        "ui: {'a.b': 1}",
        "ui: {a: null}",
        "ui: {a: [f()]}",
        "ui: {a: {b: () => 1}}",
        "ui: {a: 1e400}",
        "ui: {apiKey: 'x'}",
        "ui: {onOpen: 'x'}",
        "ui: {a: 'javascript:alert(1)'}",
        "ui: {constructor: {a: 1}}",
        "ui: {a: '@PAT@'}".replace("@PAT@", SECRETS["@PAT@"]),
    ],
)
def test_what_further_options_would_not_take_is_not_offered(code):
    reading = read_snippet(f"{BOT}, {code}}})")

    assert reading.is_widget
    assert reading.offers == []
    assert len(reading.unmapped) == 1


def test_only_so_many_are_offered():
    options = ", ".join(f"a{number}: 1" for number in range(50))

    reading = read_snippet(f"{BOT}, ui: {{{options}}}}})")

    assert len(reading.offers) == 20
    assert len(reading.unmapped) == 50


# --- coze_oauth_config.json


def test_the_credentials_of_an_oauth_app_are_checked_and_forgotten():
    pem = private_pem(rsa_key())
    config = {
        "client_type": "jwt",
        "client_id": "1180000000001",
        "coze_www_base": "https://www.coze.com",
        "coze_api_base": "https://api.coze.com",
        "private_key": pem,
        "public_key_id": "fingerprint",
    }

    reading = read_snippet(json.dumps(config))

    assert reading.is_config
    assert reading.settings_line.startswith("COZE_OAUTH_APPS = ")
    assert reading.base_url == "https://api.coze.com"
    assert "They were forgotten." in reading.problem
    assert pem[100:140] not in repr(reading)
    assert not holds_credential(repr(reading))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"client_type": "web", "client_id": "1"}, "服务类应用"),
        ({"client_type": "jwt"}, "client_id is missing"),
        (
            {"client_id": "1", "public_key_id": "2", "private_key_path": "/etc/passwd"},
            "private_key",
        ),
    ],
)
def test_credentials_that_cannot_be_used_are_explained(config, said):
    reading = read_snippet(json.dumps(config))

    assert said in reading.problem
    assert reading.is_config
    assert "/etc/passwd" not in reading.problem
    assert not reading.settings_line


# --- words


def test_the_place_to_revoke_follows_the_region():
    com = text_of(FOLDER / "two-scripts.html").replace(
        "lf-cdn.coze.cn/obj/unpkg/flow-platform/chat-app-sdk/1.2.0-beta.20/libs/cn",
        "sf-cdn.coze.com/obj/unpkg-va/flow-platform/chat-app-sdk/1.2.0-beta.6/libs/oversea",
    )

    [urls_cn, urls_com, urls_both] = [
        read_snippet(text).credentials[0].urls(read_snippet(text).base_url)
        for text in (
            text_of(FOLDER / "two-scripts.html"),
            com,
            text_of(FOLDER / "private-key.js"),
        )
    ]

    assert urls_cn == ["https://www.coze.cn/open/oauth/pats"]
    assert urls_com == ["https://www.coze.com/open/oauth/pats"]
    assert urls_both == [
        "https://www.coze.cn/open/oauth/apps",
        "https://www.coze.com/open/oauth/apps",
    ]


def test_an_access_token_that_ends_by_itself_has_no_page_to_revoke_it():
    reading = read_snippet(text_of(FOLDER / "short-lived-token.js"))
    [credential] = reading.credentials

    assert credential.urls("") == []
    assert "it ends within a day" in credential.describe("")
    assert credential.warning == credential.describe("")


def test_everything_is_said_in_chinese_too():
    with override("zh-hans"):
        reading = read_snippet(text_of(FOLDER / "two-scripts.html"))
        said = reading.credentials[0].describe(reading.base_url)
        left_out = reading.unmapped[0].sentence

    assert "第 5 行" in said
    assert "吊销" in said
    assert "不需要" in left_out
