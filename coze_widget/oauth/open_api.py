"""Coze's API with somebody's access token, as the Chat SDK uses it in a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from coze_widget.exceptions import InvalidResponseError
from coze_widget.oauth.client import AccessToken
from coze_widget.oauth.deadlines import Deadline
from coze_widget.oauth.failures import find_failure, read_facts
from coze_widget.oauth.retries import Retries
from coze_widget.oauth.transport import Answer, Transport
from coze_widget.sentences import Sentence as _

# Of Coze's channels that of the Chat SDK, and so the widget's: each has histories of its own.
CHAT_SDK_CONNECTOR_ID = "999"

# A bot's answer holds its prompt, its plug-ins and its knowledge.
_LARGEST_BODY_BYTES = 1_048_576


class OpenApi:
    """Threads may share it; it keeps no token."""

    def __init__(
        self, base_url: str, transport: Transport, *, retries: Retries | None = None
    ) -> None:
        self._base_url = base_url
        self._transport = transport
        self._retries = retries or Retries()

    def start(self) -> Deadline:
        """Return the moment at which patience ends, for several requests as a whole."""
        return self._retries.start()

    def read(
        self,
        *path: str,
        token: AccessToken,
        query: Mapping[str, str] | None = None,
        deadline: Deadline | None = None,
    ) -> Mapping[str, Any]:
        """Return the `data` of an answer to GET. Raises `CozeError`."""
        answer = self._ask("GET", path, token, query, None, deadline)
        data = (answer.payload or {}).get("data")
        if not isinstance(data, dict):
            raise InvalidResponseError(
                _("Coze's answer holds no data"),
                remedy=_("Check base_url and what is in between."),
                **read_facts(answer),
            )
        return data

    def ask(
        self,
        method: str,
        *path: str,
        token: AccessToken,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        deadline: Deadline | None = None,
    ) -> Mapping[str, Any]:
        """Return the whole of an answer, `data` and what stands beside it.

        POST and PUT are sent once: an answer that was lost on its way says nothing of
        whether it was done. Raises `CozeError`.
        """
        return self._ask(method, path, token, query, body, deadline).payload or {}

    def _ask(
        self,
        method: str,
        path: tuple[str, ...],
        token: AccessToken,
        query: Mapping[str, str] | None,
        body: Mapping[str, Any] | None,
        deadline: Deadline | None,
    ) -> Answer:
        url = self._base_url + "".join(f"/{quote(part, safe='')}" for part in path)
        if query:
            url += f"?{urlencode(query)}"
        retries = self._retries
        if method in ("POST", "PUT"):
            retries = replace(retries, max_retries=0)
        return retries.run(
            lambda left: self._ask_once(method, url, body, token, left),
            deadline=deadline,
        )

    def _ask_once(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any] | None,
        token: AccessToken,
        deadline: Deadline,
    ) -> Answer:
        answer = self._transport.ask(
            method,
            url,
            body,
            bearer=token.value,
            deadline=deadline,
            largest_body_bytes=_LARGEST_BODY_BYTES,
        )
        failure = find_failure(answer)
        if failure:
            raise failure
        return answer
