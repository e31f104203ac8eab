"""What the SDKs say in different places means the same."""

from __future__ import annotations

from tests.stage import Stage
from tests.usage.senders import identify, source


def test_traits_in_the_context_are_traits_as_rudderstacks_sdks_say_them(stage: Stage) -> None:
    ours = source(stage)
    call = identify("u-81", stage.hub.now())
    traits = {"email": "ana@acme.test", "name": "Ana Ruiz"}
    ours.send({**call, "traits": None, "context": {"traits": traits}})
    ours.work()
    [contact] = stage.store.contacts.find({"listed": True})
    assert (contact["flat"]["full_name"], contact["flat"]["emails"]) == (
        "Ana Ruiz",
        ["ana@acme.test"],
    )
