"""What can go wrong between us and Coze.

CozeError
 ├── BadRequestError
 ├── AuthenticationError
 ├── PermissionDeniedError
 ├── NotFoundError
 ├── RateLimitError
 ├── TimeoutError
 ├── GatewayError
 ├── InternalServerError
 │    └── InvalidResponseError
 ├── ConnectionFailedError
 │    └── ConnectionLostError
 └── CircuitOpenError

The names are those of Coze's own Node SDK, plus the last four. A mistake in the
configuration is none of these, so that a handler for "Coze is down" cannot hide it:
see ``coze_widget.oauth.credentials.CredentialsError``.
"""

from __future__ import annotations

from collections.abc import Callable

from coze_widget.sentences import Sentence as _
from coze_widget.sentences import translate


class CozeError(Exception):
    """Raised when Coze refuses, cannot answer, or answers what nobody can use.

    Everything it holds is fit for a log: no request, body, token or key. ``remedy``
    says in plain words what somebody can do about it; ``logid`` is what Coze's
    support asks for; ``retry_after`` is a span in seconds, where Coze named one. While
    ``is_news``, it is worth a line in the log: nobody has written one yet.
    """

    is_news = True

    def __init__(
        self,
        message: str,
        *,
        code: int | str | None = None,
        logid: str = "",
        status: int | None = None,
        remedy: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.logid = logid
        self.status = status
        self.remedy = remedy
        self.retry_after = retry_after

    @property
    def facts(self) -> str:
        """Return status, code and logid as far as they are known."""
        facts = {"HTTP": self.status, "code": self.code, "logid": self.logid}
        return ", ".join(f"{name} {value}" for name, value in facts.items() if value)

    def __str__(self) -> str:
        return self.translated(str)

    def translated(self, lookup: Callable[[str], str]) -> str:
        """Return what `str` returns in the language of `lookup`, for one Django's."""
        sentence = self.args[0]
        if self.facts:
            sentence = _(
                "%(sentence)s (%(facts)s)", sentence=sentence, facts=self.facts
            )
        if self.remedy:
            sentence = _(
                "%(sentence)s. %(remedy)s", sentence=sentence, remedy=self.remedy
            )
        return str(translate(sentence, lookup))


class BadRequestError(CozeError):
    """Raised when Coze finds the request itself wrong (HTTP 400, code 4000)."""


class AuthenticationError(CozeError):
    """Raised when Coze does not accept who we say we are (401, 4100, 700012006)."""


class PermissionDeniedError(CozeError):
    """Raised when Coze knows us and says no (403, 4101)."""


class NotFoundError(CozeError):
    """Raised when there is no such thing, or it is not this account's (404, 4200)."""


class RateLimitError(CozeError):
    """Raised when we asked too often (429, 4013)."""


class TimeoutError(CozeError):
    """Raised when Coze gave up waiting (408), or we did."""


class GatewayError(CozeError):
    """Raised when something in front of Coze could not reach it (502)."""


class InternalServerError(CozeError):
    """Raised when Coze failed (any other 5xx)."""


class InvalidResponseError(InternalServerError):
    """Raised when Coze said yes with something unusable: HTML, no token, no expiry."""


class ConnectionFailedError(CozeError):
    """Raised when no answer came: no route, no name, no TLS, a cut line."""


class ConnectionLostError(ConnectionFailedError):
    """Raised when the other side hung up without a word, as on a line kept too long."""


class CircuitOpenError(CozeError):
    """Raised when Coze was not even asked, since it has been down a moment ago."""

    is_news = False


# Coze says the same until somebody has changed something.
LASTING = (AuthenticationError, BadRequestError, NotFoundError, PermissionDeniedError)
