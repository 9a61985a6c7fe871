"""The keys of a widget's visitor tokens, below its form.

They are no part of the widget's record: no draft keeps them back, and no version, copy or
export holds them. What is saved here is good at once, and the form says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.forms import Script
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from coze_widget.admin.key_forms import VisitorKeyForm, VisitorKeyFormSet
from coze_widget.admin.pages import Pages
from coze_widget.admin.publishing import is_draft
from coze_widget.models import VisitorKey, Widget
from coze_widget.visitor_tokens import audience_of

MAX_KEYS = 10


class VisitorKeyInline(admin.StackedInline):
    model = VisitorKey
    form = VisitorKeyForm
    formset = VisitorKeyFormSet
    template = "admin/coze_widget/widget/visitor_keys.html"
    classes = ("collapse",)
    extra = 0
    max_num = MAX_KEYS
    fields = (
        "name",
        "algorithm",
        "secret",
        "public_key",
        "jwks_url",
        "issuer",
        "is_enabled",
        "created_at",
    )
    readonly_fields = ("created_at",)

    class Media:
        css = {"all": ("coze_widget/admin/visitor_keys.css",)}
        js = (Script("coze_widget/admin/visitor_keys.js", defer=True),)

    # What a token has to say in `aud`; for the template.
    audience = ""

    def get_formset(
        self, request: HttpRequest, obj: Widget | None = None, **kwargs: Any
    ) -> Any:
        self.audience = audience_of(obj, request) if obj else ""
        return super().get_formset(request, obj, **kwargs)

    @admin.display(description=_("Secret"))
    def secret(self, key: VisitorKey) -> Any:
        """For those who may only look."""
        return _("Kept encrypted, never shown.") if key.encrypted_secret else "-"


class VisitorKeys(Pages):
    inlines = (VisitorKeyInline,)

    def get_inlines(self, request: HttpRequest, obj: Widget | None) -> Any:
        """A key is of a widget that is there."""
        inlines = super().get_inlines(request, obj)
        if obj is not None:
            return inlines
        return [inline for inline in inlines if inline is not VisitorKeyInline]

    @method_decorator(sensitive_post_parameters())
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Keep what was posted out of the reports about errors."""
        return super().changeform_view(request, *args, **kwargs)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: Any
    ) -> None:
        super().save_related(request, form, formsets, change)
        changes = list(_describe_changes(formsets))
        if changes and is_draft(request):
            # Ours leaves drafts out of the log, and these changes are none.
            admin.ModelAdmin.log_change(self, request, form.instance, changes)
            said = _("The visitor keys were changed at once, draft or not.")
            messages.warning(request, said)
        vars(request)["coze_made_secrets"] = [
            made
            for formset in _key_formsets(formsets)
            for made in formset.made_secrets()
        ]

    @sensitive_variables()
    def response_change(self, request: HttpRequest, obj: Widget) -> HttpResponse:
        """Show a new secret here and now: a message would lie in a cookie or a session."""
        response = super().response_change(request, obj)
        made = vars(request).pop("coze_made_secrets", [])
        if not made:
            return response
        return self.render_page(
            request,
            "visitor_key_made.html",
            obj,
            title=_("A new secret"),
            made=made,
            audience=audience_of(obj, request),
            onwards=response.headers.get("Location", ""),
        )


def _key_formsets(formsets: Iterable[Any]) -> Iterator[VisitorKeyFormSet]:
    return (one for one in formsets if isinstance(one, VisitorKeyFormSet))


def _describe_changes(formsets: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Yield what Django's log says of such changes: deeds and names, no values."""
    name = str(VisitorKey._meta.verbose_name)
    for formset in _key_formsets(formsets):
        for key in formset.new_objects:
            yield {"added": {"name": name, "object": str(key)}}
        for key, fields in formset.changed_objects:
            yield {"changed": {"name": name, "object": str(key), "fields": fields}}
        for key in formset.deleted_objects:
            yield {"deleted": {"name": name, "object": str(key)}}
