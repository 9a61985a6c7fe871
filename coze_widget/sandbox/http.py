"""One HTTP request and one HTTP response, free of sockets."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


def new_logid() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""
    client_host: str = "127.0.0.1"
    logid: str = field(default_factory=new_logid)

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def bearer(self) -> str:
        scheme, _, credential = self.header("Authorization").partition(" ")
        return credential.strip() if scheme.lower() == "bearer" else ""

    @property
    def language(self) -> str:
        """`zh` or `en`: Coze knows no other."""
        return "zh" if self.header("Accept-Language").lower().startswith("zh") else "en"

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; an empty body is an empty object.

        Raises ValueError for anything else.
        """
        try:
            document = json.loads(self.body or b"{}")
        except RecursionError:
            raise ValueError("the body is nested too deeply") from None
        if not isinstance(document, dict):
            raise ValueError("the body must be a JSON object")
        return document


@dataclass(frozen=True)
class Response:
    status: int = 200
    body: bytes | Iterator[bytes] = b""
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(document: object, *, status: int = 200) -> Response:
    text = json.dumps(document, ensure_ascii=False)
    return Response(status=status, body=text.encode())
