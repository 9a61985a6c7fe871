"""Uploads. Only what a list would show is kept, not the bytes."""

from __future__ import annotations

from coze_widget.sandbox.api.call import Call
from coze_widget.sandbox.conversations import new_id, now
from coze_widget.sandbox.envelope import Refusal
from coze_widget.sandbox.http import Response
from coze_widget.sandbox.multipart import read_files
from coze_widget.sandbox.state import UploadedFile

MAX_FILE_BYTES = 5 * 1024 * 1024  # Coze takes 512 MB


def upload(call: Call) -> Response:
    try:
        files = read_files(call.request)
    except ValueError:
        raise Refusal(4304) from None
    if len(files) > 1:
        raise Refusal(4301)
    if not files or not files[0].data:
        raise Refusal(4300)
    if len(files[0].data) > MAX_FILE_BYTES:
        raise Refusal(4302)
    file = UploadedFile(new_id(), files[0].name, len(files[0].data), now())
    call.state.files[file.id] = file
    return call.succeed(
        {
            "id": file.id,
            "bytes": file.size,
            "file_name": file.file_name,
            "created_at": file.created_at,
        }
    )
