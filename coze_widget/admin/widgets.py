from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, router, transaction
from django.forms import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coze_widget.admin.examining import Examining
from coze_widget.admin.moving import Moving
from coze_widget.admin.pasting import Pasting
from coze_widget.admin.previewing import Previewing
from coze_widget.admin.probing import Probing
from coze_widget.admin.publishing import Publishing, is_draft
from coze_widget.admin.visitor_keys import VisitorKeys
from coze_widget.advice import give_advice, remind_to_publish
from coze_widget.checklist.widgets import read_rows
from coze_widget.checks.login import check_login_page
from coze_widget.executors import release_connections
from coze_widget.forms import WidgetForm
from coze_widget.hours import is_open, opens_at
from coze_widget.models import Widget
from coze_widget.setup_page import ask_about_configured, build_context
from coze_widget.status import find_status

# After a save; all of it stands in the form.
MOST_SAID = 2
SETUP_URL_NAME = "coze_widget_widget_setup"
HEADLINES: dict[bool | str | None, Any] = {
    True: _("Shown on pages that have its tag."),
    None: _("Shown to you alone."),
    False: _("Visitors see nothing."),
    "off": _("Switched off: visitors see nothing."),
}


def _heading(title: Any, name: str) -> Any:
    """Return a title with the name that Coze's guide gives to these options."""
    return format_lazy("{title} · {name}", title=title, name=name)


def _options(title: Any, name: str, *fields: str) -> tuple[Any, Any]:
    """Return a group of options that is closed until wanted, or until it holds an error."""
    return _heading(title, name), {"fields": fields, "classes": ("collapse",)}


class SiteFilter(admin.RelatedFieldListFilter):
    """Names the widgets without a site, for which Django has a dash."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_value_display = SafeString(gettext("All sites"))


@admin.register(Widget)
class WidgetAdmin(
    VisitorKeys, Pasting, Previewing, Publishing, Moving, Examining, Probing
):
    form = WidgetForm
    # What phones show without scrolling comes first.
    list_display = (
        "name",
        "works",
        "test",
        "bot_name",
        "enabled",
        "shown_on",
        "slug",
        "order",
    )
    list_filter = ("enabled", "mode", "place", ("site", SiteFilter))
    list_select_related = ("site",)
    search_fields = ("name", "slug", "bot_name", "bot_id", "app_id", "workflow_id")
    ordering = ("order", "slug")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("status", "tag")
    fieldsets = (
        (None, {"fields": ("status", "tag", "name", "slug")}),
        (
            _heading(_("What it talks to"), "config"),
            {
                "fields": (
                    "oauth_app",
                    "mode",
                    "bot_id",
                    "app_id",
                    "workflow_id",
                    "app_version",
                    "parameters",
                    "sdk_version",
                    "sdk_url",
                    "sdk_integrity",
                )
            },
        ),
        (
            _("Where"),
            {
                "fields": (
                    "enabled",
                    "site",
                    "order",
                    "include_paths",
                    "exclude_paths",
                    "allowed_origins",
                    "place",
                    "load",
                    "preconnect",
                )
            },
        ),
        (
            _("Who"),
            {
                "fields": (
                    "guests",
                    "guest_days",
                    "staff_only",
                    "groups",
                    "permission",
                    "audience",
                    "hide_from_others",
                )
            },
        ),
        (
            _("Consent"),
            {
                "fields": ("consent_text", "consent_link_text", "consent_link_url"),
                "classes": ("collapse",),
            },
        ),
        (
            _("When"),
            {
                "fields": ("weekly_hours", "time_zone", "shown_from", "shown_until"),
                "classes": ("collapse",),
            },
        ),
        _options(
            _("Look"),
            "ui.base",
            "base_icon",
            "base_layout",
            "base_lang",
            "base_z_index",
        ),
        _options(
            _("Launcher"),
            "ui.asstBtn",
            "launcher",
            "launcher_corner",
            "launcher_offset_x",
            "launcher_offset_y",
            "launcher_size",
            "launcher_color",
            "launcher_icon",
            "launcher_icon_url",
            "launcher_label",
            "color_scheme",
        ),
        _options(_("Title bar"), "ui.header", "header_is_show", "header_is_need_close"),
        _options(
            _("Line under the input"),
            "ui.footer",
            "footer_is_show",
            "footer_expression_text",
            "footer_linkvars",
        ),
        _options(_("Conversations"), "ui.conversations", "conversations_is_need"),
        _options(
            _("Chat"),
            "ui.chatBot",
            "chat_bot_title",
            "chat_bot_width",
            "chat_bot_uploadable",
            "chat_bot_is_need_audio",
            "chat_bot_is_need_function_call_message",
            "chat_bot_is_need_add_new_conversation",
            "chat_bot_is_need_clear_context",
            "chat_bot_is_need_quote",
        ),
        _options(
            _("Feedback"),
            "ui.chatBot.feedback",
            "chat_bot_feedback_is_need",
            "chat_bot_feedback_panel_title",
            "chat_bot_feedback_panel_placeholder",
            "chat_bot_feedback_panel_tags",
        ),
        _options(_("Visitor"), "userInfo", "user_nickname", "user_url"),
        (
            _("What pages may say differently"),
            {
                "fields": (
                    "page_sets_title",
                    "page_sets_lang",
                    "page_sets_parameters",
                    "page_sets_nickname",
                ),
                "classes": ("collapse",),
            },
        ),
        _options(_("Whatever else the SDK takes"), "JSON", "extra_options"),
    )

    class Media:
        css = {"all": ("coze_widget/admin/widget_form.css",)}
        js = (Script("coze_widget/admin/widget_form.js", defer=True),)

    def get_fieldsets(self, request: HttpRequest, obj: Widget | None = None) -> Any:
        """Leave out of the form for a new widget what only a saved one has."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return ((None, {"fields": ("name", "slug")}), *fieldsets[1:])
        return fieldsets

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Where the table is missing, lead to the checklist, which names the remedy."""
        try:
            with transaction.atomic(using=router.db_for_read(Widget)):
                return super().changelist_view(request, extra_context)
        except DatabaseError:
            if not read_rows().error:
                raise
            return HttpResponseRedirect(self._setup_url())

    def get_urls(self) -> list[URLPattern]:
        """Put ours first: the last of Django's own takes any path for a row's id."""
        view = self.admin_site.admin_view(self.setup_view)
        return [path("setup/", view, name=SETUP_URL_NAME), *super().get_urls()]

    @method_decorator(transaction.non_atomic_requests)  # Coze may take seconds
    def setup_view(self, request: HttpRequest) -> HttpResponse:
        """Show what is still to be done; a POST asks Coze about each OAuth app."""
        may_ask = self.has_change_permission(request)
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            if not may_ask:
                raise PermissionDenied
            release_connections()
            ask_about_configured()
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            **build_context(
                request,
                self.get_queryset(request),
                current_app=self.admin_site.name,
            ),
            "title": _("Setting up"),
            "opts": self.opts,
            "may_ask": may_ask,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/coze_widget/widget/setup.html", context)

    @admin.display(description=_("site"), ordering="site")
    def shown_on(self, widget: Widget) -> Any:
        return widget.site or _("All sites")

    @admin.display(description=_("configured"), boolean=True)
    def works(self, widget: Widget) -> bool | None:
        return find_status(widget).works

    @admin.display(description=_("status"))
    def status(self, widget: Widget) -> SafeString:
        found = find_status(widget)
        works = found.works if widget.enabled else "off"
        return format_html(
            '<div class="coze-status" data-works="{}"><strong>{}</strong> {}{}</div>{}',
            works,
            _say_closed(widget) if works is True else HEADLINES[works],
            found.text,
            self._setup_link(_("Ask Coze now") if found.works else _("What to do")),
            _list_advice(widget),
        )

    def _setup_url(self) -> str:
        name = f"admin:{SETUP_URL_NAME}"
        return reverse(name, current_app=self.admin_site.name)

    def _setup_link(self, text: Any) -> SafeString:
        return format_html(' <a href="{}">{}</a>', self._setup_url(), text)

    @admin.display(description=_("for templates"))
    def tag(self, widget: Widget) -> SafeString:
        """Return the line to copy; the script of this page adds a button."""
        return format_html(
            '<code class="coze-tag" data-copy="{}" data-copied="{}">{}</code>',
            _("Copy"),
            _("Copied"),
            f'{{% load coze_widget %}}{{% coze_widget "{widget.slug}" %}}',
        )

    def response_add(
        self, request: HttpRequest, obj: Widget, post_url_continue: str | None = None
    ) -> HttpResponse:
        response = super().response_add(request, obj, post_url_continue)
        messages.info(request, remind_to_publish(obj))
        _warn(request, obj, seen=self.get_queryset(request))
        return response

    def response_change(self, request: HttpRequest, obj: Widget) -> HttpResponse:
        response = super().response_change(request, obj)
        _warn(request, obj, seen=self.get_queryset(request))
        return response


def _say_closed(widget: Widget) -> Any:
    """Return the headline of a widget that is in order: the clock may say otherwise."""
    now = timezone.now()
    if is_open(widget, now):
        return HEADLINES[True]
    opens = opens_at(widget, now)
    if opens is None:
        return _("Closed: visitors see nothing.")
    return _("Closed now: visitors see nothing until %(moment)s.") % {
        "moment": date_format(timezone.localtime(opens), "DATETIME_FORMAT")
    }


def _list_advice(widget: Widget) -> SafeString:
    advice = give_advice(widget, seen=getattr(widget, "seen_beside", ()))
    lines = format_html_join("", "<li>{}</li>", ([one] for one in advice))
    return format_html('<ul class="coze-advice">{}</ul>', lines) if lines else lines


def _warn(request: HttpRequest, widget: Widget, *, seen: Iterable[Widget]) -> None:
    """Say below "was saved" what the editor may not expect."""
    if is_draft(request):
        return
    status = find_status(widget)
    if status.works is not True:
        messages.warning(request, f"{HEADLINES[status.works]} {status.text}")
    if status.works is True and not is_open(widget, timezone.now()):
        messages.warning(request, _say_closed(widget))
    advice = list(give_advice(widget, seen=seen))
    for sentence in advice[:MOST_SAID]:
        messages.warning(request, sentence)
    if advice[MOST_SAID:]:
        rest = _("More about this widget (%(count)s) stands at “Status” in its form.")
        messages.warning(request, rest % {"count": len(advice) - MOST_SAID})
    for message in check_login_page([widget] if widget.enabled else []):
        if not message.is_silenced():
            messages.warning(request, f"{message.msg} {message.hint}")
