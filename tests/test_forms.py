from __future__ import annotations

import json

import pytest
from django.contrib.sites.models import Site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict

from coze_widget.forms import WidgetForm
from coze_widget.records import record_fields
from tests.widget_data import (
    CREDENTIALS,
    PRIVATE_KEY,
    TOKENS,
    link_rows,
    tag_rows,
    widget_data,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("oauth_app")]

PRIVACY = ("privacy", "Privacy notice", "https://example.com/privacy")
REFUSED = (
    "This looks like a Coze token or a private key. Everything here is public: "
    "revoke it in Coze's console, and put credentials into the settings."
)


def bind(instance=None, **changes):
    return WidgetForm(widget_data(**changes), instance=instance)


def errors(form):
    return {
        name: [error["code"] for error in found]
        for name, found in form.errors.get_json_data().items()
    }


def sentences(form, name):
    return list(form.errors[name])


def save(**changes):
    form = bind(**changes)
    assert form.is_valid(), form.errors
    return form.save()


# --- what is right


def test_a_bot_needs_little():
    widget = save()

    assert (widget.slug, widget.bot_id) == ("support", "7400000000000000001")
    assert widget.parameters == {}
    assert widget.footer_linkvars == {}
    assert widget.site is None


def test_an_app_is_saved_with_its_chatflow():
    widget = save(mode="app", bot_id="", app_id="74011", workflow_id="74012")

    assert (widget.mode, widget.app_id, widget.workflow_id) == ("app", "74011", "74012")


def test_every_field_of_the_row_is_in_the_form():
    columns = {field.name for field in record_fields()}

    assert set(WidgetForm.base_fields) == columns


def test_the_empty_site_is_called_all_sites():
    assert "All sites" in str(WidgetForm()["site"])


# --- ids


@pytest.mark.parametrize(
    ("name", "pasted", "digits"),
    [
        ("bot_id", "https://www.coze.cn/space/7100/bot/7400001", "7400001"),
        ("bot_id", "https://www.coze.cn/space/7100/bot/7400001?from=x", "7400001"),
        ("bot_id", " 7400001\u200b\t", "7400001"),
        ("bot_id", "'7400001',", "7400001"),
        ("app_id", "https://www.coze.cn/space/7100/project-ide/7400011", "7400011"),
        (
            "workflow_id",
            "https://www.coze.cn/space/71/project-ide/7400011?workflow=7400012",
            "7400012",
        ),
        (
            "workflow_id",
            "https://www.coze.cn/work_flow?space_id=71&workflow_id=7400012",
            "7400012",
        ),
        (
            "workflow_id",
            "https://www.coze.cn/space/71/project-ide/7400011/workflow/7400012",
            "7400012",
        ),
    ],
)
def test_the_address_of_the_studio_gives_the_id(name, pasted, digits):
    form = bind(**{name: pasted})

    assert form.is_valid(), form.errors
    assert form.cleaned_data[name] == digits


@pytest.mark.parametrize("name", ["bot_id", "app_id", "workflow_id"])
@pytest.mark.parametrize("pasted", ["my bot", "74e3", "7" * 33])
def test_an_id_consists_of_digits(name, pasted):
    form = bind(**{name: pasted})

    assert errors(form) == {name: ["not_digits"]}
    assert sentences(form, name) == [
        "Enter the digits only, for example 7400000000000000001."
    ]


@pytest.mark.parametrize(
    ("name", "pasted", "said"),
    [
        (
            "bot_id",
            "https://www.coze.cn/store/agent/7400001",
            "This address has no /bot/ in it: open the agent in Coze's studio and copy "
            "that one.",
        ),
        (
            "bot_id",
            "https://www.coze.cn/space/7100/project-ide/7400011",
            "That is an app: choose the mode “App with a chatflow”.",
        ),
        (
            "app_id",
            "https://www.coze.cn/space/7100/",
            "This address has no /project-ide/ in it: open the app in Coze's studio and "
            "copy that one.",
        ),
        (
            "app_id",
            "https://www.coze.cn/space/7100/bot/7400001",
            "That is an agent: choose the mode “Agent (bot)”.",
        ),
        (
            "workflow_id",
            "https://www.coze.cn/space/7100/project-ide/7400011",
            "This address has no workflow= in it: open the chatflow in Coze's studio and "
            "copy that one.",
        ),
        (
            "workflow_id",
            "https://www.coze.cn/space/7100/bot/7400001",
            "That is an agent: choose the mode “Agent (bot)”.",
        ),
    ],
)
def test_the_address_of_another_page_says_which_is_wanted(name, pasted, said):
    assert sentences(bind(**{name: pasted}), name) == [said]


def test_an_address_fits_into_the_input():
    assert "maxlength" not in str(WidgetForm()["bot_id"])


# --- constraints of the row, each at its field


def test_an_agent_without_its_id():
    form = bind(bot_id="")

    assert errors(form) == {"bot_id": ["ids_missing"]}
    assert sentences(form, "bot_id") == ["An agent needs its bot id."]


def test_an_app_without_its_ids():
    form = bind(mode="app", bot_id="")

    assert errors(form) == {"app_id": ["ids_missing"], "workflow_id": ["ids_missing"]}
    assert sentences(form, "app_id") == ["An app needs its app id."]
    assert sentences(form, "workflow_id") == ["An app needs the id of its chatflow."]


def test_an_app_without_its_chatflow():
    form = bind(mode="app", app_id="74011")

    assert errors(form) == {"workflow_id": ["ids_missing"]}


def test_a_frame_cannot_load_with_the_page():
    form = bind(load="eager")

    assert errors(form) == {"load": ["eager_in_frame"]}
    assert sentences(form, "load") == [
        "Only a widget in the page itself can load with the page."
    ]


def test_the_button_of_the_sdk_needs_the_sdk():
    form = bind(launcher="sdk", place="inline")

    assert errors(form) == {"launcher": ["sdk_launcher"]}
    assert sentences(form, "launcher") == [
        "The SDK's button needs a widget in the page itself that loads with it."
    ]


def test_the_button_of_the_sdk_in_an_eager_widget_is_fine():
    assert save(launcher="sdk", place="inline", load="eager").launcher == "sdk"


def test_a_slug_is_there_once_for_all_sites(widget):
    form = bind()

    assert errors(form) == {"slug": ["slug_taken"]}
    assert sentences(form, "slug") == [
        "There is a widget for all sites with this slug."
    ]


def test_a_slug_is_there_once_on_a_site(make_widget):
    site = Site.objects.get()
    make_widget(site=site)

    form = bind(site=str(site.pk))

    assert errors(form) == {"slug": ["slug_taken"]}
    assert sentences(form, "slug") == ["This site has a widget with this slug."]


def test_several_constraints_at_once():
    form = bind(bot_id="", load="eager", launcher="sdk")

    assert errors(form) == {
        "bot_id": ["ids_missing"],
        "load": ["eager_in_frame"],
        "launcher": ["sdk_launcher"],
    }


# --- the OAuth app


def options_of(form):
    return [
        (str(value), str(label)) for value, label in form.fields["oauth_app"].choices
    ]


def test_the_oauth_apps_of_the_settings_are_offered(settings, oauth_app):
    settings.COZE_OAUTH_APPS = {"shop": oauth_app, "help": oauth_app}

    assert options_of(WidgetForm()) == [("help", "help"), ("shop", "shop")]


def test_an_unknown_stored_app_is_shown_and_refused(make_widget):
    widget = make_widget(oauth_app="gone")

    unbound = WidgetForm(instance=widget)
    form = bind(instance=widget, oauth_app="gone")

    assert options_of(unbound) == [
        ("default", "default"),
        ("gone", "gone (not in COZE_OAUTH_APPS)"),
    ]
    assert errors(form) == {"oauth_app": ["unknown_oauth_app"]}
    assert sentences(form, "oauth_app") == [
        "COZE_OAUTH_APPS has no OAuth app “gone”; it has: “default”."
    ]


def test_a_name_that_was_not_offered_is_refused():
    form = bind(oauth_app="elsewhere")

    assert errors(form) == {"oauth_app": ["invalid_choice"]}
    assert sentences(form, "oauth_app") == [
        "Choose one of the OAuth apps in COZE_OAUTH_APPS."
    ]


@pytest.mark.parametrize("setting", [{}, "a path, but no dict"])
def test_without_oauth_apps_a_widget_can_be_made_ready(settings, setting):
    settings.COZE_OAUTH_APPS = setting

    assert options_of(WidgetForm()) == [("default", "default")]
    assert save().oauth_app == "default"


def test_without_oauth_apps_a_widget_keeps_its_own(settings, make_widget):
    settings.COZE_OAUTH_APPS = {}
    widget = make_widget(oauth_app="shop")

    assert options_of(WidgetForm(instance=widget)) == [("shop", "shop")]
    assert bind(instance=widget, oauth_app="shop").is_valid()


# --- parameters


def test_parameters_are_an_object():
    text = '{"city": "深圳", "n": [1, 2.5, null]}'

    assert save(parameters=text).parameters == json.loads(text)


def test_stored_parameters_are_shown_readably(make_widget):
    widget = make_widget(parameters={"city": "深圳"})

    assert WidgetForm(instance=widget)["parameters"].value() == '{\n  "city": "深圳"\n}'


def test_no_parameters_are_shown_as_nothing(widget):
    assert WidgetForm(instance=widget)["parameters"].value() == ""


@pytest.mark.parametrize("text", ["[]", "[1]", '""', "7", "null", "true"])
def test_other_json_is_no_object(text):
    form = bind(parameters=text)

    assert errors(form) == {"parameters": ["not_an_object"]}
    assert sentences(form, "parameters") == [
        'Enter a JSON object, for example {"city": "Shenzhen"}.'
    ]


def test_what_is_no_json_says_where_and_keeps_what_was_typed():
    form = bind(parameters='{"a": 1,\n “b”: 2}')

    assert errors(form) == {"parameters": ["not_json"]}
    assert sentences(form, "parameters") == [
        "This is not JSON: see line 2, column 2. Names and texts stand in straight "
        'double quotes, for example {"city": "Shenzhen"}.'
    ]
    assert form["parameters"].value() == '{"a": 1,\n “b”: 2}'


@pytest.mark.parametrize(
    "text", ['{"a": NaN}', '{"a": 1e999}', r'{"a": "\u0000"}', r'{"a": "\ud800"}']
)
def test_what_databases_and_browsers_cannot_read_is_refused(text):
    form = bind(parameters=text)

    assert errors(form) == {"parameters": ["not_json"]}
    assert sentences(form, "parameters") == [
        "NaN, Infinity, null characters and halves of characters are not JSON."
    ]


def test_a_backslash_is_no_null_character():
    assert save(parameters=r'{"a": "\\u0000"}').parameters == {"a": "\\u0000"}


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * 30 + "1" + "}" * 30,
        "[" * 200_000,
        '{"a": ' + "1" * 5000 + "}",
    ],
    ids=["deep", "very deep", "long number"],
)
def test_json_beyond_measure_is_refused(text):
    form = bind(parameters=text)

    assert errors(form) == {"parameters": ["too_large"]}
    assert sentences(form, "parameters") == [
        "This JSON is nested too deeply, or has a number that is too long."
    ]


def test_parameters_that_were_not_posted_stay(make_widget):
    widget = make_widget(parameters={"city": "Shenzhen"})
    data = widget_data()
    del data["parameters"]

    form = WidgetForm(data, instance=widget)

    assert form["parameters"].value() == ""
    assert form.save().parameters == {"city": "Shenzhen"}


# --- footer


def test_links_come_from_rows():
    rows = link_rows(
        PRIVACY, ("", "", ""), ("{{ mail }}", " Mail ", "mailto:a@b.example")
    )

    widget = save(footer_expression_text="See {{privacy}}, {{mail}}.", **rows)

    assert widget.footer_linkvars == {
        "privacy": {"text": "Privacy notice", "link": "https://example.com/privacy"},
        "mail": {"text": "Mail", "link": "mailto:a@b.example"},
    }


def test_stored_links_are_rows_with_empty_ones_below(make_widget):
    links = {"privacy": {"text": "</script>", "link": "https://example.com/?a=1&b=2"}}
    widget = make_widget(footer_linkvars=links)

    html = str(WidgetForm(instance=widget)["footer_linkvars"])

    assert 'name="footer_linkvars-0-name"\n               value="privacy"' in html
    assert "&lt;/script&gt;" in html
    assert "?a=1&amp;b=2" in html
    assert html.count('class="coze-links-row"') == 3


@pytest.mark.parametrize(
    "stored", [["a"], "a", {"a": "b"}, {"a": {"text": 1}}], ids=repr
)
def test_what_a_fixture_stored_can_be_mended(make_widget, stored):
    widget = make_widget(footer_linkvars=stored)

    assert "footer_linkvars-0-name" in str(
        WidgetForm(instance=widget)["footer_linkvars"]
    )
    assert bind(instance=widget, **link_rows(PRIVACY)).is_valid()


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_half_a_link_is_refused_and_kept(missing):
    row = [*PRIVACY]
    row[missing] = ""

    form = bind(footer_expression_text="See {{privacy}}.", **link_rows(PRIVACY, row))

    assert errors(form) == {"footer_linkvars": ["incomplete_link"]}
    assert sentences(form, "footer_linkvars") == [
        "Link 2: fill in name, text and link, or leave all three empty."
    ]
    assert [*form["footer_linkvars"].value()[1].values()] == row


def test_two_links_of_one_name():
    form = bind(**link_rows(PRIVACY, PRIVACY))

    assert errors(form) == {"footer_linkvars": ["duplicate_link"]}
    assert sentences(form, "footer_linkvars") == ["Two links have the name “privacy”."]


def test_a_link_with_a_script_is_refused():
    form = bind(**link_rows(("privacy", "Privacy", "javascript:alert(1)")))

    assert errors(form) == {"footer_linkvars": ["bad_link"]}


def test_a_null_character_is_refused():
    form = bind(**link_rows(("privacy", "Pri\0vacy", "https://example.com")))

    assert errors(form) == {"footer_linkvars": ["null_characters_not_allowed"]}


def test_a_text_without_its_link():
    form = bind(footer_expression_text="See {{privacy}}.")

    assert errors(form) == {"footer_expression_text": ["footer_link_missing"]}


def test_rows_that_were_not_posted_stay(make_widget):
    links = {"privacy": {"text": "Privacy", "link": "https://example.com"}}
    widget = make_widget(footer_linkvars=links)
    data = {key: value for key, value in widget_data().items() if "linkvars" not in key}

    assert WidgetForm(data, instance=widget).save().footer_linkvars == links


def test_nothing_changed(make_widget):
    links = {"privacy": {"text": "Privacy", "link": "https://example.com"}}
    tags = [{"label": "Wrong", "isNeedDetail": True}]
    widget = make_widget(
        slug="again",
        footer_linkvars=links,
        parameters={"a": [1]},
        chat_bot_feedback_panel_tags=tags,
        extra_options={"a": 1},
    )
    rows = link_rows(("privacy", "Privacy", "https://example.com"))
    switches = [
        name
        for name, field in WidgetForm.base_fields.items()
        if getattr(widget, name) is True
    ]

    form = bind(
        instance=widget,
        slug="again",
        parameters='{"a": [1]}',
        extra_options='{"a": 1}',
        **rows,
        **tag_rows(("Wrong", True)),
        **dict.fromkeys(switches, "on"),
    )

    assert form.changed_data == []


# --- feedback

WRONG = {"label": "Wrong", "isNeedDetail": False}


def test_tags_come_from_rows():
    rows = tag_rows((" Wrong ", False), ("", False), ("其他", True))

    widget = save(
        chat_bot_feedback_is_need="on",
        chat_bot_feedback_panel_title="What was wrong?",
        chat_bot_feedback_panel_placeholder="Tell us",
        **rows,
    )

    assert widget.chat_bot_feedback_panel_title == "What was wrong?"
    assert widget.chat_bot_feedback_panel_placeholder == "Tell us"
    assert widget.chat_bot_feedback_panel_tags == [
        WRONG,
        {"label": "其他", "isNeedDetail": True},
    ]


def test_no_tags_are_an_empty_list():
    assert save().chat_bot_feedback_panel_tags == []


def test_stored_tags_are_rows_with_empty_ones_below(make_widget):
    tags = [WRONG, {"label": "</script>", "isNeedDetail": True}]
    widget = make_widget(chat_bot_feedback_panel_tags=tags)

    html = str(WidgetForm(instance=widget)["chat_bot_feedback_panel_tags"])

    assert 'value="Wrong"' in html
    assert "&lt;/script&gt;" in html
    assert html.count("checked") == 1
    assert html.count('class="coze-links-row"') == 4
    assert html.count('maxlength="30"') == 4


@pytest.mark.parametrize(
    "stored",
    [{"a": "b"}, "a", ["a"], [{}], [{"label": 1, "isNeedDetail": 2}]],
    ids=repr,
)
def test_tags_of_a_fixture_can_be_mended(make_widget, stored):
    widget = make_widget(chat_bot_feedback_panel_tags=stored)

    html = str(WidgetForm(instance=widget)["chat_bot_feedback_panel_tags"])

    assert "chat_bot_feedback_panel_tags-0-label" in html
    assert bind(instance=widget, **tag_rows(("Wrong", False))).save()
    assert widget.chat_bot_feedback_panel_tags == [WRONG]


def test_tags_that_were_not_posted_stay(make_widget):
    widget = make_widget(chat_bot_feedback_panel_tags=[WRONG])
    data = {key: value for key, value in widget_data().items() if "tags" not in key}

    assert WidgetForm(data, instance=widget).save().chat_bot_feedback_panel_tags == [
        WRONG
    ]


@pytest.mark.parametrize(
    ("rows", "code", "said"),
    [
        (
            [("Wrong", False), ("", True)],
            "incomplete_tag",
            "Tag 2: fill in the label, or leave the row empty.",
        ),
        (
            [("Wrong", False), ("Wrong", True)],
            "duplicate_tag",
            "Two tags have the label “Wrong”.",
        ),
        (
            [("x" * 31, False)],
            "tag_too_long",
            "The label of tag 1 is longer than 30 characters.",
        ),
        (
            [(f"Tag {number}", False) for number in range(11)],
            "too_many_tags",
            "At most 10 tags, says Coze; these are 11.",
        ),
        (
            [("Wr\0ong", False)],
            "bad_tag",
            "Tag 1 needs a label in one line; whether a comment is needed is true or "
            "false.",
        ),
    ],
)
def test_wrong_tags_are_refused_and_kept(rows, code, said):
    form = bind(**tag_rows(*rows))

    assert errors(form) == {"chat_bot_feedback_panel_tags": [code]}
    assert sentences(form, "chat_bot_feedback_panel_tags") == [said]
    assert [
        (row["label"], row["isNeedDetail"])
        for row in form["chat_bot_feedback_panel_tags"].value()
    ] == rows


def test_ten_tags_of_thirty_characters_are_fine():
    rows = [(f"{number:030}", True) for number in range(10)]

    assert len(save(**tag_rows(*rows)).chat_bot_feedback_panel_tags) == 10


# --- an app's version, and the SDK's


def test_an_app_may_name_its_version():
    form = bind(
        mode="app", app_id="74011", workflow_id="74012", app_version=" v1.0 (beta) "
    )

    assert form.save().app_version == "v1.0 (beta)"


@pytest.mark.parametrize(
    ("text", "code"), [("v\t1", "not_printable"), ("v" * 41, "max_length")]
)
def test_a_version_is_short_and_printable(text, code):
    assert errors(bind(app_version=text)) == {"app_version": [code]}


@pytest.mark.parametrize("version", ["1.2.0-beta.6", "9.9.9-rc.1"])
def test_any_version_of_the_sdk_will_do(version):
    assert save(sdk_version=version).sdk_version == version


# --- options without a field


def test_options_without_a_field_are_an_object():
    text = '{"ui": {"chatBot": {"名": [1, null]}}}'

    assert save(extra_options=text).extra_options == json.loads(text)


def test_no_further_options():
    assert save().extra_options == {}


def test_each_refused_path_is_named_and_the_text_kept():
    text = (
        '{"auth": {"type": "unauth"}, "config": {"bot_id": "1"}, "ui": 7, "token": "a"}'
    )

    form = bind(extra_options=text)

    ours = "is not for here: this widget's other fields and the site decide on it."
    assert sentences(form, "extra_options") == [
        f"“auth” {ours}",
        f"“config.bot_id” {ours}",
        "“ui” is a group of options: give it an object, {…}.",
        "“token” looks like a credential. Everything here is public: put credentials "
        "into the settings.",
    ]
    assert form["extra_options"].value() == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[1]", "not_an_object"),
        ("{", "not_json"),
        ('{"a": NaN}', "not_json"),
        ('{"a":' * 9 + "1" + "}" * 9, "too_large"),
        ("[" * 200_000, "too_large"),
        (json.dumps({"a": "x" * 4000}), "too_large"),
        ('{"__proto__": {"a": 1}}', "bad_name"),
        ('{"ui": {"base": {"lang": "ja"}}}', "has_field"),
        ('{"a": "javascript:alert(1)"}', "script"),
        ('{"ui": {"chatBot": {"onShow": "f"}}}', "reserved"),
    ],
    ids=lambda part: part[:30],
)
def test_other_further_options_are_refused(text, code):
    assert errors(bind(extra_options=text)) == {"extra_options": [code]}


# --- credentials


TEXT_FIELDS = [
    "slug",
    "name",
    "oauth_app",
    "mode",
    "bot_id",
    "app_id",
    "workflow_id",
    "app_version",
    "parameters",
    "sdk_version",
    "order",
    "base_icon",
    "footer_expression_text",
    "chat_bot_title",
    "chat_bot_feedback_panel_title",
    "chat_bot_feedback_panel_placeholder",
    "user_nickname",
    "user_url",
    "extra_options",
]


@pytest.mark.parametrize("name", TEXT_FIELDS)
@pytest.mark.parametrize("secret", CREDENTIALS, ids=["pat", "cztei", "czs", "pem"])
def test_a_credential_is_refused_and_not_repeated(name, secret):
    form = bind(**{name: f"Here: {secret}"})

    assert errors(form) == {name: ["credential"]}
    assert sentences(form, name) == [REFUSED]
    assert secret[:16] not in form.as_p()
    assert secret[:16] not in repr(vars(form.instance))
    assert secret[:16] not in repr(form.cleaned_data)


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_credential_in_a_link(part):
    row = [*PRIVACY]
    row[part] = TOKENS[0]

    form = bind(**link_rows(row))

    assert errors(form) == {"footer_linkvars": ["credential"]}
    assert TOKENS[0] not in form.as_p()


def test_a_credential_in_a_tag():
    form = bind(**tag_rows(("Wrong", False), (TOKENS[0], True)))

    assert errors(form) == {"chat_bot_feedback_panel_tags": ["credential"]}
    assert TOKENS[0] not in form.as_p()


@pytest.mark.parametrize("name", ["parameters", "extra_options"])
def test_a_credential_that_json_hides(name):
    escaped = r"\u0070at_" + "a" * 40

    form = bind(**{name: f'{{"key": "{escaped}"}}'})

    assert errors(form) == {name: ["credential"]}
    assert "a" * 40 not in form.as_p()


def test_a_pasted_key_file_is_not_kept():
    text = json.dumps({"client_type": "jwt", "private_key": PRIVATE_KEY})

    form = bind(parameters=text)

    assert errors(form) == {"parameters": ["credential"]}
    assert "private_key" not in form.as_p()


def test_a_stored_row_is_untouched_by_a_refused_credential(widget):
    form = bind(instance=widget, name=TOKENS[0])

    assert not form.is_valid()
    assert str(form.instance) == "Support"


def test_what_was_typed_elsewhere_is_kept():
    data = QueryDict(mutable=True)
    data.update(widget_data(name=TOKENS[0], slug="my-slug"))

    form = WidgetForm(data)

    assert errors(form) == {"name": ["credential"]}
    assert form["slug"].value() == "my-slug"


# --- all the rest


def test_every_error_has_a_code():
    form = bind(
        slug="no slug",
        name="",
        bot_id="x",
        sdk_version="latest",
        base_icon="javascript:alert(1)",
        base_z_index="0",
        guest_days="366",
        chat_bot_width="10",
        user_url="//example.com/a.png",
    )

    found = errors(form)

    assert found.keys() == {
        "slug",
        "name",
        "bot_id",
        "sdk_version",
        "base_icon",
        "base_z_index",
        "guest_days",
        "chat_bot_width",
        "user_url",
    }
    assert all(code for codes in found.values() for code in codes)


@pytest.mark.parametrize("text", ["</script><b>", "a\u2028b\u2029c", '"><img src=x>'])
def test_hostile_text_is_escaped_when_it_is_shown_again(text):
    form = bind(
        name=text,
        footer_expression_text=text,
        slug="",
        app_version=text,
        sdk_version=text,
        extra_options=json.dumps({"auth": text, text: 1}),
        **link_rows((text, text, text)),
        **tag_rows((text, True)),
    )

    html = form.as_p()

    assert not form.is_valid()
    assert "</script" not in html
    assert "<img" not in html


@pytest.fixture
def picture():
    return SimpleUploadedFile("icon.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 20)


def bind_with(picture):
    return WidgetForm(widget_data(), {"launcher_icon": picture})


def test_an_upload_needs_a_place(settings, picture):
    settings.MEDIA_ROOT = ""

    assert errors(bind_with(picture)) == {"launcher_icon": ["no_media_root"]}


def test_a_storage_that_is_no_folder_needs_no_media_root(settings, picture):
    settings.MEDIA_ROOT = ""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }

    assert errors(bind_with(picture)) == {}


def test_a_picture_that_is_stored_already_stays(settings, make_widget):
    settings.MEDIA_ROOT = ""
    widget = make_widget(slug="other", launcher_icon="coze_widget/gone.png")

    form = WidgetForm(widget_data(slug="other"), instance=widget)

    assert "no_media_root" not in errors(form).get("launcher_icon", [])


def test_the_colour_is_picked():
    assert 'type="color"' in str(WidgetForm()["launcher_color"])
