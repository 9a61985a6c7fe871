"""What system checks say, and a project about which they say nothing."""

from __future__ import annotations


def put_in_order(settings, directory):
    """Give the tests' project what a server has and tests do without."""
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": directory / "cache",
        }
    }
    # Visitors cannot reach what is on this machine; Django's checks ask nobody.
    apps = getattr(settings, "COZE_OAUTH_APPS", {})
    settings.COZE_OAUTH_APPS = {
        name: {**app, "base_url": "https://api.coze.cn"} for name, app in apps.items()
    }
    # The collected files are the subject of tests of their own.
    settings.WHITENOISE_USE_FINDERS = True


def ids(messages):
    return [message.id.removeprefix("coze_widget.") for message in messages]


def only(messages, id_):
    """Return the text of the one message, which must give advice."""
    [message] = list(messages)
    assert message.id == f"coze_widget.{id_}"
    assert message.hint
    return message.msg
