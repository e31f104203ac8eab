"""Named bugs: each turns a right connector into one with a mistake that people make.

A bug wraps the callables of a `Subject`, so that it fits any connector; where it makes no sense
(a vendor that signs nothing cannot sign the wrong bytes) it gives None. `rules` are those that are
about it, and what they stand on.
"""

from __future__ import annotations

from hub.conform.bugs import declaring, mapping, paging, reading, secrets, telling
from hub.conform.bugs.subject import BUGS, Bug, Subject

MODULES = (declaring, paging, reading, mapping, secrets, telling)

__all__ = ["BUGS", "Bug", "Subject"]
