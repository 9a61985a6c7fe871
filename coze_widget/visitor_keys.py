"""The keys that visitor tokens are verified with, from this process's copy of the rows.

Exact in the process that saved (signals), and COZE_WIDGET_MAX_AGE_SECONDS old at most in
the others: for so long a key that was switched off may still be good there.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from coze_widget.encryption import decrypt
from coze_widget.local_copies import LocalCopy
from coze_widget.models import VisitorKey, Widget


@dataclass(frozen=True)
class TokenKey:
    """One row, without its widget. The secret lies here as in the database, encrypted."""

    name: str
    algorithm: str
    issuer: str
    public_key: str
    jwks_url: str
    encrypted_secret: str = field(repr=False)

    def decrypt_secret(self) -> bytes:
        """Return the secret of an HS256 key.

        Raises Undecryptable, or ImproperlyConfigured where there is no encryption key.
        """
        return decrypt(self.encrypted_secret).encode()


COLUMNS = tuple(column.name for column in fields(TokenKey))
KeysOfWidgets = Mapping[int, tuple[TokenKey, ...]]


class VisitorKeys:
    """Threads share one. Its `of` may raise RowsUnreadable."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._copy = LocalCopy(VisitorKey, read_keys, monotonic=monotonic)

    def of(self, widget: Widget) -> tuple[TokenKey, ...]:
        """Return the enabled keys of a widget, the newest first; one unsaved has none."""
        return self._copy.get().get(widget.pk or 0, ())

    def note_change(self, using: str | None) -> None:
        """Read the rows anew before anybody's token is looked at."""
        self._copy.note_change(using)

    def forget(self) -> None:
        """Begin anew, as a new process does: for tests, whose rows go without a signal."""
        self._copy.forget()


def read_keys(_last: KeysOfWidgets | None) -> KeysOfWidgets:
    rows = VisitorKey.objects.filter(is_enabled=True).values_list("widget_id", *COLUMNS)
    keys: dict[int, tuple[TokenKey, ...]] = defaultdict(tuple)
    for widget_id, *values in rows:
        keys[widget_id] += (TokenKey(*values),)
    return dict(keys)


visitor_keys = VisitorKeys()


def keys_of(widget: Widget) -> tuple[TokenKey, ...]:
    """Return what `VisitorKeys.of` does; without a query while the copy is good."""
    return visitor_keys.of(widget)


def forget_rows(**signal: Any) -> None:
    """Receiver: a row was saved or deleted."""
    visitor_keys.note_change(signal.get("using"))
