"""Every line of every connector's mapping can be told: what reads, what turns, and where it is."""

from __future__ import annotations

import sys

import pytest

from hub.plugin_host import PluginHost, load_plugins
from mappings.language import Context
from mappings.making import making, part_of


@pytest.fixture(scope="module")
def host() -> PluginHost:
    return load_plugins()


def test_every_conversion_names_the_function_behind_it(host: PluginHost) -> None:
    told = [
        making(mapping, part, {}, Context())
        for mappings in host.mappings.values()
        for mapping in mappings.values()
        for part in mapping.lines
        if part_of(mapping, part[1], custom=part[0] == "custom")
    ]
    places = {one.module for one in told if one.conversion is not None}
    assert "plugins.mixpanel.conversions.loose" in places
    for place in places:
        module, _, name = str(place).rpartition(".")
        assert callable(getattr(sys.modules[module], name))
