"""Paste Coze's snippet, look at what was read, and go on in the form.

What was pasted is read and forgotten. Only what was read of it is held, in the cache, for
minutes and for the editor alone; the form for a new widget, or the widget's, starts with
it, and nothing is saved before that form is.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.forms import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import (
    sensitive_post_parameters,
    sensitive_variables,
)

from coze_widget.admin.loading import Loading
from coze_widget.admin.pages import Pages
from coze_widget.admin.pasted import (
    compare,
    complete,
    describe,
    may_be_repeated,
    merge,
    name_hidden,
    read_quietly,
)
from coze_widget.editors import pk_of
from coze_widget.held import hold, take
from coze_widget.models import Widget
from coze_widget.records import to_record
from coze_widget.snippets.paste import MAX_BYTES
from coze_widget.snippets.reading import Reading

GUIDE_URL = "https://docs.coze.cn/developer_guides/install_web_sdk"
_EXPIRED = _(
    "What was read is kept for 15 minutes, and for whoever pasted it. Paste it again."
)
_STYLES = ("pages.css", "versions.css", "widget_form.css", "paste.css")


class PasteForm(forms.Form):
    snippet = forms.CharField(
        label=_("Snippet"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={
                "rows": 16,
                "spellcheck": "false",
                "autocomplete": "off",
                "autocapitalize": "off",
                "aria-describedby": "coze-takes",
            }
        ),
    )

    class Media:
        css = {"all": [f"coze_widget/admin/{name}" for name in _STYLES]}
        js = (
            Script("coze_widget/admin/widget_form.js", defer=True),
            Script("coze_widget/admin/paste.js", defer=True),
        )


class Pasting(Loading, Pages):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.paste_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_paste"
        return [
            path("paste/", view, name=name),
            path("<path:object_id>/paste/", view, name=f"{name}_into"),
            *super().get_urls(),
        ]

    @method_decorator(sensitive_post_parameters("snippet"))
    def paste_view(
        self, request: HttpRequest, object_id: str | None = None
    ) -> HttpResponse:
        """Take a text, show what was read, and at the second POST go on in the form."""
        obj: Widget | None = None
        if object_id is None:
            may_paste = self.has_add_permission(request)
        else:
            obj = self.get_object(request, unquote(object_id))
            may_paste = self.has_change_permission(request, obj)
        if not may_paste:
            raise PermissionDenied
        if object_id is not None and obj is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined, no-any-return]
                request, self.opts, object_id
            )
        if "held" in request.POST:
            return self._go_on(request, obj)
        if request.method == "POST":
            return self._show_reading(request, obj)
        return self._show(request, obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Say below the title where the values come from, or that they are gone."""
        if request.method == "GET" and "pasted" in request.GET:
            pk = "" if object_id is None else unquote(object_id)
            if _take_pasted(request, pk):
                done = _("Filled in from the snippet. Nothing is saved yet.")
                messages.info(request, done)
            else:
                messages.warning(request, _EXPIRED)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_loaded_record(
        self, request: HttpRequest, obj: Widget | None
    ) -> Mapping[str, Any] | None:
        """Put what was pasted above what the form would show otherwise, a draft say."""
        loaded = super().get_loaded_record(request, obj)
        pasted = _take_pasted(request, _pk_of(obj))
        return {**(loaded or {}), **pasted} if pasted else loaded

    def get_fieldsets(self, request: HttpRequest, obj: Widget | None = None) -> Any:
        """Open the groups that hold something of what was pasted."""
        fieldsets = super().get_fieldsets(request, obj)
        pasted = _take_pasted(request, _pk_of(obj))
        if not pasted:
            return fieldsets
        return tuple(
            (
                title,
                _opened(options) if set(options["fields"]) & set(pasted) else options,
            )
            for title, options in fieldsets
        )

    @sensitive_variables()
    def _show_reading(self, request: HttpRequest, obj: Widget | None) -> HttpResponse:
        text = request.POST.get("snippet", "")
        reading = read_quietly(text)
        if reading.is_widget:
            return self._show(request, obj, **self._compare(request, obj, reading))
        kept = {"snippet": text} if may_be_repeated(text, reading) else {}
        form = PasteForm(initial=kept)
        if not reading.settings_line:
            described_by = {"aria-describedby": "coze-problem coze-takes"}
            form.fields["snippet"].widget.attrs.update(
                {"aria-invalid": "true", **described_by}
            )
        return self._show(request, obj, form=form, **describe(reading))

    def _compare(
        self, request: HttpRequest, obj: Widget | None, reading: Reading
    ) -> dict[str, Any]:
        record = self._current_record(request, obj)
        complete(reading, record=record, is_new=obj is None)
        shown = self.editable_fields(request, obj)
        rows = list(compare(reading, record=record, shown=shown))
        offers = reading.offers if "extra_options" in shown else []
        held = {
            "pk": _pk_of(obj),
            "fields": {row.name: reading.fields[row.name] for row in rows},
            "offers": [offer.tree for offer in offers],
        }
        return {
            **describe(reading, offers=offers),
            "held": hold("reading", held, user_pk=pk_of(request.user)),
            "changed": [row for row in rows if row.is_changed],
            "unchanged": [row for row in rows if not row.is_changed],
            "hidden": name_hidden(reading, shown=shown),
            "old_title": _("Now") if obj else _("Default"),
            "then_title": _("In the snippet"),
        }

    def _current_record(
        self, request: HttpRequest, obj: Widget | None
    ) -> dict[str, Any]:
        """Return what the form would start with."""
        loaded = self.get_loaded_record(request, obj)
        return {**to_record(obj or Widget()), **(loaded or {})}

    def _go_on(self, request: HttpRequest, obj: Widget | None) -> HttpResponse:
        user_pk = pk_of(request.user)
        held = take("reading", request.POST["held"], user_pk=user_pk)
        if held is None or held["pk"] != _pk_of(obj):
            messages.error(request, _EXPIRED)
            return HttpResponseRedirect(request.path)
        record = self._choose(request, obj, held)
        if not record:
            return HttpResponseRedirect(self._form_url(obj))
        key = hold("pasted", {"pk": held["pk"], "record": record}, user_pk=user_pk)
        query = urlencode({"pasted": key})
        return HttpResponseRedirect(f"{self._form_url(obj)}?{query}")

    def _choose(
        self, request: HttpRequest, obj: Widget | None, held: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the values that were not left out, each as it was held."""
        taken = set(request.POST.getlist("take"))
        record = {
            name: value
            for name, value in held["fields"].items()
            if obj is None or name in taken
        }
        wanted = set(request.POST.getlist("offer"))
        offers = [
            tree for number, tree in enumerate(held["offers"]) if str(number) in wanted
        ]
        if offers:
            current = self._current_record(request, obj)["extra_options"]
            extra = copy.deepcopy(current) if isinstance(current, dict) else {}
            for tree in offers:
                merge(extra, tree)
            record["extra_options"] = extra
        return record

    def _form_url(self, obj: Widget | None) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        site = self.admin_site.name
        if obj is None:
            return reverse(f"{name}_add", current_app=site)
        return reverse(f"{name}_change", args=[obj.pk], current_app=site)

    def _show(
        self,
        request: HttpRequest,
        obj: Widget | None,
        *,
        form: PasteForm | None = None,
        **context: Any,
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        form = form or PasteForm()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Paste Coze's snippet"),
            "subtitle": str(obj) if obj else None,
            "opts": self.opts,
            "original": obj,
            "form": form,
            "media": form.media,
            "guide_url": GUIDE_URL,
            "most_bytes": MAX_BYTES,
            **context,
        }
        return TemplateResponse(request, "admin/coze_widget/widget/paste.html", context)


def _pk_of(obj: Widget | None) -> str:
    return "" if obj is None else str(obj.pk)


def _take_pasted(request: HttpRequest, pk: str) -> dict[str, Any]:
    """Return what this address is to fill in; nothing for another widget's form."""
    key = request.GET.get("pasted", "") if request.method == "GET" else ""
    held = take("pasted", key, user_pk=pk_of(request.user))
    record: dict[str, Any] = held["record"] if held and held["pk"] == pk else {}
    return record


def _opened(options: Mapping[str, Any]) -> dict[str, Any]:
    classes = [name for name in options.get("classes", ()) if name != "collapse"]
    return {**options, "classes": tuple(classes)}
