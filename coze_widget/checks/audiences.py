"""Whether those exist for whom widgets are meant, and who else their tokens reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.apps import apps
from django.core.checks import CheckMessage, Warning
from django.db import router
from django.utils.translation import gettext as _

from coze_widget.audience import (
    find_shared_apps,
    group_names,
    is_login_against_guests,
)
from coze_widget.conf import conf
from coze_widget.models import Widget


def check_audiences(enabled: list[Widget], alias: str) -> Iterator[CheckMessage]:
    yield from _check_shared_apps(enabled)
    yield from _check_rules(enabled)
    yield from _check_groups(enabled, alias)
    yield from _check_permissions(enabled, alias)


def _check_shared_apps(enabled: list[Widget]) -> Iterator[CheckMessage]:
    for restricted, others in find_shared_apps(enabled):
        said = (
            _(
                "The widget “%(slug)s” asks people to log in, and shares the OAuth app "
                "“%(app)s” with %(others)s, open to guests: a guest's token reaches its "
                "bot as well."
            )
            if is_login_against_guests(restricted, others)
            else _(
                "The widget “%(slug)s” turns people away whom %(others)s let in, and "
                "shares the OAuth app “%(app)s” with them: a token from there reaches "
                "its bot as well."
            )
        )
        yield Warning(
            said
            % {
                "slug": restricted.slug,
                "app": restricted.oauth_app,
                "others": _(", ").join(f"“{other.slug}”" for other in others),
            },
            hint=_(
                "Give it an OAuth app of its own, authorised for a workspace of its "
                "own."
            ),
            obj=restricted,
            id="coze_widget.W021",
        )


def _check_rules(enabled: list[Widget]) -> Iterator[CheckMessage]:
    rules: object = conf.audiences
    names = rules if isinstance(rules, Mapping) else {}
    for row in enabled:
        if row.audience and row.audience not in names:
            yield Warning(
                _(
                    "The widget “%(slug)s” asks the rule “%(rule)s”, which COZE_AUDIENCES "
                    "does not have: nobody may chat."
                )
                % {"slug": row.slug, "rule": row.audience},
                hint=_(
                    "Add the rule to the setting, or choose another one in the widget."
                ),
                obj=row,
                id="coze_widget.W037",
            )


def _check_groups(enabled: list[Widget], alias: str) -> Iterator[CheckMessage]:
    wanted = {name for row in enabled for name in group_names(row)}
    if not wanted:
        return
    known = _names_of_groups(wanted, alias)
    for row in enabled:
        missing = [name for name in group_names(row) if name not in known]
        if missing:
            yield Warning(
                _("The widget “%(slug)s” is for groups that do not exist: %(names)s.")
                % {
                    "slug": row.slug,
                    "names": _(", ").join(f"“{name}”" for name in missing),
                },
                hint=_(
                    "A group was renamed or deleted: choose the groups again, in the "
                    "widget."
                ),
                obj=row,
                id="coze_widget.W038",
            )


def _names_of_groups(wanted: set[str], alias: str) -> set[str]:
    """Without Django's accounts there is no group at all."""
    if not _has_accounts(alias):
        return set()
    groups = apps.get_model("auth", "Group")._default_manager.using(alias)
    return set(groups.filter(name__in=wanted).values_list("name", flat=True))


def _check_permissions(enabled: list[Widget], alias: str) -> Iterator[CheckMessage]:
    rows = [row for row in enabled if row.permission]
    if not rows or not _has_accounts(alias):
        # A backend of the project's own may know permissions that Django does not.
        return
    codenames = [row.permission.rpartition(".")[2] for row in rows]
    permissions = apps.get_model("auth", "Permission")._default_manager.using(alias)
    known = {
        f"{app}.{codename}"
        for app, codename in permissions.filter(codename__in=codenames).values_list(
            "content_type__app_label", "codename"
        )
    }
    for row in rows:
        if row.permission not in known:
            yield Warning(
                _(
                    "The widget “%(slug)s” asks for the permission “%(permission)s”, "
                    "which Django does not know: only superusers may chat."
                )
                % {"slug": row.slug, "permission": row.permission},
                hint=_(
                    "Write it as app.codename, for example shop.view_order; silence "
                    "this check if a backend of your own gives it."
                ),
                obj=row,
                id="coze_widget.W039",
            )


def _has_accounts(alias: str) -> bool:
    return apps.is_installed("django.contrib.auth") and router.allow_migrate_model(
        alias, apps.get_model("auth", "Group")
    )
