"""Checked rules: what one line of a mapping says, ready to be compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mappings.canonical import FieldSpec
from mappings.conversions import BUILTINS, Builtin
from mappings.document import Problems, Where
from mappings.errors import Unmappable
from mappings.money import EXPONENTS
from mappings.paths import BadPath, Path, Source, parse, template
from mappings.record import Conversion
from mappings.steps import MISSING, fitter

__all__ = ["RULE_KEYS", "Checker", "Rule"]

MODES = ("from", "join", "template", "const")
RULE_KEYS = (*MODES, "lookup", "pick", "map", "else", "as", "currency", "default")

_MANY = {"domain": "domains", "email": "emails", "phone": "phones", "text": "list"}
_TEXTS = frozenset({"text", "email", "domain", "phone", "country"})


@dataclass(frozen=True)
class Rule:
    """How one value is found and turned.

    parts: sources and, in a template, literal text. words: the vendor's word to ours; other: for
    all others, or MISSING. own: a connector's own conversion. default: MISSING if there is none.
    """

    name: str
    spec: FieldSpec | None
    mode: str
    parts: tuple[str | Source, ...]
    const: Any
    lookup: Source | None
    pick: tuple[str | int, ...]
    words: Mapping[str, Any] | None
    other: Any
    builtin: Builtin | None
    own: Conversion | None
    currency: tuple[str | Source, ...]
    default: Any

    @property
    def sources(self) -> list[Source]:
        """Every place that the rule reads."""
        places = (*self.parts, *self.currency, self.lookup)
        return [place for place in places if place is not None and not isinstance(place, str)]


class Checker:
    """Turns rules as written into checked ones, noting every problem instead of stopping."""

    def __init__(self, problems: Problems, conversions: Mapping[str, Conversion]) -> None:
        self.problems = problems
        self.conversions = conversions

    def rule(
        self,
        where: Where,
        written: Mapping[str, Any],
        spec: FieldSpec | None,
        *,
        usual: str | None = None,
        base: Path | None = None,
        keys: tuple[str, ...] = RULE_KEYS,
    ) -> Rule | None:
        """The rule for one field, or None if it is broken.

        `usual` is the conversion if none is named ("" for none), else that of the field's type.
        """
        before = len(self.problems.found)
        for key in written:
            if key not in keys:
                self.problems.unknown((*where, key), "key", key, keys)
        mode = self._mode(where, written)
        builtin, own = self._conversion(where, written, spec, usual)
        rule = Rule(
            name=str(where[-1]),
            spec=spec,
            mode=mode,
            parts=self._parts(where, written, mode, base),
            const=self._value((*where, "const"), written.get("const"), spec),
            lookup=self._lookup(where, written, base),
            pick=self._pick(where, written),
            words=self._words(where, written, spec),
            other=self._optional(where, written, "else", spec),
            builtin=builtin,
            own=own,
            currency=self._currency(where, written, builtin, base),
            default=self._optional(where, written, "default", spec),
        )
        if rule.other is not MISSING and rule.words is None:
            self.problems.add((*where, "else"), "`else` needs a `map`; did you mean `default`?")
        return rule if len(self.problems.found) == before else None

    def _mode(self, where: Where, written: Mapping[str, Any]) -> str:
        modes = [mode for mode in MODES if mode in written]
        if len(modes) == 1:
            return modes[0]
        told = "say where the value comes from" if not modes else "only one of these can be"
        self.problems.add(where, f"{told}: {', '.join(modes or MODES)}")
        return "const"

    def source(self, where: Where, text: Any, base: Path | None = None) -> Source | None:
        """A path or expression; None and a problem if it is neither."""
        if not isinstance(text, str) or not text.strip():
            self.problems.add(where, "a path is due here")
            return None
        try:
            return parse(text, base)
        except BadPath as error:
            self.problems.add(where, f"bad path {text!r}: {error}")
            return None

    def _parts(
        self, where: Where, written: Mapping[str, Any], mode: str, base: Path | None
    ) -> tuple[str | Source, ...]:
        text = written.get(mode)
        at = (*where, mode) if (*where, mode) in (self.problems.lines or {}) else where
        if mode == "const":
            return ()
        if mode == "template" and isinstance(text, str):
            try:
                return template(text, base)
            except BadPath as error:
                self.problems.add(at, f"bad template {text!r}: {error}")
                return ()
        if isinstance(text, list) and mode != "template" and text:
            found = [self.source((*at, n), one, base) for n, one in enumerate(text)]
        elif mode == "join":
            self.problems.add(at, "a list of paths is due here")
            return ()
        else:
            found = [self.source(at, text, base)]
        return tuple(source for source in found if source is not None)

    def _lookup(self, where: Where, written: Mapping[str, Any], base: Path | None) -> Source | None:
        if "lookup" not in written:
            if "pick" in written:
                self.problems.add((*where, "pick"), "`pick` needs a `lookup`")
            return None
        return self.source((*where, "lookup"), written["lookup"], base)

    def _pick(self, where: Where, written: Mapping[str, Any]) -> tuple[str | int, ...]:
        if "pick" not in written:
            return ()
        source = self.source((*where, "pick"), written["pick"])
        if source is not None and not (isinstance(source, Path) and source.root == "record"):
            self.problems.add((*where, "pick"), "a plain path in the entry is due here")
        return source.steps if isinstance(source, Path) else ()

    def _conversion(
        self, where: Where, written: Mapping[str, Any], spec: FieldSpec | None, usual: str | None
    ) -> tuple[Builtin | None, Conversion | None]:
        name = written.get("as")
        if name is None and "map" not in written:
            name = self._usual(spec) if usual is None else usual
        if name in (None, "") or (name == "enum" and spec is not None and spec.enum):
            return None, None
        if isinstance(name, str) and name in self.conversions:
            return None, self.conversions[name]
        if not isinstance(name, str) or name not in BUILTINS:
            valid = [*BUILTINS, *self.conversions, "enum"]
            self.problems.unknown((*where, "as"), "conversion", name, valid)
            return None, None
        builtin = BUILTINS[name]
        if spec is not None and "map" not in written:
            self._fits((*where, "as"), name, builtin, spec)
        return builtin, None

    @staticmethod
    def _usual(spec: FieldSpec | None) -> str | None:
        if spec is None or spec.type in ("enum", "map"):
            return None if spec is not None and spec.type == "enum" else "plain"
        return _MANY.get(spec.type, spec.type) if spec.many else spec.type

    def _fits(self, where: Where, name: str, builtin: Builtin, spec: FieldSpec) -> None:
        made, due = builtin.makes, spec.type
        alike = made == due or (made in _TEXTS and due in (*_TEXTS, "enum"))
        if made is not None and not alike and (made, due) != ("integer", "number"):
            self.problems.add(where, f"{name!r} makes {made}, and {spec.name} holds {due}")
        elif builtin.many and not spec.many:
            self.problems.add(where, f"{name!r} makes several values, and {spec.name} holds one")

    def _words(
        self, where: Where, written: Mapping[str, Any], spec: FieldSpec | None
    ) -> Mapping[str, Any] | None:
        if "map" not in written:
            enum = spec.enum if spec is not None else None
            return {word: word for word in enum} if enum else None
        table, at = written["map"], (*where, "map")
        if not isinstance(table, Mapping) or not table:
            self.problems.add(at, "the vendor's words and ours are due here, as {theirs: ours}")
            return {}
        return {str(key): self._value((*at, key), ours, spec) for key, ours in table.items()}

    def _optional(
        self, where: Where, written: Mapping[str, Any], key: str, spec: FieldSpec | None
    ) -> Any:
        return self._value((*where, key), written[key], spec) if key in written else MISSING

    def _value(self, where: Where, value: Any, spec: FieldSpec | None) -> Any:
        """A value written in the mapping, checked as the field's own."""
        if value is None:
            return None
        if spec is not None and spec.enum is not None:
            if value not in spec.enum:
                self.problems.unknown(where, f"word of {spec.name}", value, spec.enum)
            return value
        try:
            return fitter(spec)(value)
        except Unmappable as error:
            self.problems.add(where, error.sentence)
            return None

    def _currency(
        self,
        where: Where,
        written: Mapping[str, Any],
        builtin: Builtin | None,
        base: Path | None,
    ) -> tuple[str | Source, ...]:
        given, at = written.get("currency"), (*where, "currency")
        if builtin is None or not builtin.currency:
            if given is not None:
                self.problems.add(at, "only money has a currency")
            return ()
        if given is None:
            self.problems.add(where, "say the currency: a path, a list of paths or a code")
            return ()
        parts = [
            one if one in EXPONENTS else self.source(at, one, base)
            for one in (given if isinstance(given, list) else [given])
        ]
        return tuple(part for part in parts if part is not None)
