"""Trouble on request: latency, statuses, codes, bodies that are no JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from coze_widget.sandbox.envelope import Refusal, build_refusal
from coze_widget.sandbox.http import Request, Response


@dataclass
class Fault:
    """Meets the requests whose path begins with `path`.

    Without `status`, `code` and `body` it only delays. A code that is text
    answers in the form of the token endpoint, a number in Coze's envelope.
    """

    path: str
    method: str = ""
    times: int | None = 1  # None: until the faults are dropped
    status: int | None = None
    code: int | str | None = None
    msg: str = ""
    latency_ms: int = 0
    body: str | None = None
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    def meets(self, request: Request) -> bool:
        return request.path.startswith(self.path) and self.method.upper() in (
            "",
            request.method,
        )

    def build_response(self, request: Request) -> Response | None:
        """None: the request is only delayed and then served."""
        if self.status is None and self.code is None and self.body is None:
            return None
        if self.code is None:
            return Response(
                status=self.status or 200,
                body=(self.body or "").encode(),
                content_type=self.content_type,
                headers=self.headers,
            )
        response = self._build_coded(self.code, request)
        return Response(
            status=self.status or response.status,
            body=response.body,
            headers=self.headers,
        )

    def _build_coded(self, code: int | str, request: Request) -> Response:
        if isinstance(code, int):
            return build_refusal(Refusal(code, self.msg), logid=request.logid)
        document = {"error_code": code, "error_message": self.msg}
        return Response(status=400, body=json.dumps(document).encode())


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        self._faults.clear()

    def take(self, request: Request) -> Fault | None:
        """The first fault that meets the request; one use of it is gone then."""
        fault = next((fault for fault in self._faults if fault.meets(request)), None)
        if fault and fault.times is not None:
            fault.times -= 1
            if fault.times < 1:
                self._faults.remove(fault)
        return fault


_KINDS: dict[str, tuple[type, ...]] = {
    "path": (str,),
    "method": (str,),
    "times": (int, type(None)),
    "status": (int,),
    "code": (int, str),
    "msg": (str,),
    "latency_ms": (int,),
    "body": (str,),
    "content_type": (str,),
    "headers": (dict,),
}


def parse_fault(document: Mapping[str, Any]) -> Fault:
    """Raises ValueError with a sentence that names the field."""
    known = [item.name for item in fields(Fault)]
    for name, value in document.items():
        if name not in known:
            raise ValueError(f"{name} is unknown; known are {', '.join(known)}")
        if not isinstance(value, _KINDS[name]):
            kinds = " or ".join(kind.__name__ for kind in _KINDS[name])
            raise ValueError(f"{name} must be of type {kinds}")
    if not str(document.get("path", "")).startswith("/"):
        raise ValueError("path must begin with a slash")
    return Fault(**document)
