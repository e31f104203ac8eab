"""The documentation as pages of the site: its links lead on, and only to what is there."""

from __future__ import annotations

import re

from hub.settings import ROOT
from tests.web.site import Browser

PAGES = sorted(
    path.relative_to(ROOT / "docs").with_suffix("").as_posix()
    for path in (ROOT / "docs").rglob("*.md")
)


def test_every_link_of_help_leads_somewhere(ada: Browser) -> None:
    links = set()
    for name in PAGES:
        page = ada.page(f"/help/{name}")
        main = page[page.index("<article") : page.index("</article>")]
        links |= set(re.findall(r'(?:href|src)="(/[^"#]*)', main))
        assert not re.search(r'href="(?!/|#|https?://|mailto:)', main), name

    assert len(links) > 20
    for link in sorted(links - {f"/help/{name}" for name in PAGES}):
        with ada.get(link) as answer:
            assert answer.status_code == 200, link


def test_a_page_leads_on_to_another_and_to_a_connectors_guide(ada: Browser) -> None:
    index = ada.page("/help/README")
    assert 'href="/help/lineage"' in index
    assert 'href="/plugins/hubspot"' in index
    assert 'href="/help/adr/README"' in index


def test_what_is_no_page_stays_as_words(ada: Browser) -> None:
    assert "CHANGELOG" in ada.words("/help/README")
    assert "CHANGELOG.md" not in ada.page("/help/README")
    assert ada.get("/help/..%2f..%2fsetup").status_code == 404
    assert ada.get("/help/../README").status_code == 404
