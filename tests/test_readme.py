"""What the two READMEs say is true, as far as a test can tell."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.template import engines

from coze_widget.sandbox.catalogue import BOT_ID

ROOT = Path(__file__).resolve().parent.parent
LARGEST_PICTURE = 250_000
DEFAULT = re.compile(r"^\| `(COZE_\w+)` \| `(.+?)` \|", re.MULTILINE)


@pytest.fixture(params=["README.md", "README.zh-CN.md"])
def readme(request):
    return (ROOT / request.param).read_text(encoding="utf-8")


def code_blocks(text, language):
    return re.findall(rf"^```{re.escape(language)}\n(.*?)^```", text, re.M | re.S)


def settings_of_conf():
    """Return each `getattr(settings, "COZE_…", default)` of the conf module."""
    tree = ast.parse((ROOT / "coze_widget" / "conf.py").read_text(encoding="utf-8"))
    calls = [
        node.args
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr"
    ]
    return {name.value: ast.literal_eval(default) for _, name, default in calls}


def test_the_table_has_every_setting_with_its_default(readme):
    table = {name: ast.literal_eval(text) for name, text in DEFAULT.findall(readme)}

    assert table == settings_of_conf()


def test_there_are_five_steps(readme):
    steps = re.findall(r"^\*\*(\d)\. .*?^```", readme, re.MULTILINE | re.DOTALL)

    assert steps == ["1", "2", "3", "4", "5"]


def test_both_commands_are_there(readme):
    commands = "\n".join(code_blocks(readme, "sh"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    for target in ("demo", "test"):
        assert f"make {target} " in commands
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_python_blocks_can_be_parsed(readme):
    blocks = code_blocks(readme, "python")

    assert len(blocks) == 5
    for block in blocks:
        ast.parse(block)


def test_the_steps_name_what_exists(readme, settings):
    names = re.findall(r'"(coze_widget[\w.]*)"', readme)

    assert set(names) <= {
        *settings.INSTALLED_APPS,
        *settings.MIDDLEWARE,
        "coze_widget.urls",
        "coze_widget.visitors.user_info",
    }


def test_templates_can_be_compiled(readme):
    tags = re.findall(r"`({% coze_widget.*?%})`", readme)
    templates = [*code_blocks(readme, "html+django"), *tags]

    assert len(tags) == 6
    for template in templates:
        engines["django"].from_string("{% load coze_widget %}" + template)


def test_links_to_files_lead_somewhere(readme):
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", readme)

    assert targets
    for target in targets:
        assert (ROOT / target).exists(), target


def test_links_within_the_page_lead_somewhere(readme):
    anchors = {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", readme, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", readme)) <= anchors


def test_pictures_are_small(readme):
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", readme)

    assert len(pictures) == 3
    for picture in pictures:
        assert (ROOT / picture).stat().st_size < LARGEST_PICTURE


def test_the_versions_are_those_of_the_distribution(readme):
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for name in ("Python", "Django"):
        found = re.findall(rf"{name} :: (\d+\.\d+)", project)
        first, last = found[0], found[-1]

        assert re.search(rf"{name} {first} (to|到) {last}", readme)


def test_both_languages_have_the_same_blocks():
    english, chinese = (
        (ROOT / name).read_text(encoding="utf-8")
        for name in ("README.md", "README.zh-CN.md")
    )

    assert re.findall(r"^```\S+", english, re.M) == re.findall(
        r"^```\S+", chinese, re.M
    )
    assert len(re.findall("^#", english, re.M)) == len(re.findall("^#", chinese, re.M))


def test_the_example_names_every_variable_that_the_demo_reads():
    source = (ROOT / "site_demo" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'env\.\w+\(\s*"(\w+)"', source)) - {"ENV_FILE", "VAR_DIR"}
    example = (ROOT / ".env.example").read_text(encoding="utf-8")

    assert set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)) == read


def test_the_sandboxs_bot_has_the_id_that_is_told(readme):

    assert f"`{BOT_ID}`" in readme
