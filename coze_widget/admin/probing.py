"""Ask Coze whether a widget works, and show the code it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import Script
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from coze_widget.advice import give_advice
from coze_widget.callbacks import note_there
from coze_widget.conf import conf
from coze_widget.embed_code import list_lines, list_lines_elsewhere, write_snippet
from coze_widget.executors import release_connections
from coze_widget.models import Widget
from coze_widget.probe import Finding, probe
from coze_widget.trial import trial_token

TEST_URL_NAME = "coze_widget_widget_test"
CODE_URL_NAME = "coze_widget_widget_code"
ADVICE_URL_NAME = "coze_widget_widget_advice"
# In the place of an id, as in the address of the form for a new widget.
NEW = "add"


class Probing(admin.ModelAdmin):
    class Media:
        css = {"all": ("coze_widget/admin/probing.css",)}
        js = (Script("coze_widget/admin/probing.js", defer=True),)

    def get_urls(self) -> list[URLPattern]:
        """Put ours first: the last of Django's own takes any path for a row's id."""
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/test/", wrap(self.test_view), name=TEST_URL_NAME),
            path("<path:object_id>/code/", wrap(self.code_view), name=CODE_URL_NAME),
            path(
                "<path:object_id>/advice/",
                wrap(self.advice_view),
                name=ADVICE_URL_NAME,
            ),
            *super().get_urls(),
        ]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Tell the row whom its advice may name: a read-only field knows no request."""
        widget = super().get_object(request, object_id, from_field)
        if widget is not None:
            widget.seen_beside = self.get_queryset(request)
        return widget

    def get_list_display(self, request: HttpRequest) -> Any:
        """Leave the button out for those who may only look."""
        columns = super().get_list_display(request)
        if self.has_change_permission(request):
            return columns
        return [column for column in columns if column != "test"]

    @admin.display(description=_("test"))
    def test(self, widget: Widget) -> SafeString:
        """Return a button; its form stands outside the list's own."""
        return format_html(
            '<button type="submit" form="coze-test" formaction="{}" class="button '
            'coze-test" aria-label="{}" data-busy="{}">{}</button>',
            self._probing_url(TEST_URL_NAME, widget),
            _("Test “%(name)s”") % {"name": widget.name},
            _("Asking…"),
            _("Test"),
        )

    @method_decorator(transaction.non_atomic_requests)  # Coze may take seconds
    def test_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask Coze, and say it in place to our script, else as a message."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        widget = self._find_probed(request, object_id)
        if not isinstance(widget, Widget):
            return widget
        if not self.has_change_permission(request, widget):
            raise PermissionDenied
        personal_token = trial_token(request, oauth_app=widget.oauth_app)
        release_connections()
        finding = probe(widget, personal_token=personal_token)
        if finding.works:
            note_there(widget, name=finding.name)
        if request.get_preferred_type(["text/html", "application/json"]) != "text/html":
            return JsonResponse(_to_json(widget, finding))
        level = messages.SUCCESS if finding.works else messages.ERROR
        messages.add_message(request, level, " ".join(_sentences(widget, finding)))
        return HttpResponseRedirect(self._way_back(request, widget))

    def code_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        widget = self._find_probed(request, object_id)
        if not isinstance(widget, Widget):
            return widget
        if not self.has_view_permission(request, widget):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Code of “%(name)s”") % {"name": widget.name},
            "opts": self.opts,
            "original": widget,
            "lines": list_lines(widget),
            "lines_elsewhere": list_lines_elsewhere(
                widget,
                site_origin=conf.frame_origin
                or f"{request.scheme}://{request.get_host()}",
            ),
            "snippet": write_snippet(widget),
            "media": self.media,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/coze_widget/widget/code.html", context)

    @method_decorator(sensitive_post_parameters())
    def advice_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what there is to say about a form's values, which are not saved."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        is_new = object_id == NEW
        widget = None if is_new else self._find_probed(request, object_id)
        if isinstance(widget, HttpResponse):
            return widget
        may = (
            self.has_add_permission(request)
            if widget is None
            else self.has_change_permission(request, widget)
        )
        if not may:
            raise PermissionDenied
        form = self.get_form(request, widget, change=not is_new)(
            request.POST, instance=widget
        )
        # What is faulty is told by the form itself; the rest is in the instance.
        form.full_clean()
        advice = give_advice(form.instance, seen=self.get_queryset(request))
        return JsonResponse({"advice": list(advice)})

    def _find_probed(
        self, request: HttpRequest, object_id: str
    ) -> Widget | HttpResponse:
        widget = self.get_object(request, unquote(object_id))
        if isinstance(widget, Widget):
            return widget
        messages.warning(request, gettext("There is no such widget any more."))
        name = "admin:coze_widget_widget_changelist"
        return HttpResponseRedirect(reverse(name, current_app=self.admin_site.name))

    def _probing_url(self, name: str, widget: Widget) -> str:
        return reverse(
            f"admin:{name}",
            args=[quote(widget.pk)],
            current_app=self.admin_site.name,
        )

    def _way_back(self, request: HttpRequest, widget: Widget) -> str:
        """Return the page with the button, as far as the browser names it."""
        page = request.headers.get("Referer", "")
        is_ours = url_has_allowed_host_and_scheme(
            page, {request.get_host()}, require_https=request.is_secure()
        )
        return (
            page if is_ours else self._probing_url("coze_widget_widget_change", widget)
        )


def _to_json(widget: Widget, finding: Finding) -> dict[str, Any]:
    headline, text, *rest = [*_sentences(widget, finding), "", ""]
    return {
        "works": finding.works,
        "headline": headline,
        "text": text,
        "rest": [sentence for sentence in rest if sentence],
        "bot_name": finding.name,
    }


def _sentences(widget: Widget, finding: Finding) -> Iterator[str]:
    yield gettext("“%(name)s” was tested.") % {"name": widget.name}
    yield finding.text
    yield from filter(None, [finding.advice, finding.who])
    if finding.facts:
        yield gettext("For Coze's support: %(facts)s.") % {"facts": finding.facts}
