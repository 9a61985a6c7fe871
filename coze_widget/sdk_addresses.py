"""Where the SDK's script may come from: it can do in the page's origin what the site can."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from django.conf import settings

from coze_widget.conf import conf

CN_SDK_URL = (
    "https://lf-cdn.coze.cn/obj/unpkg/flow-platform/chat-app-sdk/{version}"
    "/libs/cn/index.js"
)
COM_SDK_URL = (
    "https://sf-cdn.coze.com/obj/unpkg-va/flow-platform/chat-app-sdk/{version}"
    "/libs/oversea/index.js"
)
# On these hosts lie other things, too, and other people's.
COZE_FOLDERS = tuple(url.partition("{version}")[0] for url in (CN_SDK_URL, COM_SDK_URL))
SDK_URLS = {
    "https://api.coze.cn": CN_SDK_URL,
    "https://api.coze.com": COM_SDK_URL,
}


def sdk_url(base_url: str, version: str, own: str = "") -> str:
    """Return where the SDK of this version is; any other base URL follows cn's path.

    `own` is the widget's, which wins.
    """
    template = (
        own
        or conf.sdk_urls.get(base_url)
        or SDK_URLS.get(
            base_url, CN_SDK_URL.replace("https://lf-cdn.coze.cn", base_url)
        )
    )
    return template.replace("{version}", version)


def is_allowed(url: str) -> bool:
    """Tell whether a widget may name this address.

    An editor of widgets must not be able to run any script as the site: only Coze's
    hosts, those that the settings name, and the site's own static files, which editors
    cannot write, unlike uploads.
    """
    if any(char.isspace() or not char.isprintable() for char in url) or "\\" in url:
        return False
    if url.startswith("/") and not url.startswith("//"):
        return _is_static(url)
    if ".." in unquote(url):
        return False
    try:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
    except ValueError:
        return False
    return url.startswith(COZE_FOLDERS) or (
        bool(parts.path) and origin in _allowed_origins()
    )


def _is_static(url: str) -> bool:
    """Uploads may lie below the static files; and at `/` lies everything."""
    static, media = settings.STATIC_URL or "", settings.MEDIA_URL or ""
    path = unquote(url)
    is_upload = media.startswith("/") and media != "/" and path.startswith(media)
    is_inside = static.startswith("/") and static != "/" and path.startswith(static)
    return is_inside and not is_upload and ".." not in path


def _allowed_origins() -> set[str]:
    parts = [urlsplit(url) for url in (*conf.sdk_urls.values(), *conf.sdk_origins)]
    return {f"{part.scheme}://{part.netloc}" for part in parts if part.netloc}
