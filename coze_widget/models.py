"""The widget: one bot or app of Coze's, with its look, on one site or on all."""

from __future__ import annotations

from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from coze_widget.validators import (
    missing_footer_names,
    refuse_credentials,
    validate_app_version,
    validate_digits,
    validate_extra_options,
    validate_feedback_tags,
    validate_footer_links,
    validate_image_url,
    validate_json_object,
    validate_sdk_version,
)

# The newest one that Coze's install guide (2026) uses.
DEFAULT_SDK_VERSION = "1.2.0-beta.20"


class Mode(models.TextChoices):
    BOT = "bot", _("Agent (bot)")
    APP = "app", _("App with a chatflow")


class Place(models.TextChoices):
    FRAME = "frame", _("In a frame of its own (recommended)")
    INLINE = "inline", _("In the page itself")


class Load(models.TextChoices):
    CLICK = "click", _("At the click (recommended)")
    EAGER = "eager", _("With the page, as Coze documents it")


class Launcher(models.TextChoices):
    OWN = "own", _("Our button: light, accessible")
    SDK = "sdk", _("The SDK's button (in the page, at once)")
    NONE = "none", _("None: the page opens the chat itself")


class Layout(models.TextChoices):
    AUTO = "", _("By device")
    PC = "pc", _("Panel (pc)")
    MOBILE = "mobile", _("Whole screen (mobile)")


class Language(models.TextChoices):
    PAGE = "", _("That of the page")
    ENGLISH = "en", "English"
    CHINESE = "zh-CN", "简体中文"


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
                | (Q(place=Place.FRAME) & Q(load=Load.CLICK)),
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
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        # Validators skip empty values, whatever their type.
        self.parameters = self.parameters or {}
        self.footer_linkvars = self.footer_linkvars or {}
        self.chat_bot_feedback_panel_tags = self.chat_bot_feedback_panel_tags or []
        self.extra_options = self.extra_options or {}
        if isinstance(self.footer_linkvars, dict):
            self._check_footer(self.footer_linkvars)

    def _check_footer(self, links: dict[str, object]) -> None:
        missing = missing_footer_names(self.footer_expression_text, links)
        if missing:
            names = _(", ").join(f"“{name}”" for name in missing)
            error = ValidationError(
                _("There is no link named %(names)s."),
                code="footer_link_missing",
                params={"names": names},
            )
            raise ValidationError({"footer_expression_text": error})
