"""A page of the site as a browser gets it, behind whatever stands in front of Django."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext as _

from coze_widget.checks.policies import Policy
from coze_widget.conf import conf
from coze_widget.console import is_on_this_machine
from coze_widget.doctor.documents import (
    fetch,
    find_blocked,
    name_status,
    page_origin,
    read_policies,
)
from coze_widget.doctor.patients import Patient
from coze_widget.doctor.steps import Sight, Step, failed, passed, skipped, warned
from coze_widget.exceptions import CozeError
from coze_widget.models import Place
from coze_widget.oauth.transport import Document
from coze_widget.page_policies import (
    SELF,
    Embedding,
    Need,
    PageNeeds,
    addresses_of,
    find_needs,
)
from coze_widget.paths import view_path
from coze_widget.redaction import redact
from coze_widget.sentences import translate

Judge = Callable[[Patient], Iterator[Sight]]


def look_at_voice(patient: Patient) -> Iterator[Sight]:
    if not patient.widget.chat_bot_is_need_audio:
        yield passed(_("Voice is off."))
    elif not patient.page_url:
        yield _no_page()
    elif _has_microphone(patient.page_url):
        yield passed(
            _("Voice is on, and the page is one that browsers give a microphone.")
        )
    else:
        yield failed(
            _("Voice is on, and %(url)s is no https: browsers give it no microphone.")
            % {"url": patient.page_url},
            _("Serve the site over https, or switch voice off."),
        )


def look_at_page(patient: Patient) -> Iterator[Sight]:
    all_well = _("The page holds the widget, and lets its frame through.")
    return _visit(patient, [_judge_page], all_well)


def look_at_frame(patient: Patient) -> Iterator[Sight]:
    all_well = _("Nothing in front of Django changes the frame or keeps a session.")
    return _visit(patient, [_judge_frame, _judge_session], all_well)


def _visit(patient: Patient, judges: list[Judge], all_well: str) -> Iterator[Sight]:
    if not patient.page_url:
        yield _no_page()
        return
    if not patient.widget.enabled:
        yield skipped(_("The widget is switched off."))
        return
    sights = [sight for judge in judges for sight in _listen(judge, patient)]
    yield from sights or [passed(all_well)]


def _listen(judge: Judge, patient: Patient) -> Iterator[Sight]:
    try:
        yield from judge(patient)
    except CozeError as exc:
        # Its own remedy speaks of Coze.
        yield failed(
            str(translate(exc.args[0], gettext)),
            _(
                "This machine has to reach the site by the address of the page; "
                "COZE_PROXIES, COZE_CA_BUNDLE and the time-outs hold here, too."
            ),
        )


def _has_microphone(url: str) -> bool:
    return urlsplit(url).scheme == "https" or is_on_this_machine(url)


# The page


def _judge_page(patient: Patient) -> Iterator[Sight]:
    page = fetch(patient.page_url)
    if page.status != 200:
        yield failed(
            _("%(url)s answers with %(status)s.")
            % {"url": patient.page_url, "status": name_status(page)},
            _("Name a page that everybody may see, by the address that it has."),
        )
        return
    yield from _look_for_widget(patient, page)
    needs = _find_page_needs(patient)
    yield from _judge_policies(patient, page, needs)
    yield from _judge_microphone(page, needs)
    if patient.widget.hide_from_others and _is_kept(page):
        yield failed(
            _("Something may keep the page, which differs from person to person."),
            _(
                "The button is hidden from some: shared caches must leave the page out, "
                "or show the button to all."
            ),
        )


def _look_for_widget(patient: Patient, page: Document) -> Iterator[Sight]:
    slug = patient.widget.slug
    # A minifier may have taken the quotes.
    mark = rf"""(id=|data-coze-widget=)["']?(coze-(widget|chat)-)?{slug}["'\s>]"""
    if re.search(mark.encode(), page.body):
        return
    if not page.is_whole:
        yield warned(
            _("The page is longer than %(size)s MB, and was not read to its end.")
            % {"size": round(len(page.body) / 1e6)},
            _("Name another page that holds the widget."),
        )
        return
    yield warned(
        _("The page does not hold the widget “%(slug)s”.") % {"slug": slug},
        _(
            "Either its template lacks the tag, or the widget is not shown there: the log "
            "says why."
        ),
    )


def _find_page_needs(patient: Patient) -> PageNeeds:
    is_inline = patient.widget.place == Place.INLINE
    return _find_needs(patient, Embedding.INLINE if is_inline else Embedding.FRAME)


def _find_needs(patient: Patient, embedding: Embedding) -> PageNeeds:
    base_url = patient.oauth_app.base_url
    addresses = addresses_of(patient.widget, embedding, base_url=base_url)
    return find_needs(embedding, addresses)


def _judge_policies(
    patient: Patient, page: Document, needs: PageNeeds
) -> Iterator[Sight]:
    origin = page_origin(patient.page_url)
    for policy in read_policies(page):
        for need in find_blocked(policy, needs, origin):
            yield failed(
                _("The page's policy blocks %(what)s: %(directive)s is “%(sources)s”.")
                % {
                    "what": need.what,
                    "directive": policy.judging(need.directive),
                    "sources": redact(" ".join(policy.sources(need.directive))),
                },
                _("Add %(source)s to %(directive)s.")
                % {"source": need.source, "directive": need.directive},
            )


def _judge_microphone(page: Document, needs: PageNeeds) -> Iterator[Sight]:
    header = page.headers.get("permissions-policy", "")
    found = re.search(r"\bmicrophone=(\*|\([^)]*\)|\w+)", header)
    if not needs.microphone or found is None:
        return
    allowed = found[1].strip("()").split()
    if "*" not in allowed and set(needs.microphone.split()) - set(allowed):
        yield failed(
            _(
                "The page's Permissions-Policy keeps the microphone from the chat: %(is)s."
            )
            % {"is": redact(found[0])},
            _("Voice needs microphone=(%(allowed)s).") % {"allowed": needs.microphone},
        )


def _is_kept(page: Document) -> bool:
    caching = page.headers.get("cache-control", "").lower()
    return "age" in page.headers or "public" in caching or "s-maxage" in caching


# The frame, and the session


def _judge_frame(patient: Patient) -> Iterator[Sight]:
    url = _address(patient, "frame")
    frame = fetch(url)
    if frame.status != 200:
        yield failed(
            _("The frame answers with %(status)s.") % {"status": name_status(frame)},
            _(
                "Let its path through for everybody: no login, no redirect, no other "
                "virtual host."
            ),
        )
        return
    policies = read_policies(frame)
    if not any("frame-ancestors" in policy.directives for policy in policies):
        yield failed(
            _("The frame comes without its Content-Security-Policy."),
            _("A proxy takes the header out or replaces it: let it through."),
        )
        return
    yield from _judge_ancestors(patient, url, policies)
    yield from _judge_added(patient, url, policies)
    yield from _judge_old_header(patient, frame)
    if "set-cookie" in frame.headers:
        yield warned(
            _("The frame comes with a cookie, so that no CDN keeps it."),
            _("A proxy or a middleware adds it: leave the frame's path out."),
        )


def _judge_ancestors(
    patient: Patient, url: str, policies: list[Policy]
) -> Iterator[Sight]:
    page = page_origin(patient.page_url)
    for policy in policies:
        ancestors = policy.directives.get("frame-ancestors")
        if ancestors is None or (SELF in ancestors and page == page_origin(url)):
            continue
        # The words are those of frame-src.
        holding = Policy("", {"frame-src": ancestors})
        if holding.refuses(Need("frame-src", page, "")):
            yield failed(
                _(
                    "A policy keeps the frame out of %(page)s: frame-ancestors %(words)s."
                )
                % {"page": page, "words": redact(" ".join(ancestors))},
                _(
                    "Is it a proxy's or the project's: leave the frame's path out. Is it "
                    "ours: name the page's origin in COZE_PAGE_ORIGINS."
                ),
            )


def _judge_added(patient: Patient, url: str, policies: list[Policy]) -> Iterator[Sight]:
    """Our own policy lets all through that is asked here; somebody may have added one."""
    if conf.frame_sandbox:
        return  # the SDK runs in the document within
    needs = _find_needs(patient, Embedding.INLINE)
    for policy in policies:
        blocked = list(find_blocked(policy, needs, page_origin(url)))
        missing = [f"{need.directive} {need.source}" for need in blocked]
        if missing:
            yield failed(
                _(
                    "A policy that is not ours blocks the chat in its frame: %(missing)s."
                )
                % {"missing": "; ".join(missing)},
                _("A proxy or the project adds it: leave the frame's path out."),
            )


def _judge_old_header(patient: Patient, frame: Document) -> Iterator[Sight]:
    header = frame.headers.get("x-frame-options", "")
    is_elsewhere = bool(conf.frame_origin or patient.widget.allowed_origins)
    if header and (is_elsewhere or header.upper() != "SAMEORIGIN"):
        yield warned(
            _("The frame comes with X-Frame-Options: %(header)s.")
            % {"header": redact(header)},
            _(
                "Only browsers that know no frame-ancestors obey it, and show no chat: a "
                "proxy adds it, leave the frame's path out."
            ),
        )


def _judge_session(patient: Patient) -> Iterator[Sight]:
    """Ask by GET, which it refuses, and nobody may keep that either."""
    session = fetch(_address(patient, "session"))
    headers = session.headers
    is_ours = headers.get("content-type", "") == "application/problem+json"
    if session.status != 405 or not is_ours:
        yield failed(
            _("Where the session view should be, something else answers: %(status)s.")
            % {"status": name_status(session)},
            _(
                "GET gets HTTP 405 there, in JSON. Let its path through to Django: no "
                "login, no redirect, no page of errors."
            ),
        )
    elif "no-store" not in headers.get("cache-control", "") or "age" in headers:
        yield failed(
            _("Something keeps answers of the session view."),
            _(
                "A CDN would hand one person's token to another: it must not keep what "
                "says no-store."
            ),
        )


def _address(patient: Patient, view: str) -> str:
    base = conf.frame_origin or patient.page_url
    return urljoin(base, view_path(view, patient.widget.slug))


def _no_page() -> Sight:
    return skipped(_("No page of the site was named."))


VOICE = Step("voice", gettext_lazy("Voice"), look_at_voice)
PAGE = Step(
    "page",
    gettext_lazy("A page of the site"),
    look_at_page,
    needs=("widget", "key"),
    asks=True,
)
FRAME = Step(
    "frame",
    gettext_lazy("Frame and session"),
    look_at_frame,
    needs=("widget", "key"),
    asks=True,
)
