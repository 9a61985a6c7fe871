"""The files that hold a credential: who else can read them."""

from __future__ import annotations

import json
import os
import shlex
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from coze_widget.checklist.items import Item, State
from coze_widget.conf import conf

LARGEST_FILE = 65_536


def whole_path(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))


def list_given_file(path: str) -> Iterator[Item]:
    yield from _served_config(path)
    mode = os.stat(os.path.expanduser(path)).st_mode
    # Not asked of configured ones: what mounts secrets into containers makes them so.
    if os.name == "posix" and mode & stat.S_IROTH:
        yield Item(
            "file_mode",
            State.NOTE,
            _("Everybody on this machine can read the file with the key."),
            advice=_("Leave it to its owner, the user that Django runs as."),
            code=f"chmod 600 {shlex.quote(whole_path(path))}",
        )


def list_configured_files(name: str) -> Iterator[Item]:
    value = conf.oauth_apps.get(name)
    if isinstance(value, Mapping):
        yield from _served_key(value)
    elif isinstance(value, (str, os.PathLike)) and os.fspath(value):
        yield from _served_config(os.fsdecode(value))


def _served_config(path: str) -> Iterator[Item]:
    yield from _served(path)
    yield from _served_key(_read_fields(whole_path(path)))


def _read_fields(path: str) -> Mapping[str, Any]:
    """Return what a config file says; whatever is wrong with it is told elsewhere."""
    if not os.path.isfile(path):
        return {}
    try:
        with open(path, "rb") as file:
            fields = json.loads(file.read(LARGEST_FILE))
    except (OSError, ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _served_key(fields: Mapping[str, Any]) -> Iterator[Item]:
    path = fields.get("private_key_path")
    if isinstance(path, (str, os.PathLike)) and os.fspath(path):
        yield from _served(os.fsdecode(path))


def _served(path: str) -> Iterator[Item]:
    place = Path(whole_path(path)).resolve()
    for name, folder in _public_folders():
        if place.is_relative_to(Path(folder).resolve()):
            yield Item(
                "file_served",
                State.FAILED,
                _(
                    "The file with the key lies in %(setting)s, which everybody can read."
                )
                % {"setting": name},
                advice=_(
                    "Move it elsewhere. If the site was online meanwhile, make a new key "
                    "in Coze's console and delete this one."
                ),
            )
            return


def _public_folders() -> Iterator[tuple[str, str]]:
    for name in ("STATIC_ROOT", "MEDIA_ROOT"):
        folder = getattr(settings, name, None)
        if folder:
            yield name, os.fspath(folder)
    entries: Sequence[Any] = settings.STATICFILES_DIRS
    for entry in entries:
        # With a prefix it is a pair.
        folder = entry[1] if isinstance(entry, (list, tuple)) else entry
        yield "STATICFILES_DIRS", os.fspath(folder)
