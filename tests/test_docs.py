"""What the pages show works: every block of code is run, rendered or parsed here.

How to write a block:

- Name its language; one that `LANGUAGES` does not have fails.
- `python` is executed in a module of its own: it imports what it uses. The variables in
  `ENVIRONMENT` and the files that it names below /etc/coze are there, in `BASE_DIR` too,
  and `PLACEHOLDERS` are filled in. What it calls COZE_… is a setting, and with these settings the system
  checks find nothing new.
- `html+django` is rendered, with DEBUG on and with each widget that a tag names. It may
  extend "base.html", which has the blocks title, head and content.
- `html` is parsed.
- `sh`: a line is a command, its output is left out. Options of `manage.py` must exist.
- `js` runs in a page with the widget "support" (tests/browser/test_documents.py).
- `javascript` (Node's) and `php` are a host's own, and run in the tests of their page.
- What is not to be run is `text`.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import shlex
import sys
from types import ModuleType
from urllib.parse import unquote, urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import get_commands, load_command_class
from django.template.backends.django import DjangoTemplates
from django.test.html import parse_html
from django.test.utils import isolate_apps

from coze_widget.checks import check_settings
from coze_widget.templatetags import coze_widget as tag_library
from tests.documents import (
    DOCS,
    ROOT,
    all_blocks,
    all_pages,
    anchors_of,
    blocks_of,
    headings_of,
    links_of,
    pages_linked_from,
    read,
    texts_of,
)
from tests.keypairs import private_pem
from tests.recipes import run_block
from tests.test_readme import settings_of_conf

LANGUAGES = {
    *("python", "html+django", "html", "sh", "js", "nginx", "http", "text"),
    *("javascript", "php"),
}
ENVIRONMENT = {"COZE_IDENTITY_KEY": "an identity key of 32 characters or more"}
# What people are to replace, in words.
PLACEHOLDERS = ["the key's fingerprint", "公钥指纹"]
BASE_TEMPLATE = """<!doctype html><title>{% block title %}{% endblock %}</title>
{% block head %}{% endblock %}<body>{% block content %}{% endblock %}"""
SCRIPTS = ["loader.js", "panel.js", "chat.js"]
# Programs of other people that a page may call.
PROGRAMS = {"python", "pip", "make", "pytest"}


def params(*languages):
    return [pytest.param(block, id=str(block)) for block in all_blocks(*languages)]


def pages():
    return [pytest.param(page, id=str(page.relative_to(ROOT))) for page in all_pages()]


@pytest.mark.parametrize("block", params())
def test_every_block_names_a_language_that_is_tested(block):
    assert block.language in LANGUAGES


# Python


@pytest.fixture
def coze_folder(tmp_path, oauth_app):
    """What the pages call /etc/coze."""
    config = {
        "client_type": "jwt",
        "client_id": oauth_app["client_id"],
        "public_key_id": oauth_app["public_key_id"],
        "private_key": private_pem(),
        "coze_www_base": "https://www.coze.cn",
        "coze_api_base": "https://api.coze.cn",
    }
    named = [re.findall(r"/etc/coze/([\w.-]+)", block.text) for block in all_blocks()]
    for name in {name for names in named for name in names}:
        text = private_pem() if name.endswith(".pem") else json.dumps(config)
        (tmp_path / name).write_text(text)
    return tmp_path


def execute(block, folder):
    """Return what the block defines. Its models, if any, are known to nobody else."""
    text = block.text.replace("/etc/coze", str(folder))
    for placeholder in PLACEHOLDERS:
        text = text.replace(placeholder, "fingerprint-for-tests")
    namespace = {"__name__": "coze_widget.an_example", "BASE_DIR": folder}
    with isolate_apps("coze_widget"):
        exec(compile(text, str(block), "exec"), namespace)
    return namespace


@pytest.fixture
def _shop(monkeypatch):
    """The project's module that examples name, with the rule from the page about it."""
    modules = {name: ModuleType(name) for name in ("shop", "shop.chat")}
    modules["shop.chat"].may_chat = run_block("audience.md")["may_chat"]
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.django_db
@pytest.mark.usefixtures("_shop")
@pytest.mark.parametrize("block", params("python"))
def test_python_runs(block, coze_folder, settings, monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    before = check_settings()

    defined = execute(block, coze_folder)

    ours = {name: value for name, value in defined.items() if name.startswith("COZE_")}
    assert set(ours) <= set(settings_of_conf())
    for name, value in ours.items():
        setattr(settings, name, value)
    assert [message for message in check_settings() if message not in before] == []


@pytest.mark.parametrize(("name", "may"), [("vip-ann", True), ("bob", False)])
def test_the_rule_of_the_example_rules(rf, name, may):
    request = rf.post("/chat/support/session/")
    request.user = User(username=name)

    assert run_block("audience.md")["may_chat"](request, None) is may


# Templates


@pytest.fixture
def engine(tmp_path):
    (tmp_path / "base.html").write_text(BASE_TEMPLATE)
    return DjangoTemplates(
        {
            "NAME": "pages",
            "DIRS": [tmp_path],
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                ]
            },
        }
    )


@pytest.mark.django_db
@pytest.mark.parametrize("block", params("html+django"))
def test_templates_render(block, engine, oauth_app, make_widget, rf, settings):
    settings.DEBUG = True
    slugs = re.findall(r'{% coze_(?:widget|panel) "([\w-]+)"', block.text)
    for slug in dict.fromkeys([*slugs, "support"]):
        make_widget(slug=slug, guests="isolated")

    html = engine.from_string(block.text).render({}, rf.get("/"))

    assert ('id="coze-widget-' in html) == bool(
        re.search(r"{% coze_(widget|panel)", block.text)
    )
    assert "<!-- coze_widget:" not in html


@pytest.mark.parametrize("block", params("html"))
def test_html_is_html(block):
    parse_html(block.text)


# Commands


def words_of(line):
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return list(lexer)


def commands_of(block):
    """Return the block's commands as lists of words, without comments."""
    lines = block.text.replace("\\\n", " ").splitlines()
    return [words for words in map(words_of, lines) if words]


def check_manage(name, *arguments):
    app = {**get_commands(), "demo": "site_demo"}[name]
    command = load_command_class(app, name)
    command.create_parser("manage.py", name).parse_args(list(arguments))


def check_make(*targets):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in [target for target in targets if "=" not in target]:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def check_pip(verb, *arguments):
    assert verb == "install"
    for argument in arguments:
        name = argument.partition("[")[0]
        assert name == "django-coze-widget" or (ROOT / name).exists() or name == "-r"


@pytest.mark.parametrize("block", params("sh"))
def test_commands_exist(block):
    for program, *arguments in commands_of(block):
        assert program in PROGRAMS
        if arguments[:1] == ["manage.py"]:
            check_manage(*arguments[1:])
        elif program == "make":
            check_make(*arguments)
        elif program == "pip":
            check_pip(*arguments)


# Other languages


NGINX = {
    *("add_header", "alias", "expires", "listen", "location", "map", "return"),
    *("limit_req", "limit_req_status", "limit_req_zone", "proxy_cache", "upstream"),
    *("proxy_hide_header", "proxy_pass", "proxy_set_header", "server", "server_name"),
}


@pytest.mark.parametrize("block", params("nginx"))
def test_nginx_has_known_directives(block):
    text = re.sub(r"#.*", "", block.text)
    statements = re.findall(r"([^;{}]+)[;{]", text)

    assert text.count("{") == text.count("}")
    assert {statement.split()[0] for statement in statements} <= NGINX
    assert re.fullmatch(r"(?:[^;{}]*[;{]|\s*})*\s*", text)


# Links


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere(page):
    for target in links_of(page):
        path, _, anchor = unquote(target).partition("#")
        if "://" in target:
            parts = urlsplit(target)
            assert parts.scheme == "https", target
            assert "." in parts.netloc, target
        else:
            file = (page.parent / path).resolve() if path else page
            assert file.exists(), target
            assert not anchor or anchor in anchors_of(file), target


@pytest.mark.parametrize("page", pages())
def test_every_mark_is_understood(page):
    """`**词：**词` stays as it is: after a mark of Chinese, `**` must meet one, or a space."""
    assert [text for text in texts_of(page) if "**" in text or "](" in text] == []


def test_every_page_can_be_reached_from_the_readme():
    seen, ahead = set(), {ROOT / "README.md"}
    while ahead:
        page = ahead.pop()
        seen.add(page)
        ahead |= pages_linked_from(page) - seen

    assert set(DOCS.rglob("*.md")) <= seen


@pytest.mark.parametrize("page", sorted((DOCS / "zh").glob("*.md")), ids=str)
def test_two_languages_lead_to_each_other(page):
    english = DOCS / page.name

    assert english in pages_linked_from(page)
    assert page in pages_linked_from(english)


# Reference


SETTING = re.compile(
    r"^### (COZE_\w+)\n\n`([^`\n]+)`(?:, ([a-z ]+))?, default `(.+?)`\n\n(\S.+)$", re.M
)


def test_every_setting_is_explained_with_type_unit_and_default():
    found = SETTING.findall(read(DOCS / "settings.md"))

    assert {
        name: ast.literal_eval(default) for name, _, _, default, _ in found
    } == settings_of_conf()
    for name, kind, unit, default, _ in found:
        assert (unit == "seconds") == name.endswith("_SECONDS"), name
        assert kind.partition(" ")[0] == type(ast.literal_eval(default)).__name__, name


def test_every_heading_of_a_setting_is_one():
    headings = [
        name for name in headings_of(DOCS / "settings.md") if name.startswith("COZE_")
    ]

    assert sorted(headings) == sorted(settings_of_conf())


def arguments_of(tag):
    known = inspect.signature(getattr(tag_library, tag)).parameters
    return [name for name in known if name not in ("context", "content", "attributes")]


def test_every_tag_and_every_argument_is_explained():
    headings = [
        name
        for name in headings_of(DOCS / "tags.md")
        if name.islower() and " " not in name
    ]

    tags = [name for name in tag_library.register.tags if name != "coze_widget"]
    assert headings == [*arguments_of("coze_widget"), *tags]


def test_the_arguments_of_the_other_tags_are_named():
    _page, _heading, panel = read(DOCS / "tags.md").partition("## coze_panel")
    panel, _heading, launcher = panel.partition("## coze_launcher")

    assert set(arguments_of("coze_panel")) < set(arguments_of("coze_widget"))
    for name in arguments_of("coze_panel"):
        assert re.search(rf"`{name}`|{name} is required", panel)
    for name in tag_library.BUTTON_ATTRIBUTES:
        assert f"`{name}`" in launcher


def script(name):
    path = ROOT / "coze_widget" / "static" / "coze_widget" / name
    return path.read_text(encoding="utf-8")


def test_every_function_for_other_scripts_is_explained():
    [body] = re.findall(
        r"window\.CozeWidget = {(.+?)};", script("loader.js"), re.DOTALL
    )
    names = re.findall(r"^\s*(\w+)[:,]", body, re.MULTILINE)
    headings = headings_of(DOCS / "javascript.md")

    assert names
    assert {h.partition("(")[0] for h in headings if h.startswith("CozeWidget.")} == {
        f"CozeWidget.{name}" for name in names
    }


def test_every_attribute_that_others_see_is_explained():
    scripts = "".join(map(script, SCRIPTS))
    seen = set(re.findall(r'["[](data-coze-[\w-]+)["\]]', scripts))

    assert seen
    assert [one for one in seen if f"`{one}" not in read(DOCS / "javascript.md")] == []


def test_every_event_is_explained():
    scripts = "".join(map(script, SCRIPTS))
    sent = re.findall(r'(?:\btell|\bask)\("([\w-]+)", \{', scripts)
    sent += re.findall(r'(?:widget\.tell|this\.request)\("([\w-]+)"', scripts)

    assert set(sent) == set(
        re.findall(r"^\| `coze:([\w-]+)`", read(DOCS / "javascript.md"), re.MULTILINE)
    )


LOG_LINE = re.compile(r'logger\.(\w+)\(\s*"([^"]+)')
LOG_ROW = re.compile(r"^\| (error|warning|info) \| (.+?) \|", re.MULTILINE)


def log_lines():
    package = ROOT / "coze_widget"
    for path in package.rglob("*.py"):
        if "sandbox" not in path.relative_to(package).parts:
            for level, text in LOG_LINE.findall(read(path)):
                yield {"exception": "error"}.get(level, level), text


def test_every_line_of_the_log_is_explained():
    rows = LOG_ROW.findall(read(DOCS / "deployment.md"))
    lines = list(log_lines())

    for level, text in lines:
        assert any(
            (level, text[: len(said)]) == (level_, said) for level_, said in rows
        ), text
    for level, said in rows:
        assert any(
            level_ == level and text.startswith(said) for level_, text in lines
        ), said


def test_the_tests_that_are_named_as_proof_exist():
    named = re.findall(r"`(tests/[\w/]+\.py)`", read(DOCS / "security.md"))

    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(
    ("readme", "start"),
    [("README.md", "start.md"), ("README.zh-CN.md", "zh/start.md")],
)
def test_the_five_steps_are_those_of_the_readme(readme, start):
    """Whoever follows either gets the same project."""
    steps = blocks_of(ROOT / readme)[1:6]
    shown = [(block.language, block.text) for block in blocks_of(DOCS / start)]

    for step in steps:
        assert (step.language, step.text) in shown, str(step)
