"""The pages of docs/reference are what the code says: `python3 dev.py docs` writes them anew."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import hub.api
from hub.cli import contract, reference

PAGES = reference.pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_reference_is_what_the_code_says(name: str) -> None:
    assert (reference.FOLDER / name).read_text() == PAGES[name]


def test_every_module_of_the_contract_is_in_the_reference() -> None:
    found = {module.name for module in pkgutil.iter_modules(hub.api.__path__, "hub.api.")}
    assert found == set(contract.MODULES) - {"hub.api"}


@pytest.mark.parametrize("name", contract.MODULES)
def test_every_public_name_of_the_contract_is_in_the_reference(name: str) -> None:
    module = importlib.import_module(name)
    own = {
        word
        for word, value in vars(module).items()
        if not word.startswith("_") and getattr(value, "__module__", "") == name and word != "T"
    }
    headings = set(PAGES["connector-api.md"].splitlines())
    offered = set(hub.api.__all__) if name == "hub.api" else set()
    assert [word for word in own | offered if f"### {word}" not in headings] == []
