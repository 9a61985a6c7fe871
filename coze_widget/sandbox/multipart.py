"""The files of a `multipart/form-data` body."""

from __future__ import annotations

from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP

from coze_widget.sandbox.http import Request


@dataclass(frozen=True)
class FormFile:
    name: str
    data: bytes


def read_files(request: Request, *, field: str = "file") -> list[FormFile]:
    """Raises ValueError when the body is no multipart form."""
    content_type = request.header("Content-Type")
    if not content_type.startswith("multipart/form-data"):
        raise ValueError("the body is no multipart form")
    # A form is a MIME message without its first header.
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    if message.defects or not message.is_multipart():
        raise ValueError("the form is broken")
    return [
        FormFile(part.get_filename() or "", _decode(part.get_payload(decode=True)))
        for part in message.iter_parts()
        if part.get_param("name", header="content-disposition") == field
    ]


def _decode(payload: object) -> bytes:
    return payload if isinstance(payload, bytes) else b""
