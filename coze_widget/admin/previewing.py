"""The chat as the form would make it, beside the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import (
    NON_FIELD_ERRORS,
    ImproperlyConfigured,
    PermissionDenied,
)
from django.db import transaction
from django.forms import ModelForm, Script
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from coze_widget.admin.loading import Loading
from coze_widget.bodies import read_opening
from coze_widget.catalogue import catalogue
from coze_widget.conf import conf
from coze_widget.csp import lift_site_policy
from coze_widget.models import Language, Widget
from coze_widget.paths import Paths
from coze_widget.previews import (
    find_obstacle,
    find_preview,
    hold_preview,
    render_gone,
    render_page,
)
from coze_widget.problems import Problem, misconfigured
from coze_widget.sandboxed_frames import render_inner, render_outermost
from coze_widget.views import answer_privately, hand_token
from coze_widget.visitors import user_visitor

URL_NAME = "coze_widget_widget_preview"
# A document, and the headers of its policies.
Rendered = tuple[str, dict[str, str]]
# A form that has only just been begun lacks something; that is no mistake yet.
MISSING_CODES = {"required", "ids_missing"}


class Previewing(Loading):
    class Media:
        css = {"all": ("coze_widget/admin/preview.css",)}
        js = (Script("coze_widget/admin/preview.js", defer=True),)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        form, page, frame, inner = (
            wrap(self.preview_form_view),
            wrap(self.preview_page_view),
            wrap(self.preview_frame_view),
            wrap(self.preview_inner_view),
        )
        session, forget = (
            wrap(self.preview_session_view),
            wrap(self.preview_forget_view),
        )
        return [
            path("preview/", form, name=f"{URL_NAME}_add"),
            path("preview/<slug:key>/", page, name=URL_NAME),
            path("preview/<slug:key>/frame/", frame, name=f"{URL_NAME}_frame"),
            path("preview/<slug:key>/inner/", inner, name=f"{URL_NAME}_inner"),
            path("preview/<slug:key>/session/", session, name=f"{URL_NAME}_session"),
            path("preview/<slug:key>/forget/", forget, name=f"{URL_NAME}_forget"),
            path("<path:object_id>/preview/", form, name=f"{URL_NAME}_change"),
            *super().get_urls(),
        ]

    def is_saving(self, request: HttpRequest) -> bool:
        match = request.resolver_match
        is_preview = bool(match and (match.url_name or "").startswith(URL_NAME))
        return super().is_saving(request) and not is_preview

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,
        **kwargs: Any,
    ) -> HttpResponse:
        """Tell the form where its preview is; who may only look gets none."""
        obj = context["original"]
        if self._may_preview(request, obj) and not context.get("is_popup"):
            context["preview_url"] = (
                self._preview_url("change", obj.pk) if obj else self._preview_url("add")
            )
        return super().render_change_form(request, context, *args, **kwargs)

    @method_decorator(sensitive_post_parameters())
    @method_decorator(require_POST)
    def preview_form_view(
        self, request: HttpRequest, object_id: str | None = None
    ) -> HttpResponse:
        """Judge the form as a save would, save nothing, and say where it can be seen."""
        obj = None if object_id is None else self._find_previewed(request, object_id)
        if not self._may_preview(request, obj):
            raise PermissionDenied
        form_class = self.get_form(request, obj, change=obj is not None)
        form = form_class(request.POST, request.FILES, instance=obj)
        if not form.is_valid():
            return JsonResponse(_describe_errors(form))
        return self._answer_preview(request, form.instance)

    @method_decorator(require_safe)
    @method_decorator(xframe_options_sameorigin)
    def preview_page_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show a page that has the tag, with the values that are held."""
        lang = request.GET.get("lang", "")
        return self._show_preview(request, key, partial(render_page, lang=lang))

    @method_decorator(require_safe)
    @method_decorator(xframe_options_sameorigin)
    def preview_frame_view(self, request: HttpRequest, key: str) -> HttpResponse:
        return self._show_preview(request, key, render_outermost)

    @method_decorator(require_safe)
    @method_decorator(xframe_options_sameorigin)
    def preview_inner_view(self, request: HttpRequest, key: str) -> HttpResponse:
        return self._show_preview(request, key, render_inner)

    # As the public views: a same-origin check in place of the CSRF cookie.
    @method_decorator(csrf_exempt)
    @method_decorator(transaction.non_atomic_requests)  # Coze may take seconds
    def preview_session_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """Hand the editor a token of their own: who they are on the site, nobody else."""
        return answer_privately(request, lambda: self._hand_preview_token(request, key))

    @method_decorator(csrf_exempt)
    def preview_forget_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """Nobody chats as a guest here."""
        return answer_privately(
            request, lambda: HttpResponse(status=HTTPStatus.NO_CONTENT)
        )

    def _show_preview(
        self, request: HttpRequest, key: str, render: Callable[..., Rendered]
    ) -> HttpResponse:
        widget = self._recall_preview(request, key)
        if widget is None:
            return _gone()
        obstacle = find_obstacle(widget, request)
        if obstacle:
            return _gone(obstacle)
        document, headers = render(widget, request, paths=self._preview_paths(key))
        return _private_document(document, headers)

    def _answer_preview(self, request: HttpRequest, widget: Widget) -> JsonResponse:
        obstacle = find_obstacle(widget, request)
        if obstacle:
            return JsonResponse({"obstacle": obstacle})
        asked = request.POST.get("preview_key", "")
        key = hold_preview(widget, user_pk=str(request.user.pk), key=asked)
        return JsonResponse(
            {
                "url": self._preview_url("", key),
                "key": key,
                "slug": widget.slug,
                "follows_page": widget.base_lang == Language.PAGE,
            }
        )

    def _hand_preview_token(self, request: HttpRequest, key: str) -> HttpResponse:
        opening = read_opening(request)
        widget = self._recall_preview(request, key)
        if widget is None or not conf.widgets_enabled:
            raise Problem(HTTPStatus.NOT_FOUND, "not_found")
        try:
            site_id = catalogue.site_id(request)
            visitor = user_visitor(request.user, widget, site_id=site_id)
        except ImproperlyConfigured as exc:
            raise misconfigured() from exc
        return hand_token(request, widget, visitor, opening)

    def _may_preview(self, request: HttpRequest, obj: Widget | None) -> bool:
        if obj is None:
            return self.has_add_permission(request)
        return self.has_change_permission(request, obj)

    def _find_previewed(self, request: HttpRequest, object_id: str) -> Widget:
        obj: Widget | None = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        return obj

    def _recall_preview(self, request: HttpRequest, key: str) -> Widget | None:
        may = self.has_add_permission(request) or self.has_change_permission(request)
        if not may:
            raise PermissionDenied
        return find_preview(key, user_pk=str(request.user.pk))

    def _preview_url(self, view: str, *args: Any) -> str:
        name = f"admin:{URL_NAME}_{view}" if view else f"admin:{URL_NAME}"
        return reverse(name, args=args, current_app=self.admin_site.name)

    def _preview_paths(self, key: str) -> Paths:
        views = ("frame", "session", "forget", "inner")
        return Paths(*(self._preview_url(view, key) for view in views))


def _describe_errors(form: ModelForm[Widget]) -> dict[str, Any]:
    """Return the labels of what is missing, and the errors of what is there."""
    missing, errors = [], []
    for name, found in form.errors.as_data().items():
        is_whole = name == NON_FIELD_ERRORS
        label = "" if is_whole else str(form[name].label)
        if {error.code for error in found} <= MISSING_CODES:
            missing.append(label)
        else:
            errors.append({"label": label, "messages": form.errors[name]})
    return {"missing": missing, "errors": errors}


def _private_document(
    document: str, headers: Mapping[str, str], *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    headers = {
        **headers,
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    response = HttpResponse(document, status=status, headers=headers)
    lift_site_policy(response)
    return response


def _gone(reason: str = "") -> HttpResponse:
    """Say in words that there is nothing to see, in the page or in the chat's frame."""
    document, headers = render_gone(reason)
    return _private_document(document, headers, status=HTTPStatus.NOT_FOUND)
