"""What a vendor publishes of its API, as a connector names it in `description.yaml`.

    published: where the vendor publishes its description
    files: [acme/openapi.yaml]     OpenAPI 3.0; patterns, below the folder of descriptions
    under: /api/v1                 what of a path comes before the paths of the description
    paths: {/v1/deals: /v1/0-3}    our beginning of a path, and the vendor's own word for it
    widened: {Compact: Whole}      schemas of answers that may hold more than they say, if asked
    known:                         where we differ on purpose; each has to be met
      - {at: GET /tasks, says: a pattern, why: the reason}

The files are the vendors' own and not part of this repository: they lie where `HUB_VENDOR_SPECS`
says, else in `../shared/specs`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.errors import CorrectInput
from hub.settings import ROOT

FILE, FOLDER = "description.yaml", "HUB_VENDOR_SPECS"
Words = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Known(Part):
    """A difference that is as it should be. `at` and `says` are patterns, `why` a sentence."""

    at: Words
    says: Words
    why: Words

    def covers(self, at: str, says: str) -> bool:
        return bool(re.fullmatch(self.at, at) and re.search(self.says, says))


class Published(Part):
    """One description.yaml."""

    published: Words
    files: tuple[Words, ...]
    under: str = ""
    paths: Mapping[str, str] = {}
    widened: Mapping[str, str] = {}
    known: tuple[Known, ...] = ()

    def path(self, asked: str) -> str | None:
        """A path as the description has it; None for one that is not below `under`."""
        found = re.match(self.under, asked)
        if found is None:
            return None
        rest = asked[found.end() :].rstrip("/") or "/"
        for ours, theirs in self.paths.items():
            if rest == ours or rest.startswith(f"{ours}/"):
                return theirs + rest[len(ours) :]
        return rest

    def found(self) -> list[Path]:
        """The files that are at hand; none where the vendor's descriptions are not."""
        return [path for pattern in self.files for path in sorted(home().glob(pattern))]

    def missing(self) -> str:
        """Why nothing is compared here, for who wants it to be."""
        return f"name the folder that has {self.files[0]} in {FOLDER}; from {self.published}"


def home() -> Path:
    """Where the vendors' descriptions lie, if they do."""
    return Path(os.environ.get(FOLDER) or ROOT.parent / "shared" / "specs")


def read(folder: Path) -> Published | None:
    """What a connector says of its vendor's description; None where it names none.

    Raises CorrectInput for a file that cannot be right.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        return Published.model_validate(yaml.safe_load(path.read_text()))
    except (yaml.YAMLError, ValidationError) as error:
        raise CorrectInput(f"{path}: {error}", field="description") from None


def load(path: Path) -> dict[str, Any]:
    """One description: YAML or JSON."""
    if path.suffix == ".json":
        return dict(json.loads(path.read_bytes()))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = yaml.load(path.read_bytes(), loader)  # noqa: S506
    return dict(_texts(found))


def _texts(value: Any) -> Any:
    """YAML reads the status of an answer as a number; JSON knows only text for keys."""
    if isinstance(value, dict):
        return {str(key): _texts(part) for key, part in value.items()}
    return [_texts(part) for part in value] if isinstance(value, list) else value
