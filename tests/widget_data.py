"""What a browser posts for a widget's form, and text that no form may repeat."""

from __future__ import annotations

# Made here, so that nothing in the tree looks like a real one.
TOKENS = ["pat_" + "a" * 40, "cztei_" + "b" * 40, "czs_" + "c" * 40]
PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvg" + "d" * 40
CREDENTIALS = [*TOKENS, PRIVATE_KEY]


def widget_data(**changes):
    return {
        "slug": "support",
        "name": "Support",
        "enabled": "on",
        "site": "",
        "order": "0",
        "oauth_app": "default",
        "mode": "bot",
        "bot_id": "7400000000000000001",
        "app_id": "",
        "workflow_id": "",
        "app_version": "",
        "parameters": "",
        "sdk_version": "1.2.0-beta.20",
        "sdk_url": "",
        "sdk_integrity": "",
        "place": "frame",
        "load": "click",
        "guests": "login",
        "guest_days": "0",
        "permission": "",
        "audience": "",
        "include_paths": "",
        "exclude_paths": "",
        "allowed_origins": "",
        "consent_text": "",
        "consent_link_text": "",
        "consent_link_url": "",
        **hours_rows(),
        "time_zone": "",
        "shown_from_0": "",
        "shown_from_1": "",
        "shown_until_0": "",
        "shown_until_1": "",
        "page_sets_title": "on",
        "page_sets_lang": "on",
        "page_sets_parameters": "on",
        "base_icon": "",
        "base_layout": "",
        "base_lang": "",
        "base_z_index": "1000",
        "launcher": "own",
        "launcher_corner": "bottom-right",
        "launcher_offset_x": "24",
        "launcher_offset_y": "24",
        "launcher_size": "56",
        "launcher_color": "#2f54eb",
        "launcher_icon_url": "",
        "launcher_label": "",
        "color_scheme": "light",
        "footer_expression_text": "",
        **link_rows(),
        "chat_bot_title": "",
        "chat_bot_width": "460",
        "chat_bot_feedback_panel_title": "",
        "chat_bot_feedback_panel_placeholder": "",
        **tag_rows(),
        "user_nickname": "",
        "user_url": "",
        "extra_options": "",
        "visitor_keys-TOTAL_FORMS": "0",
        "visitor_keys-INITIAL_FORMS": "0",
        **changes,
    }


def link_rows(*rows):
    """Return the inputs of these links, and of the empty row that a page ends with."""
    return {
        f"footer_linkvars-{number}-{part}": value
        for number, row in enumerate([*rows, ("", "", "")])
        for part, value in zip(("name", "text", "link"), row, strict=True)
    }


def tag_rows(*rows):
    """Return the inputs of these tags; a browser posts no box without a tick."""
    data = {}
    for number, (label, is_ticked) in enumerate([*rows, ("", False)]):
        data[f"chat_bot_feedback_panel_tags-{number}-label"] = label
        if is_ticked:
            data[f"chat_bot_feedback_panel_tags-{number}-isNeedDetail"] = "on"
    return data


def hours_rows(*rows):
    """Return the inputs of these hours: days, from, to."""
    data = {}
    for number, (days, start, end) in enumerate([*rows, ("", "", "")]):
        data[f"weekly_hours-{number}-from"] = start
        data[f"weekly_hours-{number}-to"] = end
        for day in days:
            data[f"weekly_hours-{number}-{day}"] = "on"
    return data
