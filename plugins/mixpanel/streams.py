"""What is pulled from Mixpanel: group profiles, profiles of people, and use."""

from __future__ import annotations

from functools import partial

from hub.api import Stream
from plugins.mixpanel import profiles, usage
from plugins.mixpanel.profiles import GROUP, USER

HOUR_S = 3600

STREAMS = (
    Stream(
        name="groups",
        object=GROUP.object,
        entity="account",
        pages=partial(profiles.pages, GROUP),
        fetch=partial(profiles.fetch, GROUP),
        interval_s=6 * HOUR_S,
        deletes="listing",
        fetch_batch=500,
    ),
    Stream(
        name="users",
        object=USER.object,
        entity="contact",
        pages=partial(profiles.pages, USER),
        fetch=partial(profiles.fetch, USER),
        interval_s=HOUR_S,
        deletes="listing",
        fetch_batch=500,
    ),
    Stream(
        name="usage",
        object="usage",
        entity="usage",
        pages=usage.pages,
        interval_s=HOUR_S,
        deletes="never",
    ),
)
