"""Normal forms; the expected domains are worked by hand from the Public Suffix List's own rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings import normalise


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("acme.com", "acme.com"),
        ("  ACME.com. ", "acme.com"),
        ("https://www.Acme.com:8443/about?x=1#y", "acme.com"),
        ("//info.acme.co.uk/path", "acme.co.uk"),
        ("https://user:secret@shop.acme.de/", "acme.de"),
        ("ann@mail.acme.de", "acme.de"),
        ("acme.github.io", "acme.github.io"),
        ("shop.acme.myshopify.com", "acme.myshopify.com"),
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
        ("MÜNCHEN.de", "xn--mnchen-3ya.de"),
        ("straße.de", "xn--strae-oqa.de"),
        ("strasse.de", "strasse.de"),
        ("www.google.com", "google.com"),
        ("www.city.kawasaki.jp", "city.kawasaki.jp"),
    ],
)
def test_domain_is_reduced_to_what_was_registered(text: str, domain: str) -> None:
    assert normalise.registrable_domain(text) == domain


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "supernova", "localhost", "http://intranet/", "192.168.1.1", "http://10.0.0.1:80/",
        "[::1]", "co.uk", "github.io", "-acme.de", "acme..de", "two words.com", "acme_.de", "n/a",
        f"{'a' * 64}.de", f"{'a.' * 130}de", f"https://acme.de/{'x' * 5000}",
    ],
)  # fmt: skip
def test_what_is_no_registered_domain_gives_none(text: str) -> None:
    assert normalise.registrable_domain(text) is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("gmail.com", "free mail"),
        ("mail.yahoo.co.uk", "free mail"),
        ("tutanota.com", "free mail"),
        ("acme.onmicrosoft.com", "vendor"),
        ("https://acme.atlassian.net/browse", "vendor"),
        ("acme.zendesk.com", "vendor"),
        ("https://www.linkedin.com/company/acme", "social"),
        ("sites.google.com", "publishing"),
        ("www.example.com", "placeholder"),
        ("nas.acme.local", "network"),
    ],
)
def test_shared_domains_identify_nobody_and_say_why(text: str, word: str) -> None:
    assert normalise.registrable_domain(text) is None
    assert word in (normalise.blocked_reason(text) or "")


def test_an_own_domain_is_not_blocked() -> None:
    assert normalise.blocked_reason("notgmail.com") is None
    assert normalise.blocked_reason("gmail.com.acme.de") is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ann@Acme.COM", "ann@acme.com"),
        (" mailto:ann+x@acme.com ", "ann+x@acme.com"),
        ("Ann Ö. Lee <Ann.Lee@sub.acme.co.uk>", "ann.lee@sub.acme.co.uk"),
        ("ann@münchen.de", "ann@xn--mnchen-3ya.de"),
    ],
)
def test_email_normal_form(text: str, address: str) -> None:
    assert normalise.email(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "@", "ann", "ann@", "@acme.com", "ann@acme", "a@b@acme.com", "an n@acme.com",
     "ann@acme.com/x", "ann@acme.com:25", "ann@1.2.3.4", f"{'a' * 65}@acme.com",
     f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 20}.com"],
)  # fmt: skip
def test_what_is_no_address_gives_none(text: str) -> None:
    assert normalise.email(text) is None


@pytest.mark.parametrize(
    ("text", "domain"),
    [("ann@mail.acme.de", "acme.de"), ("ann@gmail.com", None), ("ann@x.onmicrosoft.com", None),
     ("no address", None)],
)  # fmt: skip
def test_email_domain(text: str, domain: str | None) -> None:
    assert normalise.email_domain(text) == domain


@pytest.mark.parametrize(
    ("address", "role"),
    [("support@acme.de", True), ("Billing+eu@acme.de", True), ("no-reply@acme.de", True),
     ("information@acme.de", False), ("ann@support.de", False), ("ann.info@acme.de", False)],
)  # fmt: skip
def test_role_addresses(address: str, role: bool) -> None:
    assert normalise.is_role_address(address) is role


@pytest.mark.parametrize("text", ["", "  ", "0", "0000", "-", "-1", "null", "N/A", "Test", "??"])
def test_constants_are_no_external_id(text: str) -> None:
    assert normalise.external_id(text) is None


def test_external_id_keeps_its_case() -> None:
    assert normalise.external_id("  Ab-001 ") == "Ab-001"
    assert normalise.external_id("10") == "10"
    assert normalise.external_id("test-7") == "test-7"


@given(st.text(max_size=60) | st.from_regex(r"[ -~]{0,30}@?[a-zA-Z0-9ü.-]{0,30}[:/]?[ -~]{0,9}"))
def test_normal_forms_are_fixed_points_and_nothing_raises(text: str) -> None:
    for form in (normalise.host, normalise.registrable_domain, normalise.email):
        found = form(text)
        assert found is None or form(found) == found
    normalise.blocked_reason(text)
    domain = normalise.registrable_domain(text)
    assert domain is None or (normalise.host(text) or "").endswith(domain)
