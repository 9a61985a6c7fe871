"""Drafts, and the versions that were published."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import flatten
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Field, FileField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coze_widget.admin.loading import Loading
from coze_widget.admin.pages import NOT_YOURS, Pages, find_refusals
from coze_widget.drafts import discard_draft, find_draft, keep_draft, read_draft
from coze_widget.models import Draft, Widget
from coze_widget.records import record_fields, to_record, to_widget
from coze_widget.versions import (
    compare,
    find_errors,
    keeping_version,
    list_changes,
    name_editor,
    newest_version,
    publish,
    put_in_words,
    record_of,
    say_moment,
)

VERSIONS_A_PAGE = 20
SEEN = "coze_seen"
DRAFT_URL_NAME = "coze_widget_widget_draft"
VERSION_URL_NAME = "coze_widget_widget_version"
LOG_URL_NAME = "coze_widget_widget_log"


@dataclass(frozen=True)
class Standing:
    """What is published of a widget, and what is kept beside it, during one request."""

    version: Any
    draft: Draft | None

    @property
    def token(self) -> str:
        """What a form remembers, to notice what others did meanwhile."""
        version = self.version.history_id if self.version else ""
        return f"{version} {self.draft_token}"

    @property
    def draft_token(self) -> str:
        return self.draft.saved_at.isoformat() if self.draft else ""

    @property
    def is_draft_older(self) -> bool:
        return bool(
            self.draft
            and self.version
            and self.draft.saved_at < self.version.history_date
        )


@admin.display(description=_("name"), ordering="name")
def name(widget: Widget) -> Any:
    """The list's first column, and a mark on what has a draft."""
    if not hasattr(widget, "draft"):
        return widget.name
    return format_html(
        '{} <span class="coze-draft-mark">{}</span>', widget.name, _("draft")
    )


def is_draft(request: HttpRequest) -> bool:
    return "_draft" in request.POST and IS_POPUP_VAR not in request.POST


class Publishing(Loading, Pages):
    class Media:
        css = {"all": ("coze_widget/admin/versions.css",)}

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Callable[..., HttpResponse], str]] = [
            ("<path:object_id>/draft/", self.draft_view, DRAFT_URL_NAME),
            ("<path:object_id>/history/log/", self.log_view, LOG_URL_NAME),
            (
                "<path:object_id>/history/<int:history_id>/",
                self.version_view,
                VERSION_URL_NAME,
            ),
        ]
        return [
            *(
                path(route, self.admin_site.admin_view(view), name=url_name)
                for route, view, url_name in pages
            ),
            *super().get_urls(),
        ]

    # the list

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = super().get_list_display(request)
        return [name if column == "name" else column for column in columns]

    def get_list_select_related(self, request: HttpRequest) -> Any:
        related: Any = super().get_list_select_related(request)
        return (*related, "draft")

    # the form

    def get_loaded_record(
        self, request: HttpRequest, obj: Widget | None
    ) -> Mapping[str, Any] | None:
        loaded = super().get_loaded_record(request, obj)
        if obj is None or not self.has_change_permission(request, obj):
            return loaded
        draft = self._standing(request, obj).draft
        if draft is None:
            return loaded
        return {**read_draft(draft), **(loaded or {})}

    def get_form(
        self,
        request: HttpRequest,
        obj: Any | None = None,
        change: bool = False,  # noqa: FBT001, FBT002  # Django's signature
        **kwargs: Any,
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if obj is None or request.method != "POST":
            return form
        widget: Widget = obj
        standing = self._standing(request, widget)
        uploads = _uploads_of(standing.draft)
        conflicts = (
            list(self._find_conflicts(request, widget, standing))
            if self.is_saving(request)
            else []
        )

        class PublishingForm(form):  # type: ignore[misc]
            """Knows the draft's picture, which browsers do not send again."""

            def __init__(self, *args: Any, **kwargs: Any) -> None:
                kwargs["initial"] = {**uploads, **(kwargs.get("initial") or {})}
                super().__init__(*args, **kwargs)

            def clean(self) -> Any:
                cleaned = super().clean()
                for error in conflicts:
                    self.add_error(None, error)
                return cleaned

        return PublishingForm

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,
        **kwargs: Any,
    ) -> HttpResponse:
        obj = context["original"]
        may_save = (
            self.has_change_permission(request, obj)
            if obj
            else self.has_add_permission(request)
        )
        context["offers_draft"] = may_save and not context["is_popup"]
        if obj is not None:
            standing = self._standing(request, obj)
            context["coze_seen"] = standing.token
            context["draft"] = _describe_draft(standing)
            context["shows_draft"] = bool(standing.draft) and may_save
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(
        self,
        request: HttpRequest,
        obj: Widget,
        form: Any,
        change: bool,  # noqa: FBT001  # Django's signature
    ) -> None:
        if not is_draft(request):
            with keeping_version(obj, by=request.user):
                super().save_model(request, obj, form, change)
            discard_draft(obj)
            return
        values = to_record(obj)
        if not change:
            obj.enabled = False
            publish(obj, by=request.user)
        keep_draft(obj, values, by=request.user)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """A draft changes nothing; who keeps it and since when is said by itself."""
        return None if is_draft(request) else super().log_change(request, obj, message)

    def response_add(
        self, request: HttpRequest, obj: Widget, post_url_continue: str | None = None
    ) -> HttpResponse:
        if not is_draft(request):
            return super().response_add(request, obj, post_url_continue)
        sentence = _(
            "“%(name)s” was added and is switched off: visitors see nothing. What you "
            "entered is kept as its draft."
        )
        messages.success(request, sentence % {"name": obj.name})
        return HttpResponseRedirect(self.url_of("change", obj.pk))

    def response_change(self, request: HttpRequest, obj: Widget) -> HttpResponse:
        if not is_draft(request):
            return super().response_change(request, obj)
        messages.success(
            request, _("The draft was saved. Nothing has changed for visitors.")
        )
        return HttpResponseRedirect(self.url_of("change", obj.pk))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        obj._history_user = request.user
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """One by one, so that the history knows who it was."""
        for widget in queryset:
            self.delete_model(request, widget)

    # pages

    def draft_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say what a draft would change; a POST throws it away."""
        widget = self.find_or_404(request, object_id)
        if request.method == "POST":
            if not self.has_change_permission(request, widget):
                raise PermissionDenied
            with transaction.atomic():
                was_there = discard_draft(widget)
            if was_there:
                messages.success(request, _("The draft was thrown away."))
            return HttpResponseRedirect(self.url_of("change", widget.pk))
        standing = self._standing(request, widget)
        if standing.draft is None:
            return HttpResponseRedirect(self.url_of("change", widget.pk))
        changes = compare(to_record(widget), read_draft(standing.draft))
        return self.render_page(
            request,
            "draft.html",
            widget,
            title=_("What the draft changes"),
            draft=_describe_draft(standing),
            changes=self.with_groups(changes),
            may_change=self.has_change_permission(request, widget),
        )

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what was published, newest first."""
        widget = self.find_or_404(request, object_id)
        paginator = self.get_paginator(request, widget.history.all(), VERSIONS_A_PAGE)
        page = paginator.get_page(request.GET.get("p", 1))
        # The next older one besides, to compare with.
        first = max(page.start_index() - 1, 0)
        rows = list(widget.history.all()[first : first + VERSIONS_A_PAGE + 1])
        versions = list(list_changes(rows))[:VERSIONS_A_PAGE]
        return self.render_page(
            request,
            "history.html",
            widget,
            title=_("Published versions"),
            versions=[
                (version, self.with_groups(version.changes)) for version in versions
            ],
            newest=newest_version(widget),
            page_obj=page,
            page_range=paginator.get_elided_page_range(page.number),
            **(extra_context or {}),
        )

    def log_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show Django's own log, which knows deeds but no values."""
        return super().history_view(request, object_id)

    def version_view(
        self, request: HttpRequest, object_id: str, history_id: int
    ) -> HttpResponse:
        """Show one version whole, and what is different now; a POST publishes it again."""
        widget = self.find_or_404(request, object_id)
        version = widget.history.filter(history_id=history_id).first()
        if version is None:
            raise Http404
        if request.method == "POST":
            if not self.has_change_permission(request, widget):
                raise PermissionDenied
            with transaction.atomic():
                return self._publish_again(request, widget, record_of(version))
        record = record_of(version)
        may_change = self.has_change_permission(request, widget)
        again = record
        if may_change:
            again = _take(record, self.offered_fields(request, widget), widget)
        return self.render_page(
            request,
            "version.html",
            widget,
            title=_("Version of %s") % say_moment(version.history_date),
            by=name_editor(version.history_user_id),
            changes=self.with_groups(compare(to_record(widget), again)),
            left_out=[change.label for change in compare(again, record)],
            groups=self._list_values(request, widget, record),
            changed={change.name for change in compare(to_record(widget), record)},
            picture=_picture_of(record),
            may_change=may_change,
        )

    def _publish_again(
        self, request: HttpRequest, widget: Widget, whole: dict[str, Any]
    ) -> HttpResponse:
        fields = self.offered_fields(request, widget)
        record = _take(whole, fields, widget)
        left_out = [change.label for change in compare(record, whole)]
        again = to_widget(record, pk=widget.pk)
        again.keep_what_coze_said(widget)
        errors = find_errors(again) or [*find_refusals(fields, widget, record)]
        if not self.has_change_permission(request, again):
            errors.append(str(NOT_YOURS))
        if errors:
            return self._refuse_again(request, widget, record, errors)
        changes = compare(to_record(widget), record)
        if publish(again, by=request.user):
            labels = {"fields": [change.label for change in changes]}
            self.log_change(request, again, [{"changed": labels}])
        if changes or not left_out:
            sentence = _(
                "This version is published again: visitors get it from now on."
            )
            messages.success(request, sentence)
        if left_out:
            sentence = _("Left as it is now, since you may not change it: %(labels)s.")
            names = gettext(", ").join(left_out)
            messages.warning(request, sentence % {"labels": names})
        return HttpResponseRedirect(self.url_of("history", widget.pk))

    def _refuse_again(
        self,
        request: HttpRequest,
        widget: Widget,
        record: dict[str, Any],
        errors: list[str],
    ) -> HttpResponse:
        messages.error(
            request,
            _("This version does not fit any more: %s") % " ".join(errors),
        )
        if find_draft(widget):
            sentence = _("Nothing was changed, and the draft is as it was.")
        else:
            keep_draft(widget, record, by=request.user)
            sentence = _("It is kept as a draft: correct it in the form.")
        messages.warning(request, sentence)
        return HttpResponseRedirect(self.url_of("change", widget.pk))

    # what these have in common

    def _standing(self, request: HttpRequest, widget: Widget) -> Standing:
        """Look once in a request; a save keeps others from publishing until its end."""
        known: dict[Any, Standing] = vars(request).setdefault("coze_standing", {})
        if widget.pk not in known:
            if self.is_saving(request):
                list(Widget.objects.select_for_update().filter(pk=widget.pk))
            known[widget.pk] = Standing(newest_version(widget), find_draft(widget))
        return known[widget.pk]

    def _find_conflicts(
        self, request: HttpRequest, widget: Widget, standing: Standing
    ) -> Iterable[ValidationError]:
        """Yield what others did since this form was opened, once."""
        seen_version, _space, seen_draft = request.POST.get(
            SEEN, standing.token
        ).partition(" ")
        if standing.version and seen_version != str(standing.version.history_id):
            yield ValidationError(
                format_html(
                    '{} <a href="{}">{}</a>',
                    gettext(
                        "%(who)s published this widget after you opened this form. "
                        "What you entered stands below; saving once more replaces what "
                        "they published."
                    )
                    % {"who": name_editor(standing.version.history_user_id)},
                    self.url_of("history", widget.pk),
                    gettext("See what they changed"),
                ),
                code="published_meanwhile",
            )
        if standing.draft and seen_draft != standing.draft_token:
            yield ValidationError(
                format_html(
                    '{} <a href="{}">{}</a>',
                    gettext(
                        "%(who)s saved a draft after you opened this form. What you "
                        "entered stands below; saving once more puts an end to that draft."
                    )
                    % {"who": name_editor(standing.draft.saved_by)},
                    self.url_of("draft", widget.pk),
                    gettext("See what it changes"),
                ),
                code="draft_meanwhile",
            )

    def _list_values(
        self, request: HttpRequest, widget: Widget, record: Mapping[str, Any]
    ) -> list[tuple[Any, list[tuple[Field[Any, Any], str]]]]:
        fields = {field.name: field for field in record_fields()}
        return [
            (
                heading,
                [
                    (fields[column], put_in_words(fields[column], record[column]))
                    for column in flatten(options["fields"])
                    if column in fields
                ],
            )
            for heading, options in self.get_fieldsets(request, widget)
        ]


def _describe_draft(standing: Standing) -> dict[str, Any] | None:
    draft = standing.draft
    if draft is None:
        return None
    version = standing.version
    return {
        "by": name_editor(draft.saved_by),
        "at": draft.saved_at,
        "is_older": standing.is_draft_older,
        "published_at": version.history_date if version else None,
        "published_by": name_editor(version.history_user_id) if version else "",
    }


def _take(
    record: Mapping[str, Any], names: Container[str], widget: Widget
) -> dict[str, Any]:
    """Return the record, with the row's values under all other names."""
    row = to_record(widget)
    return {name: record[name] if name in names else row[name] for name in row}


def _uploads_of(draft: Draft | None) -> dict[str, Any]:
    if draft is None:
        return {}
    kept = to_widget(draft.values)
    return {
        field.name: field.value_from_object(kept)
        for field in record_fields()
        if isinstance(field, FileField)
    }


def _picture_of(record: Mapping[str, Any]) -> str:
    """Return the address of the uploaded picture, "" if there is none (any more)."""
    file = to_widget(record).launcher_icon
    return file.url if file and file.storage.exists(str(file.name)) else ""
