"""Stands in for the network below `requests`."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict


@dataclass
class Reply:
    body: object = ""
    status: int = 200
    headers: dict = field(default_factory=dict)

    def as_bytes(self):
        if isinstance(self.body, bytes):
            return self.body
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()


class FakeNetwork(BaseAdapter):
    """Gives one reply, or raises one error, per request; the last one for ever."""

    def __init__(self, *replies):
        super().__init__()
        self.replies = list(replies)
        self.requests = []
        self.arguments = []

    def send(self, request, **kwargs):
        self.requests.append(request)
        self.arguments.append(kwargs)
        reply = self.replies[min(len(self.requests), len(self.replies)) - 1]
        if isinstance(reply, Exception):
            reply.request = request
            raise reply
        response = requests.Response()
        response.request, response.url = request, request.url
        response.status_code = reply.status
        response.headers = CaseInsensitiveDict(reply.headers)
        response.raw = io.BytesIO(reply.as_bytes())
        return response

    def close(self):
        self.requests.clear()

    def session(self):
        session = requests.Session()
        session.mount("https://", self)
        return session
