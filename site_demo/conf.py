"""The demo's own settings, read from `django.conf.settings` on each access."""

from __future__ import annotations

from typing import cast

from django.conf import settings


class Settings:
    @property
    def uses_sandbox(self) -> bool:
        """Whether a stand-in plays Coze, as there are no credentials for the real one."""
        return cast(bool, getattr(settings, "DEMO_USES_SANDBOX", True))

    @property
    def port(self) -> int:
        return cast(int, getattr(settings, "DEMO_PORT", 8000))

    @property
    def bot_id(self) -> str:
        return cast(str, getattr(settings, "DEMO_BOT_ID", ""))

    @property
    def app_id(self) -> str:
        return cast(str, getattr(settings, "DEMO_APP_ID", ""))

    @property
    def workflow_id(self) -> str:
        return cast(str, getattr(settings, "DEMO_WORKFLOW_ID", ""))


conf = Settings()
