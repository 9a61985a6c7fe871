"""What the shop sells and who bought it: just enough to look lived in."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class Tea:
    key: str
    name: Text
    kind: Text
    taste: Text
    price: int
    celsius: int
    grams: int
    steeps: Text


TEAS = (
    Tea(
        "cloud",
        _("Cloud Edge"),
        _("Green tea"),
        _("Young peas, chestnut, a little rain."),
        price=88,
        celsius=80,
        grams=4,
        steeps=_("3 × 1 min"),
    ),
    Tea(
        "bridge",
        _("Old Bridge"),
        _("Oolong"),
        _("Peach skin and toast, roasted over charcoal."),
        price=128,
        celsius=95,
        grams=6,
        steeps=_("6 × 30 s"),
    ),
    Tea(
        "decade",
        _("Ten Winters"),
        _("Ripe pu-erh"),
        _("Wood, dates, patience. Pressed in 2016."),
        price=168,
        celsius=100,
        grams=7,
        steeps=_("10 × 15 s"),
    ),
)


@dataclass(frozen=True)
class Order:
    number: str
    tea: Tea
    grams: int
    state: Text

    @property
    def price(self) -> int:
        return self.tea.price * self.grams // 100


ORDERS = {
    "alice": (
        Order("SL-1042", TEAS[0], 100, _("On its way")),
        Order("SL-0987", TEAS[2], 200, _("Delivered")),
    ),
    "bob": (Order("SL-1051", TEAS[1], 300, _("Being packed")),),
}

# Start parameters of the chatflow. They stand in the page: nothing of a person is in them.
SEASON = {"season": _("autumn"), "teas": _("Cloud Edge, Old Bridge, Ten Winters")}
