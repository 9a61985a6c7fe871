from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import coze_widget.validators


class Migration(migrations.Migration):
    dependencies = [
        ("coze_widget", "0003_look_audience_history"),
        ("sites", "0002_alter_domain_unique"),
    ]

    operations = [
        migrations.CreateModel(
            name="VisitorKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="For you: whose key it is, and since when.",
                        max_length=100,
                        validators=[coze_widget.validators.refuse_credentials],
                        verbose_name="name",
                    ),
                ),
                (
                    "algorithm",
                    models.CharField(
                        choices=[
                            ("HS256", "HS256: a secret that both sides know"),
                            ("RS256", "RS256: an RSA key pair"),
                            ("ES256", "ES256: a key pair on the curve P-256"),
                        ],
                        default="HS256",
                        max_length=5,
                        verbose_name="algorithm",
                    ),
                ),
                ("encrypted_secret", models.TextField(blank=True, editable=False)),
                (
                    "public_key",
                    models.TextField(
                        blank=True,
                        help_text="As PEM text.",
                        max_length=5000,
                        verbose_name="public key",
                    ),
                ),
                (
                    "jwks_url",
                    models.CharField(
                        blank=True,
                        help_text="A JWKS document over https, instead of a public key.",
                        max_length=500,
                        validators=[coze_widget.validators.refuse_credentials],
                        verbose_name="address of the keys",
                    ),
                ),
                (
                    "issuer",
                    models.CharField(
                        blank=True,
                        help_text="What the tokens say in iss. Empty: it is not looked at. Keys of one widget sign for the same visitors, whoever issues.",
                        max_length=200,
                        validators=[coze_widget.validators.refuse_credentials],
                        verbose_name="issuer",
                    ),
                ),
                (
                    "is_enabled",
                    models.BooleanField(default=True, verbose_name="enabled"),
                ),
                (
                    "created_at",
                    models.DateTimeField(auto_now_add=True, verbose_name="created at"),
                ),
            ],
            options={
                "verbose_name": "visitor key",
                "verbose_name_plural": "visitor keys",
                "ordering": ("-created_at", "-pk"),
            },
        ),
        migrations.RemoveConstraint(
            model_name="widget",
            name="coze_widget_eager_is_inline",
        ),
        migrations.AddField(
            model_name="historicalwidget",
            name="allowed_origins",
            field=models.TextField(
                blank=True,
                help_text="One origin a line: https://shop.example, or https://*.shop.example for all hosts below it. Empty: on this site's own pages only.",
                max_length=2000,
                validators=[
                    coze_widget.validators.refuse_credentials,
                    coze_widget.validators.validate_origins,
                ],
                verbose_name="also on pages of these sites",
            ),
        ),
        migrations.AddField(
            model_name="historicalwidget",
            name="consent_link_text",
            field=models.CharField(
                blank=True,
                max_length=100,
                validators=[coze_widget.validators.refuse_credentials],
                verbose_name="text of the link",
            ),
        ),
        migrations.AddField(
            model_name="historicalwidget",
            name="consent_link_url",
            field=models.CharField(
                blank=True,
                help_text="For example of your privacy notice: https://… or /privacy/.",
                max_length=200,
                validators=[
                    coze_widget.validators.refuse_credentials,
                    coze_widget.validators.validate_link,
                ],
                verbose_name="address of the link",
            ),
        ),
        migrations.AddField(
            model_name="historicalwidget",
            name="consent_text",
            field=models.TextField(
                blank=True,
                help_text="What visitors agree to before anything goes to Coze. Empty: they are not asked.",
                max_length=1000,
                validators=[coze_widget.validators.refuse_credentials],
                verbose_name="ask for consent",
            ),
        ),
        migrations.AddField(
            model_name="historicalwidget",
            name="preconnect",
            field=models.BooleanField(
                default=False,
                help_text="Whoever reaches for the button is connected to Coze's hosts before the click. Faster; Coze sees the visitor's address then.",
                verbose_name="connect ahead",
            ),
        ),
        migrations.AddField(
            model_name="widget",
            name="allowed_origins",
            field=models.TextField(
                blank=True,
                help_text="One origin a line: https://shop.example, or https://*.shop.example for all hosts below it. Empty: on this site's own pages only.",
                max_length=2000,
                validators=[
                    coze_widget.validators.refuse_credentials,
                    coze_widget.validators.validate_origins,
                ],
                verbose_name="also on pages of these sites",
            ),
        ),
        migrations.AddField(
            model_name="widget",
            name="consent_link_text",
            field=models.CharField(
                blank=True,
                max_length=100,
                validators=[coze_widget.validators.refuse_credentials],
                verbose_name="text of the link",
            ),
        ),
        migrations.AddField(
            model_name="widget",
            name="consent_link_url",
            field=models.CharField(
                blank=True,
                help_text="For example of your privacy notice: https://… or /privacy/.",
                max_length=200,
                validators=[
                    coze_widget.validators.refuse_credentials,
                    coze_widget.validators.validate_link,
                ],
                verbose_name="address of the link",
            ),
        ),
        migrations.AddField(
            model_name="widget",
            name="consent_text",
            field=models.TextField(
                blank=True,
                help_text="What visitors agree to before anything goes to Coze. Empty: they are not asked.",
                max_length=1000,
                validators=[coze_widget.validators.refuse_credentials],
                verbose_name="ask for consent",
            ),
        ),
        migrations.AddField(
            model_name="widget",
            name="preconnect",
            field=models.BooleanField(
                default=False,
                help_text="Whoever reaches for the button is connected to Coze's hosts before the click. Faster; Coze sees the visitor's address then.",
                verbose_name="connect ahead",
            ),
        ),
        migrations.AlterField(
            model_name="historicalwidget",
            name="load",
            field=models.CharField(
                choices=[
                    ("click", "At the click (recommended)"),
                    ("idle", "When the page has nothing else to do"),
                    ("eager", "With the page, as Coze documents it"),
                ],
                default="click",
                max_length=5,
                verbose_name="load the SDK",
            ),
        ),
        migrations.AlterField(
            model_name="widget",
            name="load",
            field=models.CharField(
                choices=[
                    ("click", "At the click (recommended)"),
                    ("idle", "When the page has nothing else to do"),
                    ("eager", "With the page, as Coze documents it"),
                ],
                default="click",
                max_length=5,
                verbose_name="load the SDK",
            ),
        ),
        migrations.AddConstraint(
            model_name="widget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("place", "inline"),
                    models.Q(("place", "frame"), ("load__in", ["click", "idle"])),
                    _connector="OR",
                ),
                name="coze_widget_eager_is_inline",
                violation_error_code="eager_in_frame",
                violation_error_message="Only a widget in the page itself can load with the page.",
            ),
        ),
        migrations.AddField(
            model_name="visitorkey",
            name="widget",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="visitor_keys",
                to="coze_widget.widget",
                verbose_name="widget",
            ),
        ),
        migrations.AddConstraint(
            model_name="visitorkey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("algorithm", "HS256"),
                        ("jwks_url", ""),
                        ("public_key", ""),
                        models.Q(("encrypted_secret", ""), _negated=True),
                    ),
                    models.Q(
                        ("algorithm__in", ["RS256", "ES256"]),
                        ("encrypted_secret", ""),
                        models.Q(
                            models.Q(
                                ("public_key", ""),
                                models.Q(("jwks_url", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("public_key", ""), _negated=True),
                                ("jwks_url", ""),
                            ),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="coze_widget_visitor_key_has_one_source",
                violation_error_code="key_source",
                violation_error_message="HS256 needs a secret; RS256 and ES256 need either a public key or the address of the keys.",
            ),
        ),
    ]
