"""The people whom server code speaks for, made of what the server knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from coze_widget.catalogue import catalogue
from coze_widget.models import Widget
from coze_widget.visitors import (
    SignedVisitor,
    Visitor,
    guest_visitor,
    signed_visitor,
    user_visitor,
)

SiteOrRequest = HttpRequest | int | None | Literal["SITE_ID"]


@dataclass(frozen=True)
class Person:
    """One person of one widget, who has one history in the page and on the server.

    Never make one of what a browser sent: whoever names a person reads their chats. The
    widget may be switched off, and its audience is not asked: server code decides itself.

    Where SITE_ID is not set, `site` is a request, a `Site.pk`, or None for hosts that are
    no site's. All three ways raise `Widget.DoesNotExist` for an unknown slug, ValueError
    for nobody, RowsUnreadable, and ImproperlyConfigured when the settings are wrong.
    """

    widget: Widget
    session_name: str
    nickname: str  # as the chat shows it; "" where nobody knows

    @classmethod
    def from_user(
        cls, user: Any, slug: str, *, site: SiteOrRequest = "SITE_ID"
    ) -> Person:
        """Return who this user is in the chat while logged in."""
        _require(user.pk is not None, "The user is not logged in, or not saved.")
        widget, site_id = _find(slug, site)
        return _person(widget, user_visitor(user, widget, site_id=site_id))

    @classmethod
    def from_guest(
        cls, guest_id: str, slug: str, *, site: SiteOrRequest = "SITE_ID"
    ) -> Person:
        """Return the guest whose id `coze_widget.visitors.read_guest_id` has read."""
        _require(guest_id, "The guest's id is empty.")
        widget, site_id = _find(slug, site)
        return _person(widget, guest_visitor(guest_id, widget, site_id=site_id))

    @classmethod
    def from_subject(
        cls, subject: str, slug: str, *, site: SiteOrRequest = "SITE_ID"
    ) -> Person:
        """Return whom visitor tokens for this widget name with this `sub`."""
        _require(subject, "The subject is empty.")
        widget, site_id = _find(slug, site)
        signed = SignedVisitor(subject)
        return _person(widget, signed_visitor(signed, widget, site_id=site_id))


def _person(widget: Widget, visitor: Visitor) -> Person:
    return Person(widget, visitor.session_name, visitor.nickname)


def _require(is_given: object, problem: str) -> None:
    """Everybody who is nobody would share one history."""
    if not is_given:
        raise ValueError(problem)


def _find(slug: str, site: SiteOrRequest) -> tuple[Widget, int | None]:
    site_id = _site_id(site)
    widget = catalogue.find(site_id, slug)
    if widget is None:
        raise Widget.DoesNotExist(f"There is no widget “{slug}” at this site.")
    return widget, site_id


def _site_id(site: SiteOrRequest) -> int | None:
    if isinstance(site, HttpRequest):
        return catalogue.site_id(site)
    if not isinstance(site, str):
        return site
    if not getattr(settings, "SITE_ID", None):
        # Somebody is another person at each site, and at hosts of none.
        raise ImproperlyConfigured(
            "SITE_ID is not set: say at which site, with site=request or site=<its pk>."
        )
    return catalogue.site_id(None)
