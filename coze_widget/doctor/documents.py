"""What a browser gets at a public address, behind whatever stands in front of Django."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from coze_widget.checks.policies import NONCE, Policy
from coze_widget.coze_connection import get_connection
from coze_widget.oauth.transport import Document
from coze_widget.page_policies import SELF, Evidence, Need, PageNeeds
from coze_widget.redaction import redact

LARGEST_PAGE_BYTES = 8 * 1024 * 1024
POLICY = "content-security-policy"


def fetch(
    url: str, *, origin: str = "", largest_body_bytes: int = LARGEST_PAGE_BYTES
) -> Document:
    """Get it within COZE_TOTAL_TIMEOUT_SECONDS, with no login and no redirect.

    Raises CozeError where no answer can be read, CredentialsError where the settings of
    the connection cannot be used.
    """
    connection = get_connection()
    return connection.transport.fetch(
        url,
        deadline=connection.retries.start(),
        largest_body_bytes=largest_body_bytes,
        origin=origin,
    )


def read_policies(document: Document) -> list[Policy]:
    """Return the enforced ones: of several headers, or several in one, all hold."""
    texts = document.headers.get(POLICY, "").split(",")
    policies = [Policy("Content-Security-Policy", _read(text)) for text in texts]
    return [policy for policy in policies if policy.directives]


def page_origin(url: str) -> str:
    """Return the origin of an address as a browser writes it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def find_blocked(policy: Policy, needs: PageNeeds, origin: str) -> Iterator[Need]:
    """Yield what a page of this origin may not load; what nobody has seen needed is left out."""
    for need in needs.needs:
        is_sure = need.evidence is Evidence.MEASURED
        if is_sure and _is_blocked(policy, need, origin):
            yield need


def name_status(document: Document) -> str:
    """Name where a redirect leads as well, or what kind of thing has come."""
    status = f"HTTP {document.status}"
    location = document.headers.get("location", "")
    if location:
        # A login's redirect may carry what nobody else should read.
        return f"{status} → {redact(location)}"
    kind = document.headers.get("content-type", "")
    return f"{status}, {redact(kind)}" if kind else status


def _is_blocked(policy: Policy, need: Need, origin: str) -> bool:
    """Judge by the page's own origin, not by ALLOWED_HOSTS as the checks have to."""
    if need.source == SELF:
        if SELF in policy.sources(need.directive):
            return False
        need = replace(need, source=origin)
    return policy.refuses(need)


def _read(text: str) -> dict[str, tuple[str, ...]]:
    directives: dict[str, tuple[str, ...]] = {}
    for name, *sources in _words(text):
        # A browser takes the first of two.
        directives.setdefault(name.lower(), tuple(map(_read_source, sources)))
    return directives


def _words(text: str) -> Iterator[list[str]]:
    parts = (part.split() for part in text.split(";"))
    return (words for words in parts if words)


def _read_source(source: str) -> str:
    return NONCE if source.lower().startswith("'nonce-") else source.lower()
