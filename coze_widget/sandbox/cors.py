"""Coze's API answers browsers of every origin; so does the sandbox's."""

from __future__ import annotations

from dataclasses import replace

from coze_widget.sandbox.http import Response

ALLOWED_HEADERS = "authorization, content-type, x-coze-client-user-agent"


def answer_preflight() -> Response:
    return Response(
        status=204,
        headers={
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
            "Access-Control-Allow-Headers": ALLOWED_HEADERS,
            "Access-Control-Max-Age": "600",
        },
    )


def allow_everybody(response: Response) -> Response:
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "X-Tt-Logid",
    }
    return replace(response, headers={**headers, **response.headers})
