"""Whether the Content-Security-Policy of the settings lets the chat through.

The policy of a proxy cannot be seen from here, nor what a view changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.http.request import validate_host
from django.utils.translation import gettext as _

from coze_widget.checks.assets import is_local
from coze_widget.conf import conf
from coze_widget.csp import origin_of
from coze_widget.models import Place, Widget
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth_apps import find_oauth_app
from coze_widget.page_policies import (
    SELF,
    Embedding,
    Evidence,
    Need,
    addresses_of,
    find_needs,
    frame_needs,
)

DJANGO = "django.middleware.csp.ContentSecurityPolicyMiddleware"  # Django >= 6.0
DJANGO_CSP = (
    "csp.middleware.CSPMiddleware",
    "csp.contrib.rate_limiting.RateLimitedCSPMiddleware",
)
# How the two packages write "here goes the nonce" into the settings.
NONCES = ("<CSP_NONCE_SENTINEL>", "csp.constants.NONCE")
NONCE = "'nonce'"
FALLBACKS = {
    "frame-src": ("frame-src", "child-src", "default-src"),
    "script-src": ("script-src-elem", "script-src", "default-src"),
    "style-src": ("style-src-elem", "style-src", "default-src"),
    "connect-src": ("connect-src", "default-src"),
    "img-src": ("img-src", "default-src"),
    "font-src": ("font-src", "default-src"),
    "media-src": ("media-src", "default-src"),
    "worker-src": ("worker-src", "child-src", "script-src", "default-src"),
}
# Those without which an inline chat does not open; without the others it looks poor.
DECISIVE = ("script-src", "connect-src", "style-src")
CSP_3_DIRECTIVES = {name for names in FALLBACKS.values() for name in names} | {
    "require-trusted-types-for"
}


@dataclass(frozen=True)
class Policy:
    """`directives` has those that are in force, each with its sources."""

    setting: str
    directives: Mapping[str, tuple[str, ...]]

    def judging(self, name: str) -> str | None:
        """Return the directive that decides; None where anything may be loaded."""
        return next((one for one in FALLBACKS[name] if one in self.directives), None)

    def lacks(self, name: str, origin: str) -> bool:
        """Tell whether what carries no nonce is blocked."""
        judging = self.judging(name)
        if judging is None:
            return False
        sources = self.directives[judging]
        if "'strict-dynamic'" in sources and name == "script-src":
            return True
        return not any(_lets_in(source, origin) for source in sources)

    def refuses(self, need: Need) -> bool:
        """Tell whether what the widget needs is blocked, nonces counted."""
        sources = self.sources(need.directive)
        # What a script with the nonce loads is trusted, if the policy says so.
        is_trusted = need.takes_nonce or "'strict-dynamic'" in sources
        if need.directive == "script-src" and NONCE in sources and is_trusted:
            return False
        if need.source == "'unsafe-inline'" and NONCE in sources:
            return True  # beside a nonce a browser ignores the word
        if need.directive == "frame-src" and need.source != SELF:
            # The page's own host is another one than the frame's.
            is_judged = self.judging(need.directive) is not None
            return is_judged and not any(_names(one, need.source) for one in sources)
        return self.lacks(need.directive, need.source)

    def sources(self, name: str) -> tuple[str, ...]:
        judging = self.judging(name)
        return () if judging is None else self.directives[judging]


def check_page_policies() -> Iterator[CheckMessage]:
    """Judge what each page with a launcher needs: a frame of ours, and loader.js."""
    for policy in read_policies():
        for need in frame_needs(conf.frame_origin or SELF):
            if policy.refuses(need):
                yield _blocked(
                    policy,
                    need.directive,
                    str(need.what),
                    _("Add %(source)s to %(directive)s.")
                    % {"source": need.source, "directive": need.directive},
                )
        if is_local() and _blocks_our_script(policy):
            yield _blocked(
                policy,
                "script-src",
                "loader.js",
                _("Add the nonce or %(origin)s to script-src.")
                % {"origin": origin_of(settings.STATIC_URL)},
            )


def check_inline_policies(enabled: Iterable[Widget]) -> Iterator[CheckMessage]:
    """Judge what a widget in the page itself needs besides: all that the SDK does."""
    policies = read_policies()
    for widget in enabled if policies else ():
        if widget.place != Place.INLINE:
            continue
        for policy in policies:
            missing = list(_missing_inline(policy, widget))
            if missing:
                yield Warning(
                    _(
                        "The widget “%(slug)s” stands in the page itself, and %(setting)s "
                        "blocks the SDK there."
                    )
                    % {"slug": widget.slug, "setting": policy.setting},
                    hint=_("Let the chat live in its frame, or change: %(missing)s.")
                    % {"missing": "; ".join(missing)},
                    obj=widget,
                    id="coze_widget.W020",
                )


def read_policies() -> list[Policy]:
    """Return the enforced policies whose middleware is there; report-only stops nothing."""
    policies = []
    if DJANGO in settings.MIDDLEWARE:
        policies.append(_read_django())
    if any(path in settings.MIDDLEWARE for path in DJANGO_CSP):
        policies.append(_read_django_csp() if _is_csp_4() else _read_django_csp_3())
    return [policy for policy in policies if policy.directives]


def _read_django() -> Policy:
    # Django leaves out a directive without sources.
    directives = _directives(getattr(settings, "SECURE_CSP", None))
    given = {name: sources for name, sources in directives.items() if sources}
    return Policy("SECURE_CSP", given)


def _read_django_csp() -> Policy:
    config: object = getattr(settings, "CONTENT_SECURITY_POLICY", None)
    if not isinstance(config, Mapping) or not config:
        return Policy("CONTENT_SECURITY_POLICY", {})
    directives = _directives(config.get("DIRECTIVES", {}))
    # default_config of django-csp 4.
    return Policy("CONTENT_SECURITY_POLICY", {"default-src": ("'self'",), **directives})


def _read_django_csp_3() -> Policy:
    if getattr(settings, "CSP_REPORT_ONLY", False):
        return Policy("CSP_…", {})
    given = {
        name: getattr(settings, f"CSP_{name.replace('-', '_').upper()}", None)
        for name in CSP_3_DIRECTIVES
    }
    directives = {"default-src": ("'self'",), **_directives(given)}
    for name in getattr(settings, "CSP_INCLUDE_NONCE_IN", ()):
        directives[name] = (*directives.get(name, ()), NONCE)
    return Policy("CSP_…", directives)


def _is_csp_4() -> bool:
    try:
        return find_spec("csp.constants") is not None
    except ModuleNotFoundError:
        return False


def _directives(config: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(config, Mapping):
        return {}
    return {
        str(name).lower(): _sources(value)
        for name, value in config.items()
        if value not in (None, False)
    }


def _sources(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
    words = [word for value in values for word in str(value).split()]
    return tuple(NONCE if word in NONCES else word.lower() for word in words)


def _blocks_our_script(policy: Policy) -> bool:
    """Our tags carry the nonce where the policy has one."""
    has_nonce = NONCE in policy.sources("script-src")
    return not has_nonce and policy.lacks("script-src", origin_of(settings.STATIC_URL))


def _missing_inline(policy: Policy, widget: Widget) -> Iterator[str]:
    try:
        base_url = find_oauth_app(widget.oauth_app).base_url
    except CredentialsError:
        return
    addresses = addresses_of(widget, Embedding.INLINE, base_url=base_url)
    needs = find_needs(Embedding.INLINE, addresses)
    for need in needs.needs:
        is_decisive = need.directive in DECISIVE and need.evidence is Evidence.MEASURED
        # Of our own scripts the check of all pages speaks.
        if is_decisive and not need.takes_nonce and policy.refuses(need):
            yield f"{need.directive} {need.source}"
    if "require-trusted-types-for" in policy.directives:
        yield _("without require-trusted-types-for")


def _blocked(policy: Policy, name: str, what: str, remedy: str) -> CheckMessage:
    return Warning(
        _("%(setting)s blocks %(what)s: %(directive)s is “%(sources)s”.")
        % {
            "setting": policy.setting,
            "what": what,
            "directive": policy.judging(name),
            "sources": " ".join(policy.sources(name)),
        },
        hint=remedy,
        id="coze_widget.W020",
    )


def _lets_in(source: str, origin: str) -> bool:
    """Tell whether a source matches an origin, `'self'` being the site's own.

    Or a scheme, or the word that lets styles in, which nothing but themselves match.
    """
    if origin.endswith(":") or origin.startswith("'unsafe-"):
        return source == origin or (source == "*" and origin == "https:")
    is_own = origin == SELF or _is_own(_host(origin))
    if is_own and (source == SELF or _is_own(_host(source))):
        return True
    return _names(source, origin)


def _names(source: str, origin: str) -> bool:
    """Tell whether a source matches an origin by its name, or as any."""
    if source in ("*", "https:", "http:"):
        return True
    host = _host(source)
    if host.startswith("*."):
        return _host(origin).endswith(host[1:])
    return bool(host) and host == _host(origin)


def _host(source: str) -> str:
    if source.startswith("'"):
        return ""
    netloc = urlsplit(source if "//" in source else f"//{source}").netloc
    return netloc.rpartition("@")[2].split(":")[0].lower()


def _is_own(host: str) -> bool:
    """With `*` in ALLOWED_HOSTS any host can be the site's own, so nothing is said."""
    if not host:
        return False
    if host.startswith("*."):
        return any(allowed.endswith(host[2:]) for allowed in settings.ALLOWED_HOSTS)
    return validate_host(host, settings.ALLOWED_HOSTS)
