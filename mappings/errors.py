"""The two errors of the pure core. The hub's own errors are in `hub.errors`."""

from __future__ import annotations


class BrokenMapping(Exception):
    """A mapping cannot be used; each of `problems` names file, line and the nearest valid name."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Unmappable(Exception):
    """One record cannot be mapped: `path` says where in the record, `sentence` why."""

    def __init__(self, path: str, sentence: str) -> None:
        super().__init__(f"{path}: {sentence}")
        self.path = path
        self.sentence = sentence
