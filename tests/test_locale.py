"""The Chinese catalogue is whole. Its header says how it is brought up to date."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import override
from django.utils.translation.template import templatize

from coze_widget.islands import CHAT_TEXTS, PAGE_TEXTS
from tests.po_file import read_po
from tests.widget_data import widget_data

PACKAGE = Path("coze_widget")
CATALOGUE = PACKAGE / "locale/zh_Hans/LC_MESSAGES/django.po"
FUNCTIONS = {"_", "gettext", "gettext_lazy"}
PLACEHOLDER = re.compile(r"%\(\w+\)[rs]|%s|\{\{\w+\}\}|\{%.*?%\}")


def sources(pattern):
    """Return the files of the package; the sandbox is a tool and speaks English."""
    return [path for path in PACKAGE.rglob(pattern) if "sandbox" not in path.parts]


def messages_of_python(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in FUNCTIONS:
            yield node.args[0].value


def messages_of_template(text):
    for literal in re.findall(r"gettext\(u?('.*?'|\".*?\")\)", templatize(text)):
        yield ast.literal_eval(literal)


def messages_in_use():
    for path in sources("*.py"):
        yield from messages_of_python(path.read_text())
    for path in sources("*.html"):
        yield from messages_of_template(path.read_text())


def test_every_text_is_translated_and_nothing_else():
    assert set(read_po(CATALOGUE)) == set(messages_in_use())


def test_no_translation_is_empty_or_a_guess():
    assert [key for key, value in read_po(CATALOGUE).items() if not value] == []
    assert "fuzzy" not in CATALOGUE.read_text()


def test_the_compiled_catalogue_is_that_of_the_text():
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = dict(gettext.GNUTranslations(file)._catalog)
    del compiled[""]

    assert compiled == read_po(CATALOGUE)


@pytest.mark.parametrize(("text", "translation"), read_po(CATALOGUE).items())
def test_placeholders_agree(text, translation):
    assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(translation))


@pytest.mark.parametrize("text", {**PAGE_TEXTS, **CHAT_TEXTS}.values(), ids=str)
def test_what_visitors_read_is_chinese(text):
    with override("zh-hans"):
        assert re.search(r"[\u4e00-\u9fff]", str(text))


@pytest.fixture
def chinese_editor(client, oauth_app, db):
    client.force_login(User.objects.create_superuser("editor", password="for tests"))
    with override("zh-hans"):
        yield client


def test_the_admin_is_chinese(chinese_editor, widget):
    url = reverse("admin:coze_widget_widget_change", args=[widget.pk])

    html = chinese_editor.get(url).content.decode()

    assert "底部文案 · ui.footer" in html
    assert "智能体 ID" in html
    assert "密钥可以读取" in html


def test_errors_are_chinese(chinese_editor):
    url = reverse("admin:coze_widget_widget_add")

    html = chinese_editor.post(url, widget_data(bot_id="")).content.decode()

    assert "请填写智能体 ID。" in html
