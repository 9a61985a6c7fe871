"""Whether Coze accepts an OAuth app: a token is asked for, and thrown away."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field

from django.core.cache import caches
from django.utils.translation import get_language, gettext, override

from coze_widget.conf import conf
from coze_widget.exceptions import CozeError
from coze_widget.oauth.client import OAuthClient
from coze_widget.oauth.credentials import OAuthApp
from coze_widget.oauth.error_codes import CHECK_REGION
from coze_widget.openings import fingerprint
from coze_widget.sentences import translate

logger = logging.getLogger(__name__)

LIFE_SECONDS = 60
KEEP_SECONDS = 600
# Which catalogues of ours there are: who reads an answer is not who asked.
LANGUAGES = ("en", "zh-hans")
# So that all of them together take no longer than one.
MAX_AT_ONCE = 16


@dataclass(frozen=True)
class Verdict:
    """What Coze said at `asked_at` (Unix seconds).

    `texts` has its refusal and the remedy by language, `facts` what its support asks for.
    """

    asked_at: float
    accepted: bool
    is_key_unknown: bool = False
    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    facts: str = ""

    @property
    def text(self) -> str:
        return self._texts[0]

    @property
    def remedy(self) -> str:
        return self._texts[1]

    @property
    def _texts(self) -> tuple[str, str]:
        is_chinese = (get_language() or "").lower().startswith("zh")
        return self.texts["zh-hans" if is_chinese else "en"]


def ask_coze(client: OAuthClient) -> Verdict:
    """Ask once for a token of nobody's, the shortest that we use; it is not kept."""
    asked_at = time.time()
    try:
        client.fetch_token(
            session_name=f"coze_setup-{secrets.token_hex(16)}",
            duration_seconds=LIFE_SECONDS,
        )
    except CozeError as exc:
        return Verdict(
            asked_at,
            accepted=False,
            is_key_unknown=exc.remedy == CHECK_REGION,
            texts={language: _say(exc, language) for language in LANGUAGES},
            facts=exc.facts,
        )
    return Verdict(asked_at, accepted=True)


def ask_about_all(clients: Iterable[OAuthClient]) -> list[Verdict]:
    """Ask about several apps at a time: each may take as long as the time-outs let it."""
    with ThreadPoolExecutor(MAX_AT_ONCE) as pool:
        return list(pool.map(ask_coze, clients))


def remember(app: OAuthApp, verdict: Verdict) -> None:
    """Keep it for some minutes; a cache that does not answer costs only this."""
    try:
        caches[conf.cache_alias].set(_key(app), asdict(verdict), KEEP_SECONDS)
    except Exception:
        logger.exception("The cache did not take what Coze said.")


def recall(app: OAuthApp) -> Verdict | None:
    try:
        kept = caches[conf.cache_alias].get(_key(app))
        return Verdict(**kept) if kept else None
    except Exception:
        logger.exception("The cache did not tell what Coze said.")
        return None


def _say(exc: CozeError, language: str) -> tuple[str, str]:
    with override(language):
        return (
            str(translate(exc.args[0], gettext)),
            str(translate(exc.remedy, gettext)),
        )


def _key(app: OAuthApp) -> str:
    return f"coze_widget:acceptance:{fingerprint(app)}"
