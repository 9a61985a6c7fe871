"""Text that somebody else wrote, made fit for our logs and messages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from coze_widget.sentences import Sentence as _

# Prefixes seen in Coze's guides on access tokens.
_KINDS = {
    "pat_": _("a personal access token"),
    "cztei_": _("a service access token"),
    "czs_": _("an OAuth access token"),
    "czu_": _("an OAuth access token"),
}
PRIVATE_KEY = _("a private key")
# Of no kind that is known by its prefix.
ACCESS_TOKEN = _("an access token")
# Real ones have 64 characters and more; parameters may be called pat_id.
_TOKEN = re.compile(r"\b(pat_|cztei_|czs_|czu_)[A-Za-z0-9]{20,}")
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_SECRETS = re.compile(
    r"""
      -----BEGIN .*? (?: -----END [^-]* ----- | \Z )  # PEM, cut off or whole
    | eyJ [\w-]+ (?: \. [\w-]* ){1,2}                 # JWT
    | (?: pat | cztei | czs | czu ) _ [\w-]+
    | (?<= //) [^/@\s]+ (?= @)                        # user:password in a URL
    | [\w+/=-]{40,}                                   # anything long and opaque
    """,
    re.VERBOSE | re.IGNORECASE,
)


def redact(text: str, *, limit: int = 200) -> str:
    """Return at most `limit` printable characters on one line, secrets masked."""
    # Far more than is kept: a secret across the final cut is masked before it.
    line = "".join(char if char.isprintable() else " " for char in text[: limit * 20])
    line = " ".join(_SECRETS.sub("[masked]", line).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def name_credential(text: str) -> str:
    """Say what kind of Coze token a text holds, "" if none."""
    found = _TOKEN.search(text)
    return _KINDS[found[1]] if found else ""


def find_credentials(text: str) -> Iterator[tuple[int, str]]:
    """Yield where each Coze token and private key begins, and what kind it is."""
    for found in _TOKEN.finditer(text):
        yield found.start(), _KINDS[found[1]]
    for found in _PRIVATE_KEY.finditer(text):
        yield found.start(), PRIVATE_KEY


def holds_credential(text: str) -> bool:
    """Tell whether a text contains a Coze token, another JWT, or a private key."""
    return bool(name_credential(text) or _PRIVATE_KEY.search(text) or _JWT.search(text))
