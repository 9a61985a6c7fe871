"""The people of the demo; each one's password is the user name."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User


@dataclass(frozen=True)
class Person:
    username: str
    first_name: str
    last_name: str
    is_staff: bool = False

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


ALICE = Person("alice", "Alice", "Lin")
BOB = Person("bob", "Bob", "Chen")
ADMIN = Person("admin", "Ada", "Zhou", is_staff=True)

PEOPLE = (ALICE, BOB, ADMIN)
CUSTOMERS = {person.username: person for person in (ALICE, BOB)}


def ensure_account(person: Person) -> User:
    """Return the person's account, made or put right as needed.

    A password that is right stays as it is: a new hash would log the person out.
    """
    user, _ = User.objects.update_or_create(
        username=person.username,
        defaults={
            "first_name": person.first_name,
            "last_name": person.last_name,
            "is_active": True,
            "is_staff": person.is_staff,
            "is_superuser": person.is_staff,
        },
    )
    if not user.check_password(person.username):
        user.set_password(person.username)
        user.save()
    return user
