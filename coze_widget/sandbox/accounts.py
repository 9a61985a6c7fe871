"""What is wrong with the account at Coze, as its owner may have brought it about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass
class Account:
    """In good order as long as nobody says otherwise."""

    withheld: set[str] = field(default_factory=set)  # permissions, as "Bot.chat"
    unbound: set[str] = field(default_factory=set)  # ids of bots and apps
    api_only: set[str] = field(default_factory=set)  # the same; never in Chat SDK
    mixes_histories: bool = False  # whatever the session_name
    is_out_of_quota: bool = False

    def change(
        self, document: Mapping[str, Any], *, permissions: Collection[str]
    ) -> None:
        """Take over what is named; the lists are added to.

        Raises ValueError with a sentence that names the field, before anything changes.
        """
        for name, value in document.items():
            self._check(name, value, permissions)
        for name, value in document.items():
            setattr(self, name, self._merge(name, value))

    def _check(self, name: str, value: object, permissions: Collection[str]) -> None:
        known = [item.name for item in fields(self)]
        if name not in known:
            raise ValueError(f"{name} is unknown; known are {', '.join(known)}")
        if isinstance(getattr(self, name), bool):
            if not isinstance(value, bool):
                raise ValueError(f"{name} must be of type bool")
            return
        if not isinstance(value, list) or not all(
            isinstance(one, str) for one in value
        ):
            raise ValueError(f"{name} must be a list of texts")
        unknown = set(value) - set(permissions) if name == "withheld" else None
        if unknown:
            raise ValueError(
                f"{', '.join(sorted(unknown))} is no permission; known are "
                f"{', '.join(sorted(permissions))}"
            )

    def _merge(self, name: str, value: Any) -> set[str] | bool:
        return value if isinstance(value, bool) else getattr(self, name) | set(value)
