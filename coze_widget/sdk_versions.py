"""Versions of the Chat SDK that public pages load; Coze publishes no list of them."""

from __future__ import annotations

# Newest first, by the host that serves them. Others exist, and newer ones will.
KNOWN_VERSIONS = {
    "coze.cn": (
        "1.2.0-beta.20",
        "1.2.0-beta.19",
        "1.2.0-beta.13",
        "1.2.0-beta.12",
        "1.2.0-beta.10",
        "1.2.0-beta.8",
        "1.2.0-beta.6",
        "1.2.0-beta.5",
        "1.2.0-beta.3",
        "1.2.0-beta.2",
        "1.1.0-beta.3",
        "1.1.0-beta.0",
        "1.0.0-beta.4",
    ),
    "coze.com": (
        "1.2.0-beta.6",
        "1.2.0-beta.3",
        "1.2.0-beta.2",
        "1.1.0-beta.3",
        "1.1.0-beta.0",
        "1.0.0-beta.4",
    ),
}
NEWEST_ON_COM = KNOWN_VERSIONS["coze.com"][0]


def list_known() -> list[tuple[str, str]]:
    """Return each version once, with the hosts that are known to serve it."""
    versions = dict.fromkeys(
        version for known in KNOWN_VERSIONS.values() for version in known
    )
    return [(version, ", ".join(_hosts_of(version))) for version in versions]


def _hosts_of(version: str) -> list[str]:
    return [host for host, known in KNOWN_VERSIONS.items() if version in known]
