from __future__ import annotations

import pytest

from coze_widget.console import find_console_urls, is_on_this_machine, other_region

CN, COM = "https://api.coze.cn", "https://api.coze.com"


@pytest.mark.parametrize(
    ("base_url", "hosts"),
    [
        (CN, ["www.coze.cn"]),
        (COM, ["www.coze.com"]),
        ("https://gateway.example", ["www.coze.cn", "www.coze.com"]),
        ("http://127.0.0.1:8001", []),
    ],
)
def test_each_region_has_its_console(base_url, hosts):
    urls = find_console_urls(base_url)

    assert urls == [f"https://{host}/open/oauth/apps" for host in hosts]


@pytest.mark.parametrize(
    ("base_url", "other"), [(CN, COM), (COM, CN), ("https://gateway.example", "")]
)
def test_the_other_region(base_url, other):
    assert other_region(base_url) == other


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8001", "[::1]:8001"])
def test_a_sandbox_is_on_this_machine(host):
    assert is_on_this_machine(f"http://{host}")


def test_coze_is_elsewhere():
    assert not is_on_this_machine(CN)
