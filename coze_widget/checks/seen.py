"""What only shows when somebody comes: the address that browsers see, and Django's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Warning
from django.utils.translation import gettext as _

from coze_widget import sightings
from coze_widget.sightings import Sighting


def check_sightings() -> Iterator[CheckMessage]:
    for sighting in sightings.recall():
        yield Warning(
            _sentence(sighting)
            % {
                "seen": sighting.seen,
                "expected": sighting.expected,
                "at": datetime.fromtimestamp(sighting.at, timezone.utc).strftime(
                    "%Y-%m-%d %H:%M UTC"
                ),
            },
            hint=_remedy(sighting),
            id="coze_widget.W019",
        )


def _sentence(sighting: Sighting) -> str:
    if sighting.refused:
        return _(
            "A request from %(seen)s was refused, since Django took it for one to "
            "%(expected)s (last at %(at)s). It may have been anybody's."
        )
    return _(
        "A browser was at %(seen)s while Django took the request for one to "
        "%(expected)s (last at %(at)s)."
    )


def _remedy(sighting: Sighting) -> str:
    seen, expected = urlsplit(sighting.seen), urlsplit(sighting.expected)
    remedies = []
    if seen.scheme != expected.scheme:
        remedies.append(
            _(
                "Set SECURE_PROXY_SSL_HEADER if a proxy of yours ends TLS, and let the "
                "proxy set that header on every request."
            )
        )
    if seen.netloc != expected.netloc:
        remedies.append(
            _(
                "Let the proxy pass on the header Host, or set USE_X_FORWARDED_HOST if "
                "it sets X-Forwarded-Host on every request."
            )
        )
    return " ".join(remedies)
