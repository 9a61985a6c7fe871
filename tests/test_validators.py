from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from coze_widget import validators

PAT = "pat_" + "a" * 40
SAT = "cztei_" + "b" * 40
KEY = "-----BEGIN " + "PRIVATE KEY-----\nMIIE"


def nested(levels):
    value = {}
    for _ in range(levels):
        value = {"a": value}
    return value


def code_of(validate, value):
    with pytest.raises(ValidationError) as caught:
        validate(value)
    return caught.value.code


@pytest.mark.parametrize("value", [PAT, f"see {SAT}!", KEY, {"a": [PAT]}])
def test_credentials_are_refused_and_not_repeated(value):
    with pytest.raises(ValidationError) as caught:
        validators.refuse_credentials(value)

    assert caught.value.code == "credential"
    assert "revoke it" in caught.value.message
    assert PAT not in str(caught.value)


@pytest.mark.parametrize(
    "value", ["compat_mode", "pat_identifier", "a private key", {}]
)
def test_words_are_no_credentials(value):
    assert validators.refuse_credentials(value) is None


@pytest.mark.parametrize("value", ["", "12a", "-1", "1.0", "12\n", "１２"])
def test_ids_are_digits(value):
    assert code_of(validators.validate_digits, value) == "not_digits"


@pytest.mark.parametrize("value", ["latest", "1.2", "1.2.0-", "../1.2.0", "1.2.0\n"])
def test_versions_look_like_versions(value):
    assert code_of(validators.validate_sdk_version, value) == "not_a_version"


@pytest.mark.parametrize("value", ["1.2.0", "1.2.0-beta.20", "0.1.0-alpha.xd41"])
def test_known_forms_of_versions_pass(value):
    assert validators.validate_sdk_version(value) is None


@pytest.mark.parametrize("value", [[], "x", 1, None])
def test_parameters_are_an_object(value):
    assert code_of(validators.validate_json_object, value) == "not_an_object"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"a": float("nan")}, "not_json"),
        ({"a": "\0"}, "not_json"),
        ({"a": "\ud800"}, "not_json"),
        (nested(21), "too_large"),
    ],
)
def test_parameters_are_what_databases_and_browsers_read(value, code):
    assert code_of(validators.validate_json_object, value) == code


@pytest.mark.parametrize("value", [{"a": "\\u0000"}, nested(19), {"a": [1.5, None]}])
def test_other_json_passes(value):
    assert validators.validate_json_object(value) is None


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        " https://a.example/",
        "data:text/html,x",
        "//a.example",
        "/\\a.example",
        "path",
        "https://[x",
        "http://exa\u2100mple.com/",
        "https:",
        "https://a.example/\u2028",
        "",
    ],
)
def test_links_that_browsers_would_run_or_misread_are_refused(link):
    assert code_of(validators.validate_link, link) == "bad_link"


@pytest.mark.parametrize(
    "link",
    ["https://a.example/?q=1#x", "http://a.example", "mailto:a@b.c", "tel:+1", "/x"],
)
def test_links_that_people_write_pass(link):
    assert validators.validate_link(link) is None


@pytest.mark.parametrize(
    "url",
    [
        "//a.example/x.png",
        "/\\a.example",
        "javascript:1",
        "x.png",
        "https:///x",
        "http://a.example/x.png",
        "https://[::1/x.png",
    ],
)
def test_pictures_have_an_address(url):
    assert code_of(validators.validate_image_url, url) == "bad_image_url"


@pytest.mark.parametrize("url", ["/static/x.png", "https://a.example/x.png"])
def test_pictures_of_the_site_and_of_others_pass(url):
    assert validators.validate_image_url(url) is None


@pytest.mark.parametrize(
    ("links", "code"),
    [
        ([], "not_an_object"),
        ({"a b": {"text": "t", "link": "https://a.example"}}, "bad_footer_name"),
        ({"a": "https://a.example"}, "bad_footer_link"),
        ({"a": {"text": "t"}}, "bad_footer_link"),
        ({"a": {"text": " ", "link": "https://a.example"}}, "bad_footer_link"),
        ({"a": {"text": 1, "link": "https://a.example"}}, "bad_footer_link"),
        ({"a": {"text": "t", "link": "javascript:1"}}, "bad_link"),
    ],
)
def test_footer_links_have_a_name_a_text_and_a_link(links, code):
    assert code_of(validators.validate_footer_links, links) == code


def test_names_without_a_link_are_found_as_the_sdk_finds_them():
    text = "{{a}} {{ b }} {{c}} {{a}} {{d e}} {x}"

    assert validators.missing_footer_names(text, {"b": {}}) == ["a", "c"]


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({}, "not_a_list"),
        (["Wrong"], "bad_tag"),
        ([{"label": "Wrong"}], "bad_tag"),
        ([{"label": 1, "isNeedDetail": True}], "bad_tag"),
        ([{"label": " ", "isNeedDetail": True}], "bad_tag"),
        ([{"label": "a\nb", "isNeedDetail": True}], "bad_tag"),
        ([{"label": "a", "isNeedDetail": 1}], "bad_tag"),
        ([{"label": "a", "isNeedDetail": True, "b": 1}], "bad_tag"),
    ],
)
def test_tags_have_a_label_and_say_whether_they_need_a_comment(tags, code):
    assert code_of(validators.validate_feedback_tags, tags) == code


@pytest.mark.parametrize(
    "value",
    [
        [{"days": [1] * 8, "from": "09:00", "to": "18:00"}],
        [{"days": [1, 1], "from": "09:00", "to": "18:00"}],
    ],
)
def test_a_day_stands_in_a_row_once(value):
    """Each is worked through whenever somebody opens a chat."""
    with pytest.raises(ValidationError) as refused:
        validators.validate_weekly_hours(value)

    assert refused.value.code == "bad_hours"


@pytest.mark.parametrize("value", [["x"] * 101, ["x" * 151], [""], ["\n"], [1], "x"])
def test_groups_are_some_names(value):
    with pytest.raises(ValidationError) as refused:
        validators.validate_group_names(value)

    assert refused.value.code == "not_names"


def test_what_each_visitor_loads_is_small():
    with pytest.raises(
        ValidationError, match="This has 17 kB; at most 16 kB"
    ) as refused:
        validators.validate_json_object({"city": "界" * 6000})

    assert refused.value.code == "too_large"


@pytest.mark.parametrize(
    "value",
    [
        {"a": ["x", {"b": "\n" + "pat_" + "a" * 40}]},
        {"pat_" + "a" * 40: 1},
        ["\t" + "czs_" + "b" * 40],
    ],
)
def test_a_credential_anywhere_in_json(value):
    assert validators.holds_credential(value)


def test_json_without_a_credential():
    assert not validators.holds_credential({"a": [1, None, {"pat_id": "x"}], "b": True})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://shop.example",
        "https://Shop.example/\n\n  https://*.shop.example:8443 ",
        "http://localhost:3000",
    ],
)
def test_origins_that_may_hold_a_widget(text):
    validators.validate_origins(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("shop.example", "not_an_origin"),
        ("https://shop.example/path", "not_an_origin"),
        ("https://*", "not_an_origin"),
        ("https://*.com", "not_an_origin"),
        ("https://a.*.example", "not_an_origin"),
        ("null", "not_an_origin"),
        ("https://shop.example; script-src *", "not_an_origin"),
        ("https://user@shop.example", "not_an_origin"),
        ("https://shop.example:0", "not_an_origin"),
        ("javascript:alert(1)", "not_an_origin"),
        ("\n".join(f"https://s{n}.example" for n in range(51)), "too_many"),
    ],
)
def test_what_is_no_list_of_origins(text, code):
    with pytest.raises(ValidationError) as caught:
        validators.validate_origins(text)

    assert caught.value.code == code
