"""Which addresses are pages of this site: our server fetches them for an editor.

Nobody may have it look around behind the firewall. So a host counts only where a setting
or a Site names it: the Host header is whatever the one who asks has written.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.contrib.sites.models import Site
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host
from django.urls import get_script_prefix

from coze_widget.models import Widget

# Nothing that two parsers could understand in two ways: no user, no backslash.
_NETLOC = re.compile(r"(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.IGNORECASE)
_USUAL_PORTS = ("", "80", "443")
# As Django itself has it while DEBUG is on.
_LOCAL_HOSTS = [".localhost", "127.0.0.1", "[::1]"]


def is_own_page(url: str, request: HttpRequest, widget: Widget) -> bool:
    """Tell whether this is a page of the site, or of one of the sites, of the widget."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not _NETLOC.fullmatch(parts.netloc):
        return False
    return _is_of_a_site(parts, widget) or _is_of_the_settings(parts, request)


def find_home_page(request: HttpRequest, widget: Widget) -> str:
    """Return its address, "" where nothing vouches for the host."""
    host = widget.site.domain if widget.site else request.get_host()
    url = f"{request.scheme}://{host}{get_script_prefix()}"
    return url if is_own_page(url, request, widget) else ""


def _is_of_a_site(parts: SplitResult, widget: Widget) -> bool:
    sites = Site.objects.filter(domain__iexact=parts.netloc)
    if widget.site_id:
        sites = sites.filter(pk=widget.site_id)
    return sites.exists()


def _is_of_the_settings(parts: SplitResult, request: HttpRequest) -> bool:
    """The port on which this very process listens is no secret, other ones may be."""
    host, port = split_domain_port(parts.netloc)
    named = [pattern for pattern in settings.ALLOWED_HOSTS if pattern != "*"]
    if settings.DEBUG:
        named += _LOCAL_HOSTS
    ports = (*_USUAL_PORTS, request.META.get("SERVER_PORT"))
    return port in ports and validate_host(host, named)
