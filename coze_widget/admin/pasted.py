"""What becomes of a pasted text before an editor sees it: read, completed, compared."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from traceback import extract_tb
from typing import Any

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from coze_widget.console import REGIONS
from coze_widget.models import Widget
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth_apps import find_oauth_app
from coze_widget.records import is_same, record_fields
from coze_widget.snippets.paste import ADDRESS, MAX_BYTES, read_snippet
from coze_widget.snippets.reading import Offer, Reading
from coze_widget.snippets.values import Reason
from coze_widget.status import oauth_app_names
from coze_widget.versions import put_in_words

logger = logging.getLogger(__name__)

# Made up from the title for a new widget; they are no options of the SDK.
NAMES = ("name", "slug")
# Credentials of unknown kinds, in a text that could not be read.
_SUSPICIOUS = re.compile(
    r"\beyJ[\w-]{8,}|\bBearer\s+\S|private_?key|secret|token\W{1,9}[\w.-]{20,}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Row:
    """One field; `path` is where its value stands in the snippet, if it does."""

    name: str
    label: str
    path: str
    now: str
    then: str
    is_changed: bool


@sensitive_variables()
def read_quietly(text: str) -> Reading:
    """Read, and let no error carry what was pasted into a log or a report."""
    try:
        return read_snippet(text)
    except Exception as error:
        # The error's own text and the variables of its traceback may hold it.
        frames = extract_tb(error.__traceback__)[-3:]
        where = ", ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
        kind = type(error).__name__
    logger.error("A pasted snippet could not be read: %s in %s", kind, where)
    return Reading(
        problem=_(
            "Reading this failed, which is a defect of this package. The log says where, "
            "and holds nothing of the snippet."
        )
    )


def may_be_repeated(text: str, reading: Reading) -> bool:
    """Tell whether the page may send the text back, to be mended."""
    is_secret = reading.credentials or reading.is_config or _SUSPICIOUS.search(text)
    return len(text) <= MAX_BYTES and not is_secret


def complete(reading: Reading, *, record: Mapping[str, Any], is_new: bool) -> None:
    """Add what the site knows: a free slug, and the OAuth app of the region."""
    for name in () if is_new else NAMES:
        del reading.fields[name]
    if is_new:
        reading.fields["slug"] = _find_free_slug(reading.fields["slug"])
    if reading.base_url:
        _choose_oauth_app(reading, record["oauth_app"])


def compare(
    reading: Reading, *, record: Mapping[str, Any], shown: Collection[str]
) -> Iterator[Row]:
    """Yield a row for each of the fields that the form shows, in the model's order."""
    for field in record_fields():
        if field.name in reading.fields and field.name in shown:
            now, then = record[field.name], reading.fields[field.name]
            yield Row(
                field.name,
                str(field.verbose_name),
                reading.paths.get(field.name, ""),
                put_in_words(field, now),
                put_in_words(field, then),
                not is_same(now, then),
            )


def name_hidden(reading: Reading, *, shown: Collection[str]) -> list[str]:
    """Return what was read and is in no form of this editor's."""
    return [
        str(field.verbose_name)
        for field in record_fields()
        if field.name in reading.fields and field.name not in shown
    ]


def describe(reading: Reading, *, offers: Collection[Offer] = ()) -> dict[str, Any]:
    """Return what a page says of it, beside its values; offers are rows of their own."""
    offered = {offer.path for offer in offers}
    left_out = [one for one in reading.unmapped if one.path not in offered]
    return {
        "problem": reading.problem,
        "settings_line": reading.settings_line,
        "credentials": [
            (one.warning, one.urls(reading.base_url)) for one in reading.credentials
        ],
        "left_out": [one for one in left_out if one.reason != Reason.OURS],
        "not_needed": [one for one in left_out if one.reason == Reason.OURS],
        "notes": reading.notes,
        "offers": [(offer.path, _say(offer.value)) for offer in offers],
    }


def merge(target: dict[str, Any], source: Mapping[str, Any]) -> None:
    for name, value in source.items():
        known = target.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            merge(known, value)
        else:
            target[name] = value


def _say(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _find_free_slug(slug: str) -> str:
    """Return the slug, with a number behind it where another widget has it."""
    stem = slug[:40]
    rows = Widget._base_manager.filter(slug__startswith=stem)
    taken = set(rows.values_list("slug", flat=True))
    tries = [slug, *(f"{stem}-{number}" for number in range(2, len(taken) + 2))]
    return next(one for one in tries if one not in taken)


def _choose_oauth_app(reading: Reading, current: str) -> None:
    """Take an app of the region that the SDK's address names, or say there is none."""
    base_urls = {name: _base_url_of(name) for name in oauth_app_names()}
    now = base_urls.get(current, "")
    # What is in no region, a sandbox say, is somebody's wish.
    if now == reading.base_url or (now and now not in REGIONS):
        return
    fitting = [name for name, url in base_urls.items() if url == reading.base_url]
    if fitting:
        reading.fields["oauth_app"] = fitting[0]
        reading.paths["oauth_app"] = ADDRESS
    elif now:
        reading.notes.append(
            _(
                "The snippet is for %(region)s, and the OAuth app “%(name)s” is of "
                "%(other)s, which does not know this bot. Name an app of %(region)s in "
                "COZE_OAUTH_APPS."
            )
            % {
                "region": REGIONS[reading.base_url],
                "name": current,
                "other": REGIONS[now],
            }
        )


def _base_url_of(name: str) -> str:
    try:
        return find_oauth_app(name).base_url
    except CredentialsError:
        return ""
