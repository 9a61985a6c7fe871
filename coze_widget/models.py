"""The widget: one bot or app of Coze's, with its look, on one site or on all."""

from __future__ import annotations

from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from coze_widget.editors import MAX_PK_LENGTH, read_history_user, write_history_user
from coze_widget.icons import validate_icon
from coze_widget.key_material import load_public_key, validate_jwks_url
from coze_widget.validators import (
    missing_footer_names,
    refuse_credentials,
    validate_app_version,
    validate_color,
    validate_digits,
    validate_extra_options,
    validate_feedback_tags,
    validate_footer_links,
    validate_group_names,
    validate_image_url,
    validate_integrity,
    validate_json_object,
    validate_link,
    validate_origins,
    validate_path_patterns,
    validate_permission,
    validate_sdk_url,
    validate_sdk_version,
    validate_time_zone,
    validate_weekly_hours,
)

# The newest one that Coze's install guide (2026) uses.
DEFAULT_SDK_VERSION = "1.2.0-beta.20"


DEFAULT_LAUNCHER_COLOR = "#2f54eb"


class Mode(models.TextChoices):
    BOT = "bot", _("Agent (bot)")
    APP = "app", _("App with a chatflow")


class Place(models.TextChoices):
    FRAME = "frame", _("In a frame of its own (recommended)")
    INLINE = "inline", _("In the page itself")


class Load(models.TextChoices):
    CLICK = "click", _("At the click (recommended)")
    IDLE = "idle", _("When the page has nothing else to do")
    EAGER = "eager", _("With the page, as Coze documents it")


class Launcher(models.TextChoices):
    OWN = "own", _("Our button: light, accessible")
    SDK = "sdk", _("The SDK's button (in the page, at once)")
    NONE = "none", _("None: the page opens the chat itself")


class Corner(models.TextChoices):
    BOTTOM_RIGHT = "bottom-right", _("bottom right")
    BOTTOM_LEFT = "bottom-left", _("bottom left")
    TOP_RIGHT = "top-right", _("top right")
    TOP_LEFT = "top-left", _("top left")


class ColorScheme(models.TextChoices):
    LIGHT = "light", _("light")
    DARK = "dark", _("dark")
    AUTO = "auto", _("as the visitor's device")


class Layout(models.TextChoices):
    AUTO = "", _("By device")
    PC = "pc", _("Panel (pc)")
    MOBILE = "mobile", _("Whole screen (mobile)")


class Language(models.TextChoices):
    PAGE = "", _("That of the page")
    ENGLISH = "en", "English"
    CHINESE = "zh-CN", "简体中文"


class Algorithm(models.TextChoices):
    """Those that a visitor token may be signed with; each key has exactly one."""

    HS256 = "HS256", _("HS256: a secret that both sides know")
    RS256 = "RS256", _("RS256: an RSA key pair")
    ES256 = "ES256", _("ES256: a key pair on the curve P-256")


class BotState(models.TextChoices):
    """What a callback of Coze's has last said of a bot."""

    THERE = "", _("published")
    UNPUBLISHED = "unpublished", _("taken down")
    DELETED = "deleted", _("deleted")


# Columns that no editor decides on, and that no history keeps.
SAID_BY_COZE = ("bot_name", "bot_state", "bot_state_id", "bot_state_at")


class Guests(models.TextChoices):
    LOGIN = "login", _("are asked to log in")
    ISOLATED = "isolated", _("chat too, each with their own history")


class Widget(models.Model):
    """Everything here is public: it goes to every visitor's browser.

    Names from `base_icon` on follow the SDK's option tree (`ui.base.icon`), so that a new
    option of the SDK is one field here and one line in `coze_widget.options`.
    """

    site = models.ForeignKey(
        Site,
        verbose_name=_("site"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="coze_widgets",
        help_text=_("Empty: on all sites. A site's own widget wins over one for all."),
    )
    slug = models.SlugField(
        _("slug"),
        max_length=50,
        help_text=_(
            'The name in templates: {% coze_widget "slug" %}. Latin letters, digits, '
            "hyphens."
        ),
    )
    name = models.CharField(_("name"), max_length=100, validators=[refuse_credentials])
    enabled = models.BooleanField(_("enabled"), default=True)
    order = models.PositiveSmallIntegerField(
        _("order"),
        default=0,
        help_text=_("A tag without a slug takes the first enabled widget."),
    )
    oauth_app = models.CharField(
        _("OAuth app"),
        max_length=50,
        default="default",
        validators=[refuse_credentials],
        help_text=_("Its name in the setting COZE_OAUTH_APPS."),
    )

    mode = models.CharField(
        _("mode"), max_length=3, choices=Mode.choices, default=Mode.BOT
    )
    bot_id = models.CharField(
        _("bot id"),
        max_length=32,
        blank=True,
        validators=[refuse_credentials, validate_digits],
        help_text=_("The digits after /bot/ in the address of Coze's studio."),
    )
    app_id = models.CharField(
        _("app id"),
        max_length=32,
        blank=True,
        validators=[refuse_credentials, validate_digits],
        help_text=_("The digits after /project-ide/ in the address of Coze's studio."),
    )
    workflow_id = models.CharField(
        _("workflow id"),
        max_length=32,
        blank=True,
        validators=[refuse_credentials, validate_digits],
        help_text=_("The app's chatflow: the digits after workflow= in the address."),
    )
    app_version = models.CharField(
        _("app version"),
        max_length=40,
        blank=True,
        validators=[refuse_credentials, validate_app_version],
        help_text=_(
            "Empty: not sent. Coze does not document this option; the SDK's source has it. "
            "Not verified."
        ),
    )
    parameters = models.JSONField(
        _("parameters"),
        default=dict,
        blank=True,
        validators=[validate_json_object, refuse_credentials],
        help_text=_("Inputs of the chatflow's start node, as a JSON object. Public."),
    )

    sdk_version = models.CharField(
        _("SDK version"),
        max_length=40,
        default=DEFAULT_SDK_VERSION,
        validators=[refuse_credentials, validate_sdk_version],
        help_text=_("Known ones are offered; any other will do."),
    )
    sdk_url = models.CharField(
        _("address of the SDK"),
        max_length=500,
        blank=True,
        validators=[refuse_credentials, validate_sdk_url],
        help_text=_(
            "Empty: Coze's. {version} becomes the version. Other hosts must stand in the "
            "setting COZE_SDK_ORIGINS, since this script may do what the site may."
        ),
    )
    sdk_integrity = models.CharField(
        _("hash of the SDK"),
        max_length=300,
        blank=True,
        validators=[refuse_credentials, validate_integrity],
        help_text=_(
            "Subresource Integrity: sha384-…. Any other file is refused then, also "
            "a new one of Coze's under the same address. Needs a host with CORS."
        ),
    )
    place = models.CharField(
        _("place"), max_length=6, choices=Place.choices, default=Place.FRAME
    )
    load = models.CharField(
        _("load the SDK"), max_length=5, choices=Load.choices, default=Load.CLICK
    )
    guests = models.CharField(
        _("people who are not logged in"),
        max_length=8,
        choices=Guests.choices,
        default=Guests.LOGIN,
    )
    guest_days = models.PositiveSmallIntegerField(
        _("remember them for (days)"),
        default=0,
        validators=[MaxValueValidator(365)],
        help_text=_("0: until the browser is closed."),
    )
    staff_only = models.BooleanField(
        _("staff only"),
        default=False,
        help_text=_("People who may log in to the admin."),
    )
    groups = models.JSONField(
        _("groups"),
        default=list,
        blank=True,
        validators=[refuse_credentials, validate_group_names],
        help_text=_("Members of at least one of them. None: of any."),
    )
    permission = models.CharField(
        _("permission"),
        max_length=200,
        blank=True,
        validators=[refuse_credentials, validate_permission],
        help_text=_("As in Django: app.codename, for example shop.view_order."),
    )
    audience = models.CharField(
        _("rule of the project"),
        max_length=50,
        blank=True,
        validators=[refuse_credentials],
        help_text=_("Its name in the setting COZE_AUDIENCES."),
    )
    hide_from_others = models.BooleanField(
        _("hide the button from everybody else"),
        default=False,
        help_text=_(
            "Otherwise they see it, and the click tells them. Pages with a hidden button "
            "differ from person to person: shared caches must not keep them, and they "
            "cost queries."
        ),
    )

    include_paths = models.TextField(
        _("only on these pages"),
        max_length=2000,
        blank=True,
        validators=[refuse_credentials, validate_path_patterns],
        help_text=_(
            "One path a line; * stands for anything: /shop/*. Empty: on every page that "
            "has the tag."
        ),
    )
    exclude_paths = models.TextField(
        _("not on these pages"),
        max_length=2000,
        blank=True,
        validators=[refuse_credentials, validate_path_patterns],
    )
    allowed_origins = models.TextField(
        _("also on pages of these sites"),
        max_length=2000,
        blank=True,
        validators=[refuse_credentials, validate_origins],
        help_text=_(
            "One origin a line: https://shop.example, or https://*.shop.example for all "
            "hosts below it. Empty: on this site's own pages only."
        ),
    )
    preconnect = models.BooleanField(
        _("connect ahead"),
        default=False,
        help_text=_(
            "Whoever reaches for the button is connected to Coze's hosts before the "
            "click. Faster; Coze sees the visitor's address then."
        ),
    )
    consent_text = models.TextField(
        _("ask for consent"),
        max_length=1000,
        blank=True,
        validators=[refuse_credentials],
        help_text=_(
            "What visitors agree to before anything goes to Coze. Empty: they are not "
            "asked."
        ),
    )
    consent_link_text = models.CharField(
        _("text of the link"),
        max_length=100,
        blank=True,
        validators=[refuse_credentials],
    )
    consent_link_url = models.CharField(
        _("address of the link"),
        max_length=200,
        blank=True,
        validators=[refuse_credentials, validate_link],
        help_text=_("For example of your privacy notice: https://… or /privacy/."),
    )
    weekly_hours = models.JSONField(
        _("weekly hours"),
        default=list,
        blank=True,
        validators=[refuse_credentials, validate_weekly_hours],
        help_text=_("None: at any time."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[refuse_credentials, validate_time_zone],
        help_text=_("Of the weekly hours. Empty: the site's."),
    )
    shown_from = models.DateTimeField(_("shown from"), null=True, blank=True)
    shown_until = models.DateTimeField(_("shown until"), null=True, blank=True)

    page_sets_title = models.BooleanField(_("title"), default=True)
    page_sets_lang = models.BooleanField(_("language"), default=True)
    page_sets_parameters = models.BooleanField(
        _("parameters"),
        default=True,
        help_text=_(
            "They pass through the browser, so whoever chats can change them: never "
            "decide by them what somebody may see or do."
        ),
    )
    page_sets_nickname = models.BooleanField(
        _("nickname"),
        default=False,
        help_text=_("A page with a person's name must not be kept by shared caches."),
    )

    base_icon = models.CharField(
        _("icon"),
        max_length=500,
        blank=True,
        validators=[refuse_credentials, validate_image_url],
        help_text=_("Address of a picture. Empty: Coze's own."),
    )
    base_layout = models.CharField(
        _("layout"),
        max_length=6,
        choices=Layout.choices,
        default=Layout.AUTO,
        blank=True,
    )
    base_lang = models.CharField(
        _("language"),
        max_length=5,
        choices=Language.choices,
        default=Language.PAGE,
        blank=True,
    )
    base_z_index = models.PositiveIntegerField(
        _("z-index"),
        default=1000,
        # One below the largest that CSS takes, since the SDK's picture preview adds 2.
        validators=[MinValueValidator(1), MaxValueValidator(2_147_483_645)],
        help_text=_("Raise it when the site's header covers the chat."),
    )

    launcher = models.CharField(
        _("launcher"), max_length=4, choices=Launcher.choices, default=Launcher.OWN
    )
    launcher_corner = models.CharField(
        _("corner"),
        max_length=12,
        choices=Corner.choices,
        default=Corner.BOTTOM_RIGHT,
    )
    launcher_offset_x = models.PositiveSmallIntegerField(
        _("distance from the side (px)"),
        default=24,
        validators=[MaxValueValidator(500)],
    )
    launcher_offset_y = models.PositiveSmallIntegerField(
        _("distance from top or bottom (px)"),
        default=24,
        validators=[MaxValueValidator(500)],
    )
    launcher_size = models.PositiveSmallIntegerField(
        _("size (px)"),
        default=56,
        # Smaller ones are hard to hit with a finger (WCAG 2.2, target size).
        validators=[MinValueValidator(44), MaxValueValidator(120)],
    )
    launcher_color = models.CharField(
        _("colour"),
        max_length=7,
        default=DEFAULT_LAUNCHER_COLOR,
        validators=[refuse_credentials, validate_color],
        help_text=_("The picture on it is white or black, whichever reads better."),
    )
    launcher_icon = models.FileField(
        _("picture"),
        upload_to="coze_widget/",
        max_length=200,
        blank=True,
        validators=[validate_icon],
        help_text=_("PNG, JPEG, GIF or WebP of at most 200 kB; square looks best."),
    )
    launcher_icon_url = models.CharField(
        _("or its address"),
        max_length=500,
        blank=True,
        validators=[refuse_credentials, validate_image_url],
        help_text=_("Empty: the icon of “Look”, or a speech bubble."),
    )
    launcher_label = models.CharField(
        _("label"),
        max_length=40,
        blank=True,
        validators=[refuse_credentials],
        help_text=_("A few words beside the picture. Empty: the picture alone."),
    )
    color_scheme = models.CharField(
        _("colours"),
        max_length=5,
        choices=ColorScheme.choices,
        default=ColorScheme.LIGHT,
        help_text=_("Of our own parts; the SDK's chat is always light."),
    )

    header_is_show = models.BooleanField(_("show the title bar"), default=True)
    header_is_need_close = models.BooleanField(_("close button"), default=True)

    footer_is_show = models.BooleanField(_("show the footer"), default=True)
    footer_expression_text = models.CharField(
        _("text"),
        max_length=300,
        blank=True,
        validators=[refuse_credentials],
        help_text=_("{{name}} becomes the link with this name. Empty: Coze's line."),
    )
    footer_linkvars = models.JSONField(
        _("links"),
        default=dict,
        blank=True,
        validators=[validate_footer_links, refuse_credentials],
    )

    conversations_is_need = models.BooleanField(
        _("list of conversations"),
        default=False,
        help_text=_("Agents only. Needs SDK 1.2.0-beta.17."),
    )

    chat_bot_title = models.CharField(
        _("title"),
        max_length=100,
        blank=True,
        validators=[refuse_credentials],
        help_text=_("Empty: the name of this widget."),
    )
    chat_bot_width = models.PositiveSmallIntegerField(
        _("width (px)"),
        default=460,
        validators=[MinValueValidator(300), MaxValueValidator(2000)],
        help_text=_("Not on phones."),
    )
    chat_bot_uploadable = models.BooleanField(_("file upload"), default=True)
    chat_bot_is_need_audio = models.BooleanField(
        _("voice input"), default=False, help_text=_("Needs HTTPS.")
    )
    chat_bot_is_need_function_call_message = models.BooleanField(
        _("steps of plug-ins"), default=True
    )
    chat_bot_is_need_add_new_conversation = models.BooleanField(
        _("button “new conversation”"), default=True
    )
    chat_bot_is_need_clear_context = models.BooleanField(
        _("button “clear context”"), default=True
    )
    chat_bot_is_need_quote = models.BooleanField(_("quote an answer"), default=False)

    chat_bot_feedback_is_need = models.BooleanField(
        _("thumbs up and down"),
        default=False,
        help_text=_("First documented with SDK 1.2.0-beta.17."),
    )
    chat_bot_feedback_panel_title = models.CharField(
        _("title of the panel"),
        max_length=100,
        blank=True,
        validators=[refuse_credentials],
        help_text=_("Asks after a thumb down what was wrong. Empty: the SDK's own."),
    )
    chat_bot_feedback_panel_placeholder = models.CharField(
        _("hint in the comment"),
        max_length=100,
        blank=True,
        validators=[refuse_credentials],
        help_text=_("Empty: the SDK's own."),
    )
    chat_bot_feedback_panel_tags = models.JSONField(
        _("tags"),
        default=list,
        blank=True,
        validators=[validate_feedback_tags, refuse_credentials],
        help_text=_("At most 10. Without a tag the panel does not appear."),
    )

    user_nickname = models.CharField(
        _("nickname"),
        max_length=50,
        blank=True,
        validators=[refuse_credentials],
        help_text=_("Of people whose name the site does not know."),
    )
    user_url = models.CharField(
        _("avatar"),
        max_length=500,
        blank=True,
        validators=[refuse_credentials, validate_image_url],
        help_text=_("Address of a picture. Empty: Coze's own."),
    )

    # Not for editors: what Coze has said. The name when it was last tested or published;
    # of which bot, and when, a callback told that it is gone.
    bot_name = models.CharField(
        _("bot name"),
        max_length=100,
        blank=True,
        editable=False,
        validators=[refuse_credentials],
    )
    bot_state = models.CharField(
        _("bot state"),
        max_length=16,
        blank=True,
        default=BotState.THERE,
        db_default="",
        choices=BotState.choices,
        editable=False,
    )
    bot_state_id = models.CharField(
        max_length=32,
        blank=True,
        default="",
        db_default="",
        editable=False,
        validators=[refuse_credentials],
    )
    bot_state_at = models.DateTimeField(null=True, blank=True, editable=False)

    extra_options = models.JSONField(
        _("further options"),
        default=dict,
        blank=True,
        validators=[validate_extra_options, refuse_credentials],
        help_text=_(
            "Options of the SDK that have no field here, as a JSON object in the SDK's own "
            'shape: {"ui": {"chatBot": {"name": true}}}. Public.'
        ),
    )

    # Each save is what visitors get from then on: what was published, and by whom.
    history = HistoricalRecords(
        excluded_fields=[*SAID_BY_COZE],
        verbose_name=_("published version"),
        verbose_name_plural=_("published versions"),
        history_user_id_field=models.CharField(max_length=MAX_PK_LENGTH, blank=True),
        history_user_getter=read_history_user,
        history_user_setter=write_history_user,
    )

    class Meta:
        verbose_name = _("widget")
        verbose_name_plural = _("widgets")
        ordering = ("order", "slug")
        constraints = (
            models.UniqueConstraint(
                fields=["site", "slug"],
                condition=Q(site__isnull=False),
                name="coze_widget_slug_per_site",
                violation_error_code="slug_taken",
                violation_error_message=_("This site has a widget with this slug."),
            ),
            models.UniqueConstraint(
                fields=["slug"],
                condition=Q(site__isnull=True),
                name="coze_widget_slug_for_all_sites",
                violation_error_code="slug_taken",
                violation_error_message=_(
                    "There is a widget for all sites with this slug."
                ),
            ),
            models.CheckConstraint(
                condition=(Q(mode=Mode.BOT) & ~Q(bot_id=""))
                | (Q(mode=Mode.APP) & ~Q(app_id="") & ~Q(workflow_id="")),
                name="coze_widget_mode_has_its_ids",
                violation_error_code="ids_missing",
                violation_error_message=_(
                    "An agent needs its bot id; an app needs its app id and workflow id."
                ),
            ),
            models.CheckConstraint(
                condition=Q(bot_id__regex=r"^[0-9]*$")
                & Q(app_id__regex=r"^[0-9]*$")
                & Q(workflow_id__regex=r"^[0-9]*$"),
                name="coze_widget_ids_are_digits",
                violation_error_code="not_digits",
                violation_error_message=_("Ids consist of digits only."),
            ),
            models.CheckConstraint(
                condition=Q(place=Place.INLINE)
                | (Q(place=Place.FRAME) & Q(load__in=[Load.CLICK, Load.IDLE])),
                name="coze_widget_eager_is_inline",
                violation_error_code="eager_in_frame",
                violation_error_message=_(
                    "Only a widget in the page itself can load with the page."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(launcher=Launcher.SDK)
                | (Q(place=Place.INLINE) & Q(load=Load.EAGER)),
                name="coze_widget_sdk_launcher_is_eager",
                violation_error_code="sdk_launcher",
                violation_error_message=_(
                    "The SDK's button needs a widget in the page itself that loads with it."
                ),
            ),
            models.CheckConstraint(
                condition=Q(shown_from__isnull=True)
                | Q(shown_until__isnull=True)
                | Q(shown_until__gt=F("shown_from")),
                name="coze_widget_until_after_from",
                violation_error_code="until_before_from",
                violation_error_message=_("The end must be after the beginning."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_gone(self) -> bool:
        """Tell whether Coze has said so of the very bot that the widget names now."""
        is_about_it = self.mode == Mode.BOT and self.bot_state_id == self.bot_id
        return bool(self.bot_state) and is_about_it

    def keep_what_coze_said(self, other: Widget | None) -> None:
        """Take it over from the row that this one is to replace."""
        for name in SAID_BY_COZE if other else ():
            setattr(self, name, getattr(other, name))

    def clean(self) -> None:
        # Validators skip empty values, whatever their type.
        self.parameters = self.parameters or {}
        self.footer_linkvars = self.footer_linkvars or {}
        self.chat_bot_feedback_panel_tags = self.chat_bot_feedback_panel_tags or []
        self.extra_options = self.extra_options or {}
        self.groups = self.groups or []
        self.weekly_hours = self.weekly_hours or []
        errors = {**self._find_guests_error(), **self._find_footer_error()}
        if errors:
            raise ValidationError(errors)

    def _find_guests_error(self) -> dict[str, ValidationError]:
        needs_account = self.staff_only or self.groups or self.permission
        if self.guests != Guests.ISOLATED or not needs_account:
            return {}
        error = ValidationError(
            _(
                "Guests are in no group, are no staff and have no permission: let people "
                "log in, or drop what only accounts can have."
            ),
            code="guests_without_account",
        )
        return {"guests": error}

    def _find_footer_error(self) -> dict[str, ValidationError]:
        links = self.footer_linkvars
        if not isinstance(links, dict):
            return {}
        missing = missing_footer_names(self.footer_expression_text, links)
        if not missing:
            return {}
        error = ValidationError(
            _("There is no link named %(names)s."),
            code="footer_link_missing",
            params={"names": _(", ").join(f"“{name}”" for name in missing)},
        )
        return {"footer_expression_text": error}


class Draft(models.Model):
    """What an editor keeps for later while visitors get the row itself.

    `values` is what `coze_widget.records.to_record` returns.
    """

    widget = models.OneToOneField(
        Widget, verbose_name=_("widget"), on_delete=models.CASCADE
    )
    values = models.JSONField(_("values"), default=dict)
    saved_at = models.DateTimeField(_("saved at"), auto_now=True)
    # As in `coze_widget.editors`.
    saved_by = models.CharField(_("saved by"), max_length=MAX_PK_LENGTH, blank=True)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")

    def __str__(self) -> str:
        return str(self.widget)


class VisitorKey(models.Model):
    """What a host's backend signs visitor tokens with, for one widget.

    A widget may have several: the old one stays until no token of it is around any more.
    No part of a widget's record, so that no export, draft or version holds it.
    """

    widget = models.ForeignKey(
        Widget,
        verbose_name=_("widget"),
        on_delete=models.CASCADE,
        related_name="visitor_keys",
    )
    name = models.CharField(
        _("name"),
        max_length=100,
        validators=[refuse_credentials],
        help_text=_("For you: whose key it is, and since when."),
    )
    algorithm = models.CharField(
        _("algorithm"),
        max_length=5,
        choices=Algorithm.choices,
        default=Algorithm.HS256,
    )
    # As `coze_widget.encryption` returns it; never shown again.
    encrypted_secret = models.TextField(editable=False, blank=True)
    public_key = models.TextField(
        _("public key"), max_length=5000, blank=True, help_text=_("As PEM text.")
    )
    jwks_url = models.CharField(
        _("address of the keys"),
        max_length=500,
        blank=True,
        validators=[refuse_credentials],
        help_text=_("A JWKS document over https, instead of a public key."),
    )
    issuer = models.CharField(
        _("issuer"),
        max_length=200,
        blank=True,
        validators=[refuse_credentials],
        help_text=_(
            "What the tokens say in iss. Empty: it is not looked at. Keys of one widget "
            "sign for the same visitors, whoever issues."
        ),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("visitor key")
        verbose_name_plural = _("visitor keys")
        ordering = ("-created_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=(
                    Q(algorithm=Algorithm.HS256, public_key="", jwks_url="")
                    & ~Q(encrypted_secret="")
                )
                | (
                    Q(algorithm__in=[Algorithm.RS256, Algorithm.ES256])
                    & Q(encrypted_secret="")
                    & (
                        (Q(public_key="") & ~Q(jwks_url=""))
                        | (~Q(public_key="") & Q(jwks_url=""))
                    )
                ),
                name="coze_widget_visitor_key_has_one_source",
                violation_error_code="key_source",
                violation_error_message=_(
                    "HS256 needs a secret; RS256 and ES256 need either a public key or "
                    "the address of the keys."
                ),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        errors: dict[str, ValidationError] = {}
        try:
            if self.public_key:
                load_public_key(self.public_key, self.algorithm)
        except ValidationError as exc:
            errors["public_key"] = exc
        try:
            if self.jwks_url:
                validate_jwks_url(self.jwks_url)
        except ValidationError as exc:
            errors["jwks_url"] = exc
        if errors:
            raise ValidationError(errors)
