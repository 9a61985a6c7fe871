"""Copy a widget, or take it to another site's database."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import (
    sensitive_post_parameters,
    sensitive_variables,
)

from coze_widget.admin.pages import NOT_YOURS, Pages, find_refusals
from coze_widget.admin.pasted import may_be_repeated, read_quietly
from coze_widget.copies import copy_widget
from coze_widget.models import Widget
from coze_widget.records import to_record
from coze_widget.redaction import holds_credential
from coze_widget.transfer.files import MAX_BYTES, TransferError, decode, read_file
from coze_widget.transfer.plans import (
    ALL_SITES,
    SKIP,
    Item,
    Outcome,
    Plan,
    carry_out,
    export,
    plan,
)
from coze_widget.versions import publish

COPY_URL_NAME = "coze_widget_widget_copy"
LOAD_URL_NAME = "coze_widget_widget_load"
FILE_NAME = "coze-widgets.json"
# Between the look at what would happen and the yes.
MAX_AGE_SECONDS = 3600
# Each makes a form, to ask what it would take.
MAX_WIDGETS = 100
_SALT = "coze_widget.admin.moving"
# What else stands in the form beside the file.
_REST_BYTES = 50_000
_MAX_SITES = 20
_ESCAPED = re.compile(r"\\(?:u00([2-7][0-9a-fA-F])|.)", re.DOTALL)


class LoadForm(forms.Form):
    file = forms.FileField(label=_("File"), required=False, allow_empty_file=True)
    text = forms.CharField(
        label=_("or its text"),
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 8, "class": "vLargeTextField", "spellcheck": "false"}
        ),
    )
    switches_off = forms.BooleanField(
        label=_("Switch new widgets off at first"), required=False, initial=True
    )

    def full_clean(self) -> None:
        """Send a text back to be mended, unless there may be a secret in it."""
        super().full_clean()
        if self.errors and not _may_be_repeated(self.data.get("text", "")):
            self.data = {**self.data, "text": ""}

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        file = cleaned.get("file")
        try:
            cleaned["text"] = decode(
                file.read(MAX_BYTES + 1) if file else cleaned.get("text", "")
            )
            entries = read_file(cleaned["text"], takes_credentials=False)
            if len(entries) > MAX_WIDGETS:
                raise _too_many()
            cleaned["sealed"] = _seal(cleaned["text"])
        except TransferError as error:
            raise ValidationError(str(error)) from None
        return cleaned


class Moving(Pages):
    actions = ("export_selected",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("load/", view(self.load_view), name=LOAD_URL_NAME),
            path("<path:object_id>/copy/", view(self.copy_view), name=COPY_URL_NAME),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_load = {"may_load": self._may_load(request)}
        return super().changelist_view(request, may_load | (extra_context or {}))

    @admin.action(
        permissions=["view"], description=_("Export the selected widgets (JSON)")
    )
    def export_selected(
        self, request: HttpRequest, queryset: QuerySet[Widget]
    ) -> HttpResponse | None:
        try:
            text, lost = export(queryset.select_related("site"))
        except TransferError as error:
            messages.error(request, str(error))
            return None
        for sentence in lost:
            messages.warning(request, sentence)
        disposition = f'attachment; filename="{FILE_NAME}"'
        return HttpResponse(
            text,
            content_type="application/json",
            headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
        )

    def copy_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        widget = self.find_or_404(request, object_id)
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(self.url_of("change", widget.pk))
        with transaction.atomic():
            copy = copy_widget(widget)
            refusals = self._find_refusals_of_copy(request, copy)
            if refusals:
                sentence = _("This widget was not copied. %s")
                messages.error(request, sentence % " ".join(refusals))
                return HttpResponseRedirect(self.url_of("change", widget.pk))
            publish(copy, by=request.user)
            self.log_addition(request, copy, [{"added": {}}])
        sentence = _(
            "This is the copy: it is switched off, and called “%(slug)s” in templates."
        )
        messages.success(request, sentence % {"slug": copy.slug})
        if widget.launcher_icon and not copy.launcher_icon:
            messages.warning(request, _("The file of the picture is gone."))
        return HttpResponseRedirect(self.url_of("change", copy.pk))

    @method_decorator(sensitive_post_parameters())
    @sensitive_variables()
    def load_view(self, request: HttpRequest) -> HttpResponse:
        """Take a file, show what it would do, and after a yes do it."""
        if not self._may_load(request):
            raise PermissionDenied
        if "sealed" in request.POST:
            text = _unseal(request.POST["sealed"])
            if text is None:
                messages.error(
                    request, _("That was too long ago: choose the file once more.")
                )
                return HttpResponseRedirect(request.path)
            return self._answer(request, text, request.POST["sealed"])
        form = LoadForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            return self._answer(
                request, form.cleaned_data["text"], form.cleaned_data["sealed"]
            )
        return self.render_page(
            request, "load.html", None, title=_("Import widgets"), form=form
        )

    @sensitive_variables()
    def _answer(self, request: HttpRequest, text: str, sealed: str) -> HttpResponse:
        notice: Any = ""
        with transaction.atomic():
            if "_publish" in request.POST:
                list(Widget.objects.select_for_update())
            found = self._plan(request, text)
            if "_publish" in request.POST and found.is_possible:
                if found.fingerprint == request.POST.get("fingerprint"):
                    return self._carry_out(request, found)
                notice = _(
                    "Something is different from what you saw. Look at it once more."
                )
        return self.render_page(
            request,
            "load_preview.html",
            None,
            title=_("What the import would do"),
            plan=found,
            items=[(item, self.with_groups(item.changes)) for item in found.items],
            sealed=sealed,
            notice=notice,
            switches_off="switches_off" in request.POST,
            sites=self._ask_about_sites(request, found),
        )

    @sensitive_variables()
    def _plan(self, request: HttpRequest, text: str) -> Plan:
        choices = {
            key.partition(":")[2]: str(value)
            for key, value in request.POST.items()
            if key.startswith("site:") and value
        }
        found = plan(
            read_file(text),
            sites=choices,
            rows=[
                row
                for row in self.get_queryset(request)
                if self.has_change_permission(request, row)
            ],
            switches_off="switches_off" in request.POST,
        )
        self._judge(request, found)
        return found

    def _judge(self, request: HttpRequest, found: Plan) -> None:
        """Hold this editor to what the form would take of them."""
        fields_of_new = self.offered_fields(request, None)
        for item in list(found.to_publish()):
            if not self.has_change_permission(request, item.widget):
                item.refuse([str(NOT_YOURS)])
                continue
            fields = (
                self.offered_fields(request, item.current)
                if item.current
                else fields_of_new
            )
            record = to_record(cast(Widget, item.widget), stores_uploads=False)
            item.refuse(find_refusals(fields, item.current, record))

    def _find_refusals_of_copy(self, request: HttpRequest, copy: Widget) -> list[str]:
        """Look where it would be only: its values were published already."""
        may_change = self.has_change_permission
        if may_change(request) and not may_change(request, copy):
            return [str(NOT_YOURS)]
        fields = self.offered_fields(request, None)
        return list(find_refusals(fields, None, {"site": copy.site_id}))

    def _carry_out(self, request: HttpRequest, found: Plan) -> HttpResponse:
        try:
            widgets = carry_out(found, by=request.user)
        except TransferError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(request.path)
        self._log(request, found.to_publish())
        messages.success(
            request, _("Widgets imported: %(count)s.") % {"count": len(widgets)}
        )
        return HttpResponseRedirect(self.url_of("changelist"))

    def _log(self, request: HttpRequest, items: Iterable[Item]) -> None:
        for item in items:
            if item.outcome is Outcome.NEW:
                self.log_addition(request, item.widget, [{"added": {}}])
            else:
                fields = {"fields": [change.label for change in item.changes]}
                self.log_change(request, item.widget, [{"changed": fields}])

    def _ask_about_sites(
        self, request: HttpRequest, found: Plan
    ) -> list[tuple[str, str, list[tuple[str, Any]]]]:
        """Return the name of the input, the domain in the file, and what can be chosen."""
        options = self._list_sites(request) if found.missing_sites else []
        return [
            (
                domain,
                request.POST.get(f"site:{domain}", ""),
                options,
            )
            for domain in found.missing_sites[:_MAX_SITES]
        ]

    def _list_sites(self, request: HttpRequest) -> list[tuple[str, Any]]:
        """Return what the form offers; whatever else is chosen is refused later."""
        field = self.offered_fields(request, None).get("site")
        sites: Any = getattr(field, "queryset", ())
        for_all = [] if field and field.required else [(ALL_SITES, _("For all sites"))]
        return [
            *for_all,
            (SKIP, _("Leave it out")),
            *((one, one) for one in sorted(site.domain for site in sites)),
        ]

    def _may_load(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)


def _too_many() -> TransferError:
    sentence = gettext(
        "There are more than %(max)s widgets in this file, which is too much for a page: "
        "split it, or use manage.py coze_load."
    )
    return TransferError(sentence % {"max": MAX_WIDGETS})


@sensitive_variables()
def _may_be_repeated(text: str) -> bool:
    """Look at what JSON may have escaped, too, although it could not be read."""
    plain = _ESCAPED.sub(lambda found: chr(int(found[1] or "20", 16)), text)
    return not holds_credential(plain) and may_be_repeated(plain, read_quietly(plain))


@sensitive_variables()
def _seal(text: str) -> str:
    """Keep the file in the page: there is no place on the server that all sites have."""
    sealed = signing.dumps(text, salt=_SALT, compress=True)
    limit: int | None = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if limit is not None and len(sealed) > limit - _REST_BYTES:
        raise TransferError(
            str(_("This is too large for this site's admin: use manage.py coze_load."))
        )
    return sealed


@sensitive_variables()
def _unseal(sealed: str) -> str | None:
    try:
        text: str = signing.loads(sealed, salt=_SALT, max_age=MAX_AGE_SECONDS)
    except signing.BadSignature:
        return None
    return text
