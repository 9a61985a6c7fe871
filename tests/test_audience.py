"""The person's part of the audience: who may chat."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect

from coze_widget.audience import Verdict, find_shared_apps, judge_person
from coze_widget.models import Widget
from tests.pages import get

pytestmark = pytest.mark.django_db
WELCOME, LOGIN, NO = Verdict.WELCOME, Verdict.LOGIN_REQUIRED, Verdict.NOT_ALLOWED


def judge(user=None, **fields):
    request = get()
    request.user = user or AnonymousUser()
    return judge_person(Widget(**fields), request)


def saved(name="alice", *, groups=(), permission="", **fields):
    """As the next request reads them: nothing is remembered."""
    user = User.objects.create_user(name, **fields)
    for group in groups:
        user.groups.add(Group.objects.get_or_create(name=group)[0])
    if permission:
        user.user_permissions.add(Permission.objects.get(codename=permission))
    return User.objects.get(pk=user.pk)


RESTRICTIONS = {
    "staff": {"staff_only": True},
    "groups": {"groups": ["Tea", "Coffee"]},
    "permission": {"permission": "auth.view_user"},
}


def test_whoever_is_logged_in():
    assert judge(User()) is WELCOME
    assert judge() is LOGIN
    assert judge(guests="isolated") is WELCOME


def test_a_request_that_knows_no_users_is_a_guests():
    assert judge_person(Widget(), get()) is LOGIN
    assert judge_person(Widget(guests="isolated"), get()) is WELCOME


@pytest.mark.parametrize("fields", RESTRICTIONS.values(), ids=RESTRICTIONS)
@pytest.mark.parametrize("guests", ["login", "isolated"])
def test_guests_log_in_where_accounts_matter(fields, guests):
    """A fixture can hold both; then nobody gets in who should not."""
    assert judge(guests=guests, **fields) is LOGIN


@pytest.mark.parametrize("fields", RESTRICTIONS.values(), ids=RESTRICTIONS)
def test_an_account_that_is_like_any_other_is_turned_away(fields):
    assert judge(saved(), **fields) is NO


def test_staff():
    assert judge(saved(is_staff=True), **RESTRICTIONS["staff"]) is WELCOME


def test_members_of_one_of_the_groups():
    assert judge(saved(groups=["Coffee"]), **RESTRICTIONS["groups"]) is WELCOME
    assert judge(saved("bob", groups=["tea"]), **RESTRICTIONS["groups"]) is NO


def test_who_has_the_permission():
    user = saved(permission="view_user")

    assert judge(user, **RESTRICTIONS["permission"]) is WELCOME
    assert judge(user, permission="auth.add_user") is NO
    assert judge(user, permission="view_user") is NO


def test_a_superuser_has_every_permission_and_is_in_no_group():
    user = saved(is_superuser=True, is_staff=True)

    assert judge(user, permission="shop.no_such") is WELCOME
    assert judge(user, **RESTRICTIONS["groups"]) is NO


def test_all_that_is_asked_for_must_be_there():
    everything = {**RESTRICTIONS["staff"], **RESTRICTIONS["groups"]}

    assert judge(saved("a", is_staff=True), **everything) is NO
    assert judge(saved("b", groups=["Tea"]), **everything) is NO
    assert judge(saved("c", groups=["Tea"], is_staff=True), **everything) is WELCOME


@pytest.mark.parametrize("fields", [{}, *RESTRICTIONS.values()])
def test_an_account_that_is_not_active_is_turned_away(fields):
    user = saved(is_active=False, is_superuser=True, is_staff=True, groups=["Tea"])

    assert judge(user, **fields) is NO


class Account:
    """Of a project with a user model of its own, without Django's permissions."""

    is_authenticated = is_active = True


@pytest.mark.parametrize("fields", RESTRICTIONS.values(), ids=RESTRICTIONS)
def test_a_user_model_without_these_rights_has_none_of_them(fields):
    assert judge(Account(), **fields) is NO
    assert judge(Account()) is WELCOME


@pytest.mark.parametrize("groups", ["Tea", {"Tea": 1}, [["Tea"]], [1]])
def test_groups_that_are_none_let_nobody_in(groups):
    assert judge(saved(groups=["Tea"]), groups=groups) is NO


@pytest.mark.parametrize(
    ("fields", "queries"),
    [
        ({}, 0),
        (RESTRICTIONS["staff"], 0),
        (RESTRICTIONS["groups"], 1),
        (RESTRICTIONS["permission"], 2),
    ],
)
def test_what_it_costs(fields, queries, django_assert_num_queries):
    user = saved(is_staff=True, groups=["Tea"], permission="view_user")

    with django_assert_num_queries(queries):
        assert judge(user, **fields) is WELCOME


def test_whoever_fails_early_is_asked_no_more(django_assert_num_queries):
    user = saved()

    with django_assert_num_queries(0):
        assert judge(user, staff_only=True, groups=["Tea"], audience="any") is NO


# A rule of the project


def is_called_ann(request, widget):
    return request.user.is_authenticated and request.user.username.startswith("ann")


def wants_the_widget(request, widget):
    return widget.slug == "support"


def says_nothing(request, widget):
    return None


def raises(request, widget):
    raise PermissionError("the shop's secret")


async def is_asynchronous(request, widget): ...


class Unsure: ...


def is_unsure(request, widget):
    return Unsure()


def redirects(request, widget):
    """What a rule behind `@login_required` says when it means no."""
    return HttpResponseRedirect("/login/")


def yields(request, widget):
    return (each for each in ())


class Later:
    """Awaitable, and no coroutine: a future, say."""

    def __await__(self): ...


def answers_later(request, widget):
    return Later()


@pytest.fixture
def rule(settings):
    def choose(function):
        name = getattr(function, "__name__", function)
        settings.COZE_AUDIENCES = {"rule": f"{__name__}.{name}"}

    return choose


def test_a_rule_decides(rule):
    rule(is_called_ann)

    assert judge(User(username="anna"), audience="rule") is WELCOME
    assert judge(User(username="bob"), audience="rule") is NO


def test_a_rule_knows_the_widget(rule):
    rule(wants_the_widget)

    assert judge(User(), audience="rule", slug="support") is WELCOME
    assert judge(User(), audience="rule", slug="other") is NO


def test_guests_are_put_to_a_rule_only_where_they_chat(rule):
    rule(wants_the_widget)
    asked = {"audience": "rule", "slug": "support"}

    assert judge(guests="isolated", **asked) is WELCOME
    assert judge(guests="login", **asked) is LOGIN
    assert judge(guests="isolated", audience="rule", slug="other") is NO


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (raises, "PermissionError"),
        (is_asynchronous, "is asynchronous: give a plain function"),
        (answers_later, "is asynchronous: give a plain function"),
        (is_unsure, "returned Unsure, neither True nor False"),
        (redirects, "returned HttpResponseRedirect, neither True nor False"),
        (yields, "returned generator, neither True nor False"),
        ("no_such_function", "ImportError"),
    ],
)
def test_a_rule_that_fails_lets_nobody_in(rule, caplog, function, said):
    rule(function)

    assert judge(User(is_superuser=True), audience="rule") is NO
    assert "The audience “rule” of COZE_AUDIENCES failed: nobody passes." in caplog.text
    assert said in caplog.text


def test_a_rule_that_says_nothing_says_no(rule, caplog):
    rule(says_nothing)

    assert judge(User(), audience="rule") is NO
    assert caplog.records == []


@pytest.mark.parametrize("rules", [{}, {"other": "x.y"}, {"rule": None}, None, []])
def test_a_rule_that_is_not_there_lets_nobody_in(settings, caplog, rules):
    settings.COZE_AUDIENCES = rules

    assert judge(User(), audience="rule") is NO
    assert "The audience “rule” of COZE_AUDIENCES failed" in caplog.text


# What a row may hold


@pytest.mark.parametrize("fields", RESTRICTIONS.values(), ids=RESTRICTIONS)
def test_guests_and_accounts_do_not_go_together(fields):
    widget = Widget(slug="s", name="n", bot_id="1", guests="isolated", **fields)

    with pytest.raises(ValidationError) as caught:
        widget.full_clean()

    assert caught.value.message_dict == {
        "guests": [
            "Guests are in no group, are no staff and have no permission: let people log "
            "in, or drop what only accounts can have."
        ]
    }


def test_guests_and_a_rule_of_the_project_do():
    Widget(
        slug="s", name="n", bot_id="1", guests="isolated", audience="rule"
    ).full_clean()


# One OAuth app for several audiences


@pytest.fixture
def shared(oauth_app):
    def find(one, other):
        """Tell which of the two is warned of."""
        rows = [Widget(slug="one", **one), Widget(slug="other", **other)]
        return [
            (restricted.slug, [row.slug for row in others])
            for restricted, others in find_shared_apps(rows)
        ]

    return find


GUESTS = {"guests": "isolated"}
NARROW = {**RESTRICTIONS, "rule": {"audience": "rule"}}


@pytest.mark.parametrize("fields", [GUESTS, {}, *NARROW.values()])
def test_the_same_audience_twice_is_one(shared, fields):
    assert shared(fields, fields) == []


@pytest.mark.parametrize("fields", NARROW.values(), ids=NARROW)
@pytest.mark.parametrize("open_fields", [GUESTS, {}], ids=["guests", "accounts"])
def test_whatever_is_asked_for_is_narrower(shared, fields, open_fields):
    assert shared(fields, open_fields) == [("one", ["other"])]
    assert shared(open_fields, fields) == [("other", ["one"])]


def test_a_rule_for_guests_is_narrower_than_guests(shared):
    assert shared({**GUESTS, "audience": "rule"}, GUESTS) == [("one", ["other"])]


def test_a_rule_for_guests_and_a_login_differ(shared):
    assert shared({**GUESTS, "audience": "rule"}, {}) == [
        ("one", ["other"]),
        ("other", ["one"]),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (NARROW["staff"], NARROW["groups"]),
        ({"groups": ["Tea"]}, {"groups": ["Coffee"]}),
        ({"permission": "a.b"}, {"permission": "a.c"}),
        ({"audience": "a"}, {"audience": "b"}),
    ],
)
def test_different_restrictions_are_told_of_each_other(shared, one, other):
    assert shared(one, other) == [("one", ["other"]), ("other", ["one"])]


def test_fewer_groups_are_narrower(shared):
    assert shared({"groups": ["Tea"]}, {"groups": ["Coffee", "Tea"]}) == [
        ("one", ["other"])
    ]


def test_one_condition_more_is_narrower(shared):
    assert shared({"staff_only": True, "groups": ["Tea"]}, {"groups": ["Tea"]}) == [
        ("one", ["other"])
    ]
