"""What is no mistake and still not what the editor may expect, in short sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from coze_widget.audience import (
    find_shared_apps,
    is_login_against_guests,
    restricts_accounts,
)
from coze_widget.conf import conf
from coze_widget.icons import contrast
from coze_widget.models import (
    ColorScheme,
    Guests,
    Launcher,
    Load,
    Mode,
    VisitorKey,
    Widget,
)
from coze_widget.needs import find_shortcomings
from coze_widget.oauth.credentials import COZE_COM_BASE_URL, CredentialsError
from coze_widget.oauth_apps import find_oauth_app
from coze_widget.path_patterns import is_shown_on
from coze_widget.sdk_versions import NEWEST_ON_COM, is_older

# Larger whole numbers lose digits in JavaScript.
MAX_SAFE_INTEGER = 2**53 - 1
# Of what is no text, against what it lies on (WCAG 2, 1.4.11).
LEAST_CONTRAST = 3
WHITE, BLACK = "#ffffff", "#000000"
_COLOR = re.compile("#[0-9a-fA-F]{6}")


def give_advice(
    widget: Widget, *, seen: Iterable[Widget] | None = None
) -> Iterator[str]:
    """Yield sentences in the active language; the widget is compared with the saved ones.

    Whoever may not see all of them gives `seen`, and no other is named.
    """
    yield from _about_version(widget)
    yield from _about_script(widget)
    yield from _about_mode(widget)
    yield from _about_feedback(widget)
    yield from _about_people(widget)
    yield from _about_place_and_time(widget)
    yield from _about_launcher(widget)
    yield from _about_consent(widget)
    yield from _about_other_sites(widget)
    if widget.enabled:
        others = [*Widget.objects.filter(enabled=True).exclude(pk=widget.pk)]
        known = others if seen is None else seen
        names = _Names([widget, *known])
        yield from dict.fromkeys(_about_shared_app(widget, [widget, *others], names))
        yield from _about_shared_bot(widget, others, names)
    if widget.chat_bot_is_need_audio:
        yield _(
            "Voice input works on pages with HTTPS only; elsewhere the SDK is told that "
            "it is off."
        )
    if _holds_long_number(widget.parameters):
        yield _(
            "Browsers round whole numbers above 9007199254740991: put long ids of the "
            "parameters into quotes."
        )


def _about_consent(widget: Widget) -> Iterator[str]:
    loads_ahead = widget.load != Load.CLICK or widget.preconnect
    if widget.consent_text and loads_ahead:
        yield _(
            "Visitors are asked first: nothing is loaded before they agree, whatever is "
            "chosen at “load the SDK” and “connect ahead”."
        )
    if not widget.consent_text and (
        widget.consent_link_text or widget.consent_link_url
    ):
        yield _("The link of the consent shows only where there is a text.")
    elif widget.consent_link_text and not widget.consent_link_url:
        yield _("The link of the consent has no address: it does not show.")


def _about_other_sites(widget: Widget) -> Iterator[str]:
    if not widget.allowed_origins:
        return
    if restricts_accounts(widget):
        yield _(
            "On pages of other sites nobody has an account of this one: what asks for "
            "staff, groups or a permission stays closed there, unless the login reaches "
            "that page."
        )
    elif widget.guests == Guests.LOGIN and not _takes_visitor_tokens(widget):
        yield _(
            "On pages of other sites hardly anybody is logged in: let guests chat, or "
            "give the widget a visitor key."
        )


def _takes_visitor_tokens(widget: Widget) -> bool:
    return VisitorKey.objects.filter(widget_id=widget.pk, is_enabled=True).exists()


def remind_to_publish(widget: Widget) -> str:
    if widget.mode == Mode.APP:
        return _("In Coze, the app must be published to API and to Chat SDK.")
    return _("In Coze, the agent must be published to API and to Chat SDK.")


def _about_version(widget: Widget) -> Iterator[str]:
    if is_older(NEWEST_ON_COM, widget.sdk_version) and _is_on_com(widget):
        yield _(
            "No SDK newer than %(version)s is known on coze.com: if the chat does not "
            "load, choose that version."
        ) % {"version": NEWEST_ON_COM}
    yield from find_shortcomings(widget)


def _about_script(widget: Widget) -> Iterator[str]:
    url, version = widget.sdk_url, widget.sdk_version
    is_fixed = bool(url) and "{version}" not in url
    if is_fixed and version not in url:
        yield _(
            "The address of the SDK has no {version}: which one is loaded is up to that "
            "host, and the advice here is about %(version)s."
        ) % {"version": version}
    if not widget.sdk_integrity:
        return
    if is_fixed and version not in url:
        yield _(
            "A hash fits one file only: as soon as another version stands at this address, "
            "no chat opens."
        )
    elif not url:
        yield _(
            "A hash needs a host that allows other sites to read its files (CORS). Whether "
            "Coze's does is not verified: open the chat once, and without it, take the "
            "hash away."
        )


def _is_on_com(widget: Widget) -> bool:
    try:
        app = find_oauth_app(widget.oauth_app)
    except CredentialsError:
        return False
    return app.base_url == COZE_COM_BASE_URL and app.base_url not in conf.sdk_urls


def _about_mode(widget: Widget) -> Iterator[str]:
    if widget.mode == Mode.APP and widget.conversations_is_need:
        yield _("The SDK has no list of conversations for apps.")
    if widget.mode == Mode.BOT and widget.parameters:
        yield _("Only an agent in single-agent chatflow mode takes parameters.")


def _about_feedback(widget: Widget) -> Iterator[str]:
    """What of it is from the SDK's source, not from Coze's guide, says so."""
    has_tags = bool(widget.chat_bot_feedback_panel_tags)
    has_words = bool(
        widget.chat_bot_feedback_panel_title
        or widget.chat_bot_feedback_panel_placeholder
    )
    if widget.chat_bot_feedback_is_need:
        yield _(
            "Thumbs up and down probably need the permission “feedback”: tick it for the "
            "OAuth app in Coze's console and press “authorise” again. Coze's list for the "
            "Chat SDK does not have it; not verified."
        )
        if has_words and not has_tags:
            yield _(
                "The panel for feedback appears only when it has a tag, by the SDK's source."
            )
    elif has_words or has_tags:
        yield _("Without thumbs up and down there is no panel for feedback.")


def _about_people(widget: Widget) -> Iterator[str]:
    is_open = widget.guests == Guests.ISOLATED and not restricts_accounts(widget)
    if widget.guest_days and not is_open:
        yield _("Guests are asked to log in, so there is nobody to remember for days.")
    if widget.hide_from_others and is_open and not widget.audience:
        yield _("Everybody may chat, so there is nobody to hide the button from.")
    elif widget.hide_from_others:
        yield _(
            "Pages with this widget differ from person to person: shared caches must not "
            "keep them."
        )
    if widget.parameters:
        yield _(
            "Whoever chats can read the parameters and send others: never decide by them "
            "what somebody may see or do."
        )
    if widget.page_sets_nickname:
        yield _("A page that names a person must not be kept by shared caches.")


def _about_place_and_time(widget: Widget) -> Iterator[str]:
    if _excludes_all(widget):
        yield _("Every page that is included is excluded, too: nobody sees the widget.")
    if widget.weekly_hours and not widget.time_zone:
        yield _("The weekly hours are counted in the site's time zone, %(zone)s.") % {
            "zone": settings.TIME_ZONE
        }
    if widget.shown_until and widget.shown_until <= timezone.now():
        yield _("“Shown until” is over: nobody sees the widget.")


def _excludes_all(widget: Widget) -> bool:
    """Tell whether each pattern that includes is within one that excludes.

    A star within the former is a letter that no pattern has, so only a star meets it.
    """
    lines = [line.strip() for line in widget.include_paths.splitlines()]
    included = [line for line in lines if line] or ["/*"]
    return not any(
        is_shown_on(
            unquote(line.replace("*", "\0")), include="", exclude=widget.exclude_paths
        )
        for line in included
    )


def _about_launcher(widget: Widget) -> Iterator[str]:
    if widget.launcher != Launcher.OWN:
        return
    if widget.launcher_icon and widget.launcher_icon_url:
        yield _("The uploaded picture is shown; the address beside it is not used.")
    sentences = {
        WHITE: _(
            "The launcher hardly stands out from a white page (contrast %(contrast)s, "
            "3 are needed): take a darker colour."
        ),
        BLACK: _(
            "The launcher hardly stands out from a black page (contrast %(contrast)s, "
            "3 are needed): take a lighter colour."
        ),
    }
    color = widget.launcher_color
    # A row of a fixture may hold anything, and its form has to open all the same.
    for page in _pages_of(widget) if _COLOR.fullmatch(color) else ():
        found = contrast(color, page)
        if found < LEAST_CONTRAST:
            yield sentences[page] % {"contrast": f"{found:.1f}"}


def _pages_of(widget: Widget) -> list[str]:
    return {
        ColorScheme.LIGHT.value: [WHITE],
        ColorScheme.DARK.value: [BLACK],
    }.get(widget.color_scheme, [WHITE, BLACK])


class _Names:
    """What widgets are called before an editor who need not know all of them."""

    def __init__(self, known: list[Widget]) -> None:
        self.known = known

    def quote(self, widget: Widget) -> str:
        return f"“{widget.slug}”" if widget in self.known else _("another widget")

    def join(self, widgets: Iterable[Widget]) -> str:
        return _(", ").join(dict.fromkeys(map(self.quote, widgets)))


def _about_shared_bot(
    widget: Widget, others: list[Widget], names: _Names
) -> Iterator[str]:
    sharing = [other for other in others if _may_meet(widget, other)]
    if sharing:
        yield _(
            "%(slugs)s: the same bot, so a person has one history in all of them. In the "
            "page itself the SDK shares one core per bot: open one at a time."
        ) % {"slugs": names.join(sharing)}


def _may_meet(widget: Widget, other: Widget) -> bool:
    """Tell whether one page can have both; a site's own row hides that for all sites."""
    meets = None in (widget.site_id, other.site_id) or widget.site_id == other.site_id
    return (
        meets
        and widget.slug != other.slug
        and widget.mode == other.mode
        and _ids_of(widget) == _ids_of(other)
    )


def _ids_of(widget: Widget) -> tuple[str, ...]:
    if widget.mode == Mode.BOT:
        return (widget.bot_id,)
    return widget.app_id, widget.workflow_id


def _about_shared_app(
    widget: Widget, shown: list[Widget], names: _Names
) -> Iterator[str]:
    for restricted, others in find_shared_apps(shown):
        if widget not in (restricted, *others):
            continue
        is_against_guests = is_login_against_guests(restricted, others)
        if restricted not in names.known:
            sentence = (
                _(
                    "A guest of %(open)s gets a token that reaches the bot of another widget, "
                    "too, although people are asked to log in there: give “%(own)s” an OAuth "
                    "app of its own, authorised for a workspace of its own."
                )
                if is_against_guests
                else _(
                    "Whoever chats in %(open)s gets a token that reaches the bot of another "
                    "widget, too, which turns some of them away: give “%(own)s” an OAuth app "
                    "of its own, authorised for a workspace of its own."
                )
            )
        else:
            sentence = (
                _(
                    "A guest of %(open)s gets a token that reaches the bot of “%(slug)s”, "
                    "too, although people are asked to log in there: give “%(slug)s” an "
                    "OAuth app of its own, authorised for a workspace of its own."
                )
                if is_against_guests
                else _(
                    "Whoever chats in %(open)s gets a token that reaches the bot of "
                    "“%(slug)s”, too, which turns some of them away: give “%(slug)s” an "
                    "OAuth app of its own, authorised for a workspace of its own."
                )
            )
        yield sentence % {
            "open": names.join(others),
            "slug": restricted.slug,
            "own": widget.slug,
        }


def _holds_long_number(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_long_number(part) for part in value.values())
    if isinstance(value, list):
        return any(_holds_long_number(part) for part in value)
    return isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER
