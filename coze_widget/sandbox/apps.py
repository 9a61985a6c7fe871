from __future__ import annotations

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "coze_widget.sandbox"
    label = "coze_sandbox"
    verbose_name = "Coze sandbox"
