"""docs/options.md has each option of the SDK, where it is in the form, and since when."""

from __future__ import annotations

import re

import pytest

from coze_widget.admin import WidgetAdmin
from coze_widget.extra_options import RESERVED, WITH_FIELD
from coze_widget.models import Widget
from coze_widget.needs import CHANGES
from coze_widget.options import OPTIONS
from coze_widget.sdk_versions import FIRST_DOCUMENTED, SINCE
from coze_widget.snippets import fields as snippet_fields
from tests.documents import DOCS, read

PAGE = read(DOCS / "options.md")
ROWS = {
    path: (form, since)
    for path, form, since in re.findall(
        r"^\| `([\w.]+)` \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE
    )
}
# Groups, whose members have rows of their own.
GROUPS = {"auth", "userInfo"}
FIELDS = {
    **snippet_fields._FIELDS,
    **snippet_fields._IDS,
    "config.type": "mode",
    "ui.asstBtn.isNeed": "launcher",
}


def test_every_option_that_the_code_knows_has_its_row():
    known = {
        *(option.path for option in OPTIONS),
        *(".".join(path) for path in RESERVED | WITH_FIELD),
        *snippet_fields._KNOWN,
        *SINCE,
    }

    assert set(ROWS) == known - GROUPS
    assert len(ROWS) == len(re.findall(r"^\| `\w", PAGE, re.MULTILINE))


def group_of(field):
    [title] = [
        title for title, options in WidgetAdmin.fieldsets if field in options["fields"]
    ]
    return str(title).partition(" · ")[0]


@pytest.mark.parametrize("path", ROWS)
def test_a_row_names_group_and_field_of_the_form_or_a_reason(path):
    form, _since = ROWS[path]

    if path not in FIELDS:
        assert re.match(r"No: .{20,}", form)
        return
    field = FIELDS[path]
    label = Widget._meta.get_field(field).verbose_name
    assert form.partition(". ")[0] == f"{group_of(field)}: {label}"


@pytest.mark.parametrize("path", ROWS)
def test_a_row_names_the_version(path):
    _form, since = ROWS[path]

    suffix = ", the first it is documented with" if path in FIRST_DOCUMENTED else ""
    assert since == SINCE.get(path, "–") + suffix


def test_every_change_of_the_sdk_that_advice_knows_is_told():
    told = re.findall(r"^\| ([0-9][\w.-]+) \|", PAGE, re.MULTILINE)

    assert told == [change.version for change in CHANGES]
