"""What is wrong between the widgets in the database and the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.conf import settings
from django.contrib.sites.models import Site
from django.core.checks import CheckMessage, Warning
from django.db import router
from django.http.request import split_domain_port, validate_host
from django.utils.ipv6 import is_valid_ipv6_address
from django.utils.translation import gettext as _

from coze_widget.checks.audiences import check_audiences
from coze_widget.checks.frame_origin import check_frame_sites, frame_hosts
from coze_widget.checks.login import check_login_page
from coze_widget.checks.policies import check_inline_policies
from coze_widget.checks.site import is_local
from coze_widget.conf import conf
from coze_widget.models import Widget
from coze_widget.sdk_addresses import is_allowed

# These only: `migrate` checks before it adds the others.
COLUMNS = (
    "audience",
    "enabled",
    "groups",
    "guests",
    "name",
    "oauth_app",
    "permission",
    "place",
    "sdk_url",
    "sdk_version",
    "site_id",
    "slug",
    "staff_only",
)
MAX_NAMED = 10


def check_rows(alias: str) -> Iterator[CheckMessage]:
    """Raises django.db.Error where there is no table yet."""
    rows = list(Widget.objects.using(alias).only(*COLUMNS).order_by("slug", "pk"))
    yield from _check_apps(rows)
    enabled = [row for row in rows if row.enabled]
    yield from _check_sdk_urls(enabled)
    yield from check_audiences(enabled, alias)
    yield from check_inline_policies(enabled)
    yield from check_login_page(enabled)
    if router.allow_migrate_model(alias, Site):
        yield from _check_sites(enabled, alias)


def _check_apps(rows: list[Widget]) -> Iterator[CheckMessage]:
    apps: object = conf.oauth_apps
    for row in rows if isinstance(apps, Mapping) else ():
        if row.oauth_app not in conf.oauth_apps:
            yield Warning(
                _(
                    "The widget “%(slug)s” uses the OAuth app “%(app)s”, which "
                    "COZE_OAUTH_APPS does not have: it is not shown."
                )
                % {"slug": row.slug, "app": row.oauth_app},
                hint=_(
                    "Add the app to the setting, or choose another one in the widget."
                ),
                obj=row,
                id="coze_widget.W010",
            )


def _check_sdk_urls(enabled: list[Widget]) -> Iterator[CheckMessage]:
    for row in enabled:
        if row.sdk_url and not is_allowed(row.sdk_url):
            yield Warning(
                _(
                    "The widget “%(slug)s” names an address of the SDK that is not "
                    "allowed: it is not shown."
                )
                % {"slug": row.slug},
                hint=_(
                    "Name the host in COZE_SDK_ORIGINS, or empty the field in the widget."
                ),
                obj=row,
                id="coze_widget.W040",
            )


def _check_sites(enabled: list[Widget], alias: str) -> Iterator[CheckMessage]:
    sites: dict[int, str] = dict(Site.objects.using(alias).values_list("pk", "domain"))
    site_id: int | None = getattr(settings, "SITE_ID", None)
    if site_id:
        if site_id not in sites:
            yield _no_site(
                _("SITE_ID is %(id)s, and there is no such site.") % {"id": site_id}
            )
        return
    known = {_host_of(domain) for domain in sites.values()}
    if _is_tried_out(len(sites)) and not any(map(is_local, known)):
        yield _no_site(
            _(
                "SITE_ID is not set, and no row under “Sites” is for localhost or "
                "127.0.0.1."
            ),
            remedy=_(
                "Django's login page fails there, the admin's too. Write SITE_ID = 1 in "
                "the settings."
            ),
        )
    # Nobody has a page on the frame's host.
    known |= frame_hosts()
    lonely = [host for host in _known_hosts() if host not in known]
    if lonely:
        yield _no_site(
            _("ALLOWED_HOSTS has hosts that no site has as its domain: %(hosts)s.")
            % {"hosts": ", ".join(lonely[:MAX_NAMED])}
        )
    if settings.ALLOWED_HOSTS:
        yield from _check_bound(enabled, sites)
    yield from check_frame_sites(enabled, sites)


def _no_site(said: str, *, remedy: str = "") -> CheckMessage:
    return Warning(
        said,
        hint=remedy
        or _(
            "There, Django's own login page fails, and only widgets for all sites are "
            "shown. Set SITE_ID, or add a site with this domain, before people chat: "
            "histories hang on the site."
        ),
        id="coze_widget.W016",
    )


def _check_bound(
    enabled: list[Widget], sites: Mapping[int, str]
) -> Iterator[CheckMessage]:
    for row in enabled:
        domain = sites.get(row.site_id or 0)
        if domain and not validate_host(_host_of(domain), settings.ALLOWED_HOSTS):
            yield Warning(
                _(
                    "The widget “%(slug)s” is for the site %(domain)s, which "
                    "ALLOWED_HOSTS does not let in: it is never shown."
                )
                % {"slug": row.slug, "domain": domain},
                hint=_("Correct the site's domain, or add it to ALLOWED_HOSTS."),
                obj=row,
                id="coze_widget.W016",
            )


def _host_of(domain: str) -> str:
    """Return a site's domain as `validate_host` wants it, without its port."""
    return split_domain_port(domain)[0] or domain


def _is_tried_out(count_of_sites: int) -> bool:
    """Tell whether a developer opens the site at a local host.

    `*` says so too, unless the sites show that there are names for more than one.
    """
    hosts = settings.ALLOWED_HOSTS
    return settings.DEBUG and (
        not hosts or any(map(is_local, hosts)) or ("*" in hosts and count_of_sites < 2)
    )


def _known_hosts() -> list[str]:
    """Return the hosts that people can have typed, patterns left out.

    Without DEBUG those are the public names: probes and health checks go by the rest.
    With it, one local host that has a site is enough, and another check speaks of it.
    """
    hosts = [
        host.lower()
        for host in settings.ALLOWED_HOSTS
        if host and not host.startswith((".", "*"))
    ]
    if settings.DEBUG:
        return [host for host in hosts if not is_local(host)]
    return [host for host in hosts if "." in host.strip(".") and not _is_address(host)]


def _is_address(host: str) -> bool:
    return host.replace(".", "").isdigit() or is_valid_ipv6_address(host.strip("[]"))
