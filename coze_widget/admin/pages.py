"""What our own pages of the admin have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten, flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coze_widget.models import Widget
from coze_widget.records import record_fields, to_record
from coze_widget.versions import MAX_SHOWN, Change, compare, put_in_words

NOT_YOURS = gettext_lazy("You may not change a widget like this one here.")


class Pages(admin.ModelAdmin):
    class Media:
        css = {"all": ("coze_widget/admin/pages.css",)}

    def find_or_404(self, request: HttpRequest, object_id: str) -> Widget:
        widget: Widget | None = self.get_object(request, unquote(object_id))
        if widget is None:
            raise Http404
        if not self.has_view_or_change_permission(request, widget):
            raise PermissionDenied
        return widget

    def url_of(self, page: str, *arguments: Any) -> str:
        return reverse(
            f"admin:coze_widget_widget_{page}",
            args=arguments,
            current_app=self.admin_site.name,
        )

    def render_page(
        self, request: HttpRequest, template: str, widget: Widget | None, **context: Any
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            f"admin/coze_widget/widget/{template}",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": widget,
                "media": self.media,
                **context,
            },
        )

    def editable_fields(self, request: HttpRequest, obj: Widget | None) -> set[str]:
        """A project's own ModelAdmin may leave fields out, or show them only."""
        shown = flatten_fieldsets(self.get_fieldsets(request, obj))
        return set(shown) - set(self.get_readonly_fields(request, obj))

    def offered_fields(
        self, request: HttpRequest, obj: Widget | None
    ) -> dict[str, forms.Field]:
        """Return what this editor can change in the form, each with its choices.

        During a POST it locks the row, as the form does: be in a transaction.
        """
        form = self.get_form(request, obj, change=obj is not None)(instance=obj)
        editable = self.editable_fields(request, obj)
        return {
            name: field
            for name, field in form.fields.items()
            if name in editable and not field.disabled
        }

    def with_groups(self, changes: Iterable[Change]) -> list[tuple[Any, Change]]:
        """Put the form's headings before labels: there are two titles, and three icons."""
        headings = {
            column: heading
            for heading, options in self.fieldsets or ()
            for column in flatten(options["fields"])
        }
        return [(headings.get(change.name), change) for change in changes]


def find_refusals(
    fields: Mapping[str, forms.Field],
    current: Widget | None,
    record: Mapping[str, Any],
) -> Iterator[str]:
    """Yield why the form with these fields would not make this record of the row.

    Import, copies and old versions go around the form; a ModelAdmin that keeps people
    to a site, to fields or to choices has said so there and nowhere else.
    """
    # Off is what a new row may always be: nobody sees it.
    start = to_record(current or Widget(enabled=record.get("enabled", True)))
    changes = compare(start, record)
    for change in changes:
        if change.name not in fields:
            yield _("%(label)s: you may not change this field here.") % {
                "label": change.label
            }
    # The form asks for the site each time, whether it is another one or not.
    asked = {"site", *(change.name for change in changes)}
    for column in record_fields():
        field = fields.get(column.name) if column.name in asked else None
        value = record.get(column.name)
        if isinstance(field, forms.ChoiceField) and not _offers(field, value):
            yield _("%(label)s: “%(value)s” is not among your choices here.") % {
                "label": column.verbose_name,
                "value": put_in_words(column, value)[:MAX_SHOWN],
            }


def _offers(field: forms.ChoiceField, value: Any) -> bool:
    try:
        field.clean(value)
    except ValidationError:
        return False
    return True
