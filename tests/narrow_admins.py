"""Admins that keep their people to a site, to rows or to fields, and their addresses."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.sites.models import Site
from django.urls import include, path

from coze_widget.admin import WidgetAdmin
from coze_widget.models import Widget

OWN = "a.example"
FIXED = ("site", "enabled", "staff_only", "oauth_app")


def _without(name, fields):
    return tuple(field for field in fields if field != name)


class OneSite(WidgetAdmin):
    """Sees and adds widgets of one site."""

    def get_queryset(self, request):
        return super().get_queryset(request).filter(site__domain=OWN)

    def formfield_for_foreignkey(self, field, request, **options):
        options |= {"queryset": Site.objects.filter(domain=OWN), "required": True}
        return super().formfield_for_foreignkey(field, request, **options)


class OwnRows(WidgetAdmin):
    """Sees all widgets, and changes those of one site."""

    def has_change_permission(self, request, obj=None):
        is_own = obj is None or (obj.site is not None and obj.site.domain == OWN)
        return super().has_change_permission(request, obj) and is_own


class SomeFields(WidgetAdmin):
    """Shows some fields only, and hides one."""

    readonly_fields = (*WidgetAdmin.readonly_fields, *FIXED)
    fieldsets = tuple(
        (heading, options | {"fields": _without("permission", options["fields"])})
        for heading, options in WidgetAdmin.fieldsets
    )


class FewChoices(WidgetAdmin):
    def formfield_for_choice_field(self, field, request, **options):
        if field.name == "guests":
            options["choices"] = [("login", "asked to log in")]
        return super().formfield_for_choice_field(field, request, **options)


def _mount(model_admin):
    site = admin.AdminSite(name=model_admin.__name__)
    site.register(Widget, model_admin)
    return path(f"{model_admin.__name__}/", site.urls)


urlpatterns = [
    path("admin/", admin.site.urls),
    *map(_mount, (OneSite, OwnRows, SomeFields, FewChoices)),
    path("chat/", include("coze_widget.urls")),
]


def address_in(name, *parts):
    rest = "".join(f"{part}/" for part in parts)
    return f"/{name}/coze_widget/widget/{rest}"
