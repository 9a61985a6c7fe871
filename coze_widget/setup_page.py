"""The checklist as a page of the admin, and what the browser is to look at for it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from coze_widget.acceptance import recall, remember
from coze_widget.candidates import NotShown, find_widget
from coze_widget.checklist.items import Checklist, State
from coze_widget.checklist.oauth_app import Candidate, ask_about, read_configured
from coze_widget.checklist.whole import build_checklist
from coze_widget.checklist.widgets import Rows, read_rows
from coze_widget.csp import page_nonce
from coze_widget.models import Place, Widget
from coze_widget.paths import NotMounted, view_path
from coze_widget.sandboxed_frames import render_outermost
from coze_widget.status import oauth_app_names

logger = logging.getLogger(__name__)

MOST_FRAMES = 5
SCRIPTS = ("loader.js", "panel.js", "chat.js")
STYLES = ("admin/pages.css", "admin/setup.css")
# What the page's script says; {…} is filled in there.
SEEN_TEXTS = {
    "looking": _("Looking…"),
    "frame_ok": _("“{name}”: the frame arrives as Django sent it."),
    "frame_redirect": _("“{name}”: the frame's address leads somewhere else."),
    "frame_redirect_advice": _(
        "A proxy, a login wall or a language prefix answers before our view does. "
        "{path} has to answer by itself."
    ),
    "frame_unreachable": _("“{name}”: the frame cannot be fetched."),
    "frame_unreachable_advice": _(
        "The line is cut, or this page's Content-Security-Policy has no connect-src for "
        "the site itself."
    ),
    "frame_status": _("“{name}”: the frame's address answers {status}."),
    "frame_status_advice": _(
        "Is the widget enabled on this site, and does the proxy pass {path} to Django?"
    ),
    "frame_foreign": _("“{name}”: something else stands in the frame's place."),
    "frame_foreign_advice": _(
        "A login page, an error page or a portal of a proxy. Open {path} and look."
    ),
    "frame_no_policy": _("“{name}”: the frame's Content-Security-Policy is missing."),
    "frame_policy": _(
        "“{name}”: another Content-Security-Policy comes with the frame."
    ),
    "frame_policy_advice": _(
        "A proxy or a middleware sets it: {value}. Browsers obey each policy, and the "
        "chat needs its own alone. Leave the answers below {path} out there."
    ),
    "frame_no_policy_advice": _(
        "A proxy or a middleware takes it away. Leave the answers below {path} as they "
        "are."
    ),
    "frame_options": _("“{name}”: X-Frame-Options {value} comes with the frame."),
    "frame_options_advice": _(
        "A proxy or a middleware adds it. Browsers that know our policy go by that one, "
        "older ones show no chat. Leave the answers below {path} out there."
    ),
    "frame_changed": _("“{name}”: the frame was changed on its way."),
    "frame_changed_advice": _(
        "A cache holds an older one, or a proxy writes into pages. If the chat does not "
        "open, look there first."
    ),
    "greets": _("“{name}”: the frame opens and its script answers."),
    "silent": _("“{name}”: the frame does not answer."),
    "silent_advice": _(
        "The browser refuses the frame or the script in it; its console (F12) says why."
    ),
    "blocked": _("“{name}”: this page's policy does not let the frame in."),
    "blocked_advice": _(
        "Add 'self' to {directive} of the project's Content-Security-Policy."
    ),
    "script_ok": _("{file} arrives."),
    "script_missing": _("{file} is missing: {url} answers {status}."),
    "script_missing_advice": _(
        "Run `python manage.py collectstatic`, and let the web server serve STATIC_ROOT "
        "at STATIC_URL."
    ),
    "script_foreign": _("{file} does not arrive as a script but as {type}."),
    "script_foreign_advice": _(
        "A login page or an error page stands at {url}, or the server does not know the "
        "type of scripts."
    ),
    "script_other": _("{file} is not the file of this version of the package."),
    "script_other_advice": _(
        "Run `python manage.py collectstatic` and empty the caches in between. Right as "
        "it is where your storage rewrites scripts."
    ),
    "script_unreachable": _("{file} cannot be loaded from {url}."),
    "script_unreachable_advice": _(
        "Check STATIC_URL, the server behind it and this page's Content-Security-Policy."
    ),
    "no_frames": _(
        "No widget is enabled here in a frame: there is no frame to look at."
    ),
}


def ask_about_configured() -> None:
    """Ask Coze about each OAuth app of the settings, and keep its answers for minutes."""
    for one in ask_about(_configured()):
        if one.app and one.verdict:
            remember(one.app, one.verdict)


def build_context(
    request: HttpRequest, widgets: QuerySet[Widget], *, current_app: str
) -> dict[str, Any]:
    """Return what the template needs; `widgets` are those that this person may see."""
    candidates = [
        one.judged(recall(one.app)) if one.app else one for one in _configured()
    ]
    rows = read_rows(widgets)
    checklist = build_checklist(candidates, rows, current_app=current_app)
    return {
        "sections": checklist.sections,
        "next_item": checklist.next_item,
        "progress": _progress(checklist),
        "probes": _find_probes(request, rows),
        "nonce": page_nonce(request),
        "script_url": _asset_url("admin/setup.js"),
        "stylesheet_urls": list(filter(None, map(_asset_url, STYLES))),
    }


def _configured() -> list[Candidate]:
    return [read_configured(name) for name in oauth_app_names()]


def _progress(checklist: Checklist) -> dict[str, int]:
    done = checklist.count(State.DONE)
    left = checklist.count(State.OPEN, State.FAILED)
    return {
        "done": done,
        "left": left,
        "all": done + left,
        "unseen": checklist.count(State.UNSEEN),
    }


def _find_probes(request: HttpRequest, rows: Rows) -> dict[str, Any]:
    return {
        "frames": list(_frames(request, rows))[:MOST_FRAMES],
        "scripts": [
            {"file": name, "url": url, "digest": _digest_of_ours(name)}
            for name in SCRIPTS
            if (url := _asset_url(name))
        ],
        "texts": {key: str(text) for key, text in SEEN_TEXTS.items()},
        "states": {state.value: state.label for state in State},
    }


def _frames(request: HttpRequest, rows: Rows) -> Iterator[dict[str, str]]:
    """Yield those that this site's own address shows."""
    for slug in dict.fromkeys(widget.slug for widget in rows.widgets):
        try:
            widget = find_widget(request, slug)
            document, headers = render_outermost(widget, request)
            url = view_path("frame", slug)
        except (NotShown, NotMounted):
            continue
        except Exception:
            # A manifest without our files, say, or a slug that no path takes.
            logger.exception("The frame of “%s” cannot be rendered.", slug)
            continue
        if widget.place != Place.FRAME:
            continue
        yield {
            "slug": widget.slug,
            "name": widget.name,
            "url": url,
            "policy": headers["Content-Security-Policy"],
            "digest": sha256(document.encode()).hexdigest(),
        }


def _asset_url(name: str) -> str:
    """Return "" where the storage's manifest does not know the file yet."""
    try:
        return static(f"coze_widget/{name}")
    except ValueError:
        return ""


def _digest_of_ours(name: str) -> str:
    content = files("coze_widget").joinpath("static", "coze_widget", name).read_bytes()
    return sha256(content).hexdigest()
