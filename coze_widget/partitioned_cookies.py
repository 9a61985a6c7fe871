"""Cookies that a browser keeps apart for each site that shows us (CHIPS).

Python's own `http.cookies` cannot write the attribute before 3.14, and Django has no
parameter for it.
"""

from __future__ import annotations

from http.cookies import Morsel
from typing import Any

from django.http import HttpResponseBase


class PartitionedMorsel(Morsel):  # type: ignore[type-arg]
    def OutputString(self, attrs: Any = None) -> str:  # the library's name
        text: str = super().OutputString(attrs)
        return f"{text}; Partitioned"


def set_partitioned_cookie(
    response: HttpResponseBase,
    name: str,
    value: str,
    *,
    max_age: int | None,
    path: str,
) -> None:
    """Set a cookie that scripts cannot read; it is `Secure`, as browsers demand."""
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path=path,
        secure=True,
        httponly=True,
        samesite="None",
    )
    cookies = response.cookies
    morsel = PartitionedMorsel()
    plain = cookies[name]
    morsel.set(name, plain.value, plain.coded_value)
    morsel.update(plain)
    # `SimpleCookie.__setitem__` would make a plain one of it.
    dict.__setitem__(cookies, name, morsel)
