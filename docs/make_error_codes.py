"""Makes docs/error-codes.md from coze_widget/oauth/error_codes.py: `python docs/make_error_codes.py`."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from coze_widget.oauth.error_codes import ERROR_CODES, ErrorCode  # noqa: E402

PAGE = HERE / "error-codes.md"
HEAD = """# Coze's error codes

<!-- Made by docs/make_error_codes.py. -->

Coze says no with a number (`code`), its token endpoint with a word (`error_code`); the HTTP status is not reliable. What
each means for a widget, who can mend it, and where. The log, the button “Test” and the errors of
[the app's exceptions](monitoring.md) say the same sentences.

Beside the code Coze names a `logid`. It is in every log line about a refusal, and it is what Coze's support asks for.

Where no source is named, the code is in Coze's own table `coze_error_codes` or, as a word, in its guide `oauth_jwt`.

| code | what it means | who can mend it | where | what to do |
|---|---|---|---|---|
"""


def render() -> str:
    return HEAD + "".join(map(_render_row, ERROR_CODES.values()))


def _render_row(one: ErrorCode) -> str:
    source = f" ({one.source})" if one.source else ""
    cells = (
        f"`{one.code}`{source}",
        one.meaning,
        one.who.value,
        one.where.value,
        one.remedy,
    )
    return f"| {' | '.join(map(str, cells))} |\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
