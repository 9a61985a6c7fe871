"""Whether COZE_FRAME_ORIGIN keeps Coze's script apart from the site's pages (docs/adr/0018)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.http.request import validate_host
from django.utils.translation import gettext as _

from coze_widget.checks.site import LOCAL_HOSTS
from coze_widget.models import Place, Widget
from coze_widget.origin_patterns import is_origin_pattern

SETTING = "COZE_FRAME_ORIGIN"
# By which a browser sends its cookies to several hosts.
COOKIE_DOMAINS = ("SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN")


def check_frame_origin() -> Iterator[CheckMessage]:
    """Read the settings as they are: `conf` expects what these checks are about."""
    pages = list(_page_origins())
    yield from _check_page_origins()
    frame = frame_address()
    if frame is None:
        yield from _check_given()
        return
    yield from _check_scheme(frame)
    yield from _check_allowed(frame)
    yield from _check_pages(frame, pages)
    yield from _check_cookies(frame)
    yield from _check_trust(frame)


def frame_address() -> SplitResult | None:
    """Return the frame's origin in its parts; None where there is none, or none fit."""
    return _read_origin(getattr(settings, SETTING, ""))


def frame_hosts() -> set[str]:
    """Return the frame's host, if there is one of its own, without a port."""
    frame = frame_address()
    return {frame.hostname} if frame and frame.hostname else set()


def check_frame_sites(
    enabled: Iterable[Widget], sites: Mapping[int, str]
) -> Iterator[CheckMessage]:
    """Without SITE_ID the frame's host is of another site than the page's, or of none."""
    frame = frame_address()
    if frame is None:
        return
    hosts = (frame.netloc, frame.hostname)
    for row in enabled:
        domain = sites.get(row.site_id or 0, "").lower()
        if row.place == Place.FRAME and domain and domain not in hosts:
            yield Warning(
                _(
                    "The widget “%(slug)s” is for the site %(domain)s, and the host of "
                    "COZE_FRAME_ORIGIN is not: its frame is not found there."
                )
                % {"slug": row.slug, "domain": domain},
                hint=_("Set SITE_ID, or let the widget be for all sites."),
                obj=row,
                id="coze_widget.W057",
            )


def _read_origin(value: object) -> SplitResult | None:
    text = value.lower().rstrip("/") if isinstance(value, str) else ""
    return urlsplit(text) if is_origin_pattern(text) and "*" not in text else None


def _page_origins() -> Iterator[SplitResult]:
    values: object = getattr(settings, "COZE_PAGE_ORIGINS", ())
    for value in values if isinstance(values, (list, tuple)) else ():
        # One with a slash at its end would be no source of a policy.
        if origin := _read_origin(value):
            yield origin


def _check_page_origins() -> Iterator[CheckMessage]:
    values: object = getattr(settings, "COZE_PAGE_ORIGINS", ())
    if not isinstance(values, (list, tuple)):
        yield _wrong_page(_("COZE_PAGE_ORIGINS is not a list."))
        return
    for value in values:
        if _read_origin(value) is None or value.endswith("/"):
            yield _wrong_page(
                _("COZE_PAGE_ORIGINS has no origin in “%(origin)s”.")
                % {"origin": value}
            )


def _wrong_page(said: str) -> CheckMessage:
    return Error(
        said,
        hint=_(
            'Write them like ["https://www.example.com"]: no path, no / at the end, no *.'
        ),
        id="coze_widget.E052",
    )


def _check_given() -> Iterator[CheckMessage]:
    if getattr(settings, SETTING, "") != "":
        yield Error(
            _("COZE_FRAME_ORIGIN is not an origin."),
            hint=_(
                'Write it like "https://chat.example.com", without a path; or leave it '
                "out, and the frame is of the page's origin."
            ),
            id="coze_widget.E050",
        )


def _check_scheme(frame: SplitResult) -> Iterator[CheckMessage]:
    is_local = validate_host(frame.hostname or "", LOCAL_HOSTS)
    if frame.scheme == "http" and not (settings.DEBUG or is_local):
        yield Error(
            _("COZE_FRAME_ORIGIN is without https."),
            hint=_(
                "A page with https shows no frame without it, and tokens would travel in "
                "the clear."
            ),
            id="coze_widget.E050",
        )


def _check_allowed(frame: SplitResult) -> Iterator[CheckMessage]:
    allowed = settings.ALLOWED_HOSTS or (LOCAL_HOSTS if settings.DEBUG else [])
    if not validate_host(frame.hostname or "", allowed):
        yield Error(
            _("ALLOWED_HOSTS does not let in %(host)s, the host of COZE_FRAME_ORIGIN.")
            % {"host": frame.hostname},
            hint=_("Add it: this project answers there, too."),
            id="coze_widget.E054",
        )


def _check_pages(
    frame: SplitResult, pages: list[SplitResult]
) -> Iterator[CheckMessage]:
    if not pages:
        yield Error(
            _(
                "COZE_FRAME_ORIGIN is set, and COZE_PAGE_ORIGINS names no page's origin."
            ),
            hint=_("Name the origins of your pages: no other page may hold the frame."),
            id="coze_widget.E052",
        )
    for page in pages:
        if page.hostname == frame.hostname:
            yield Error(
                _("The frame and the pages of %(origin)s are on one host.")
                % {"origin": page.geturl()},
                hint=_(
                    "Cookies know no ports: give the frame a host of its own, or leave "
                    "COZE_FRAME_ORIGIN out."
                ),
                id="coze_widget.E051",
            )
        elif _site_of(page) != _site_of(frame):
            yield Warning(
                _("The pages of %(origin)s may be another site than the frame's host.")
                % {"origin": page.geturl()},
                hint=_(
                    "Browsers that keep other sites' storage away may keep the chat away. "
                    "Choose a host beside the page's, chat.example.com beside "
                    "www.example.com; silence this check if you have tried yours."
                ),
                id="coze_widget.W053",
            )


def _site_of(origin: SplitResult) -> str:
    """Return two labels: only a list of public suffixes knows how many it takes."""
    return ".".join((origin.hostname or "").split(".")[-2:])


def _check_cookies(frame: SplitResult) -> Iterator[CheckMessage]:
    for name in COOKIE_DOMAINS:
        domain = str(getattr(settings, name) or "").lower().lstrip(".")
        if domain and f".{frame.hostname}".endswith(f".{domain}"):
            yield Warning(
                _("%(name)s is “%(domain)s”, which takes in the frame's host.")
                % {"name": name, "domain": getattr(settings, name)},
                hint=_(
                    "Whoever is logged in on a page is so on that host, and Coze's script "
                    "in the frame can use it. Leave the setting out: then the cookie is "
                    "the page's host's only."
                ),
                id="coze_widget.W055",
            )


def _check_trust(frame: SplitResult) -> Iterator[CheckMessage]:
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        if _is_meant(origin, frame):
            yield Warning(
                _("CSRF_TRUSTED_ORIGINS trusts the frame's host by “%(origin)s”.")
                % {"origin": origin},
                hint=_(
                    "Coze's script in the frame could send the site's forms in a person's "
                    "name. Name the hosts that you trust one by one."
                ),
                id="coze_widget.W056",
            )


def _is_meant(origin: str, frame: SplitResult) -> bool:
    """Read it as Django's CSRF check does; `*.` stands for the host after it, too."""
    scheme, _separator, host = origin.lower().partition("://")
    domain = host.removeprefix("*.")
    is_below = domain != host and frame.netloc.endswith(f".{domain}")
    return scheme == frame.scheme and (frame.netloc == domain or is_below)
