"""Whether a developer who opens the site at a local host has forgotten SITE_ID."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.http.request import validate_host
from django.utils.translation import gettext as _

# As Django lets them in where DEBUG is on and ALLOWED_HOSTS is empty.
LOCAL_HOSTS = [".localhost", "127.0.0.1", "[::1]"]


def check_site_id() -> Iterator[CheckMessage]:
    """Guess from the settings alone; rows know, and say W016.

    Patterns and further names make nobody suspect: several hosts without SITE_ID are
    how Django serves several sites.
    """
    hosts = settings.ALLOWED_HOSTS
    is_set = bool(getattr(settings, "SITE_ID", None))
    if settings.DEBUG and not is_set and all(map(_is_plain_local, hosts)):
        yield Warning(
            _("SITE_ID is not set: each host needs a row of its own under “Sites”."),
            hint=_(
                "Without one for localhost or 127.0.0.1 Django's login page fails there, "
                "the admin's too. Write SITE_ID = 1 in the settings; with such a row, "
                "silence this check."
            ),
            id="coze_widget.W034",
        )


def is_local(host: str) -> bool:
    return validate_host(host, LOCAL_HOSTS)


def _is_plain_local(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "[::1]")
