"""English sentences that can still be said in another language.

For the rooms that know no Django. They import the class as `_`, the name by which
makemessages finds texts.
"""

from __future__ import annotations

from collections.abc import Callable


class Sentence(str):
    """The English text; `template` and `facts` are what it was made from."""

    template: str
    facts: dict[str, object]

    def __new__(cls, template: str, **facts: object) -> Sentence:
        sentence = super().__new__(cls, _fill(template, facts))
        sentence.template = template
        sentence.facts = facts
        return sentence

    def translated(self, lookup: Callable[[str], str]) -> str:
        facts = {name: translate(fact, lookup) for name, fact in self.facts.items()}
        return _fill(lookup(self.template), facts)


def translate(text: object, lookup: Callable[[str], str]) -> object:
    """Return a sentence in the language of `lookup`, anything else as it is."""
    return text.translated(lookup) if isinstance(text, Sentence) else text


def _fill(template: str, facts: dict[str, object]) -> str:
    return template % facts if facts else template
