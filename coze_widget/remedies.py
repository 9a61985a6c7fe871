"""Whose hands a refusal of Coze's is in: who meets it may not be who can mend it."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext as _

from coze_widget.exceptions import CozeError
from coze_widget.oauth.error_codes import ERROR_CODES
from coze_widget.sentences import translate


def say_who(error: CozeError) -> str:
    """Return who can mend it and where, in the active language; "" for an unknown code."""
    known = ERROR_CODES.get(error.code or 0)
    if known is None:
        return ""
    return _("This is for: %(who)s. Place: %(where)s.") % {
        "who": translate(known.who.value, gettext),
        "where": translate(known.where.value, gettext),
    }
