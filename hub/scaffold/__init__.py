"""A new connector from a few answers: a folder that is gold at once, to be changed into yours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.errors import AlreadyThere, CorrectInput

TEMPLATES = Path(__file__).parent
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
Auth = Literal["bearer", "header", "basic"]
Paging = Literal["cursor", "offset", "number", "link"]
Signature = Literal["hmac", "stamped", "shared"]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a developer says of the vendor.

    auth: how the key is sent. paging: how lists go on. signature: `hmac` over the body, `stamped`
    with a time that is signed along, or `shared` where the vendor signs nothing.
    """

    name: str
    title: str
    auth: Auth = "bearer"
    paging: Paging = "cursor"
    signature: Signature = "hmac"


def write(answers: Answers, folder: Path) -> list[Path]:
    """Make `folder/<name>` with every file of a connector, and in a checkout of the hub its test;
    returns what was written.

    Raises CorrectInput for a name that is none, AlreadyThere where something is in the way.
    """
    _refuse_odd(answers.name)
    parts = {folder / answers.name: render(answers)}
    if folder == plugins_above(folder):
        tests = folder.parent / "tests" / "plugins" / answers.name
        parts[tests] = _test(answers)
    return _write(parts)


def write_distribution(answers: Answers, folder: Path) -> list[Path]:
    """Make `folder/hub-<name>`, which pip installs beside any hub; raises as `write` does."""
    _refuse_odd(answers.name)
    return _write({folder / _project(answers.name): distribution(answers)})


def render(answers: Answers, *, alone: bool = False) -> Mapping[str, str]:
    """The text of each file of the connector by name, `alone` as a distribution's package.

    Only what was chosen is in it: no dead options.
    """
    files = _rendered("connector", answers, cls=_class_name(answers.name), distribution=alone)
    return {**files, "py.typed": ""} if alone else files


def distribution(answers: Answers) -> Mapping[str, str]:
    """The text of each file of a distribution: its package, its tests, and what pip reads.

    The package is `hub_<name>`, since a vendor's own SDK may have the bare name.
    """
    package = f"hub_{answers.name}"
    project = _project(answers.name)
    files = dict(_rendered("distribution", answers, package=package, project=project))
    files |= {f"{package}/{name}": text for name, text in render(answers, alone=True).items()}
    return files | {f"tests/{name}": text for name, text in _test(answers).items()}


def plugins_above(folder: Path) -> Path | None:
    """The `plugins` folder of the checkout of the hub that `folder` lies in, if it is in one."""
    for above in (folder, *folder.parents):
        if (above / "hub" / "hookspecs.py").is_file() and (above / "setup.cfg").is_file():
            return above / "plugins"
    return None


def _test(answers: Answers) -> dict[str, str]:
    files = _rendered("tests", answers)
    return {f"test_{answers.name}.py": files["test.py"]}


def _rendered(kind: str, answers: Answers, **more: Any) -> Mapping[str, str]:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / kind),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Python and YAML, not HTML
    )
    words = {**asdict(answers), **more}
    return {
        name.removesuffix(".j2"): environment.get_template(name).render(words)
        for name in sorted(environment.list_templates(extensions=["j2"]))
    }


def _write(parts: Mapping[Path, Mapping[str, str]]) -> list[Path]:
    """Write all folders, or none where one of them is there already."""
    for home in parts:
        if home.exists():
            raise AlreadyThere(f"{home} is there already.", field="name")
    texts = {home / name: text for home, files in parts.items() for name, text in files.items()}
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return list(texts)


def _refuse_odd(name: str) -> None:
    if not NAME.fullmatch(name):
        raise CorrectInput(
            "A name has small letters, digits and underscores, such as acme_desk.", field="name"
        )


def _project(name: str) -> str:
    return f"hub-{name.replace('_', '-')}"


def _class_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
