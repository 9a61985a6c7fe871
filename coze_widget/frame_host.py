"""The sibling host that serves the frame, where COZE_FRAME_ORIGIN names one.

It is a host for nothing else (docs/adr/0018): nobody has a login there, so that Coze's
script in the frame finds none.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.urls import Resolver404, get_script_prefix, resolve

from coze_widget.conf import conf


def is_on_frame_host(request: HttpRequest) -> bool:
    """Tell whether the request is for the frame's host, whatever its scheme."""
    origin = conf.frame_origin
    # Without the setting a host that is not allowed stays what it was: nobody's question.
    return bool(origin) and _read(request.get_host()) == _read(urlsplit(origin).netloc)


def _read(host: str) -> tuple[str, str]:
    """Return name and port; a last dot, or a scheme's own port, makes no other host."""
    name, port = split_domain_port(host)
    return name, "" if port in ("80", "443") else port


def is_out_of_place(request: HttpRequest) -> bool:
    """Tell whether it is for the frame's host, and for something that is not the frame's.

    Somebody who logged in there would be logged in for Coze's script, too.
    """
    return is_on_frame_host(request) and not (_is_file(request) or _is_ours(request))


def on_page_host(url: str) -> str:
    """Return an address of the site, on its first page host if it has no host itself."""
    origins = conf.page_origins
    is_path = url.startswith("/") and not url.startswith("//")
    return f"{origins[0]}{url}" if origins and is_path else url


def _is_file(request: HttpRequest) -> bool:
    """The frame is made of files, too, and Django may serve them."""
    places = (settings.STATIC_URL, settings.MEDIA_URL)
    # An absolute one is another host's. One that is not set is where the project is
    # mounted, and would be everything.
    mount = get_script_prefix()
    return any(
        request.path.startswith(place)
        for place in places
        if place and place.startswith("/") and not mount.startswith(place)
    )


def _is_ours(request: HttpRequest) -> bool:
    urlconf = getattr(request, "urlconf", None)
    try:
        return "coze_widget" in resolve(request.path_info, urlconf).app_names
    except Resolver404:
        return False
