"""A checked plan as one Python function.

The function is generated as source, which is ten times as fast as evaluating JMESPath and half
again as fast as a closure for each field. Names and values from a mapping never become source:
they are constants of the function's namespace, or text written with repr.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mappings.canonical import ENTITIES
from mappings.code import Code
from mappings.conversions import BUILTINS
from mappings.plain import LONGEST_TEXT
from mappings.plan import LinkRule, Plan
from mappings.record import Context, Mapped
from mappings.rules import Rule
from mappings.shape import HEAD
from mappings.steps import MISSING, finder, fitter, linker, translator

__all__ = ["compile_plan"]

WILD = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What wild values make a conversion or an expression raise (JMESPath's errors are ValueErrors);
a job's time-out is none of them."""

_PRESENT = BUILTINS["present"]
_PLAIN = BUILTINS["plain"]
_TEXT = BUILTINS["text"]

_CLEAN = f"v.__class__ is str and v.isascii() and '\\0' not in v and len(v) <= {LONGEST_TEXT}"
"""The common case of text, decided without a call."""


def compile_plan(plan: Plan) -> Callable[[Any, Context], Mapped]:
    """The function (raw, context) -> Mapped of a plan; it raises Unmappable and nothing else."""
    code = _Code()
    code.names["WILD"] = WILD
    code.write(plan)
    source = "\n".join(code.lines)
    exec(compile(source, f"<mapping of {plan.object}>", "exec"), code.names)  # noqa: S102
    run: Callable[[Any, Context], Mapped] = code.names["run"]
    return run


class _Code(Code):
    """The source of one mapping's function."""

    def write(self, plan: Plan) -> None:
        with self.block("def run(raw, context):"):
            self.put("at = ''")
            with self.block("try:"):
                self.put("raw = child(raw)")
                for rule in plan.rules:
                    for source in rule.sources:
                        self.hold(source)
                self.head(plan)
                self.values(plan)
                self.put(self.result(plan))
            with self.block("except Unmappable as error:"):
                self.put("raise Unmappable(error.path or at, error.sentence) from None")
            with self.block("except WILD as error:"):
                self.put("why = 'the value cannot be converted (' + type(error).__name__ + ')'")
                self.put("raise Unmappable(at, why) from error")

    def head(self, plan: Plan) -> None:
        for key in HEAD:
            if key in plan.head:
                self.find(plan.head[key])
                self.otherwise(plan.head[key])
                self.put(f"{key} = v")
            else:
                self.put(f"{key} = None")
        with self.block("if id is None:"):
            self.put(
                f"raise Unmappable({plan.head['id'].sources[0].text!r}, 'the record has no id')"
                if plan.head["id"].sources
                else "raise Unmappable('id', 'there is no id')"
            )

    def values(self, plan: Plan) -> None:
        self.put("values = {}")
        fields = {rule.name for rule in plan.fields}
        if "url" in plan.head and "url" in ENTITIES[plan.entity].fields.keys() - fields:
            with self.block("if url is not None:"):
                self.put("values['url'] = url")
        for rule in plan.fields:
            self.keep(rule, "values")
        self.put("custom = {}")
        for rule in plan.custom:
            self.keep(rule, "custom")
        self.put("links = []")
        for link in plan.links:
            self.link(link)

    def keep(self, rule: Rule, target: str) -> None:
        self.find(rule)
        self.otherwise(rule)
        with self.block("if v is not None:"):
            self.put(f"{target}[{rule.name!r}] = v")

    def link(self, link: LinkRule) -> None:
        self.find(link.rule, fit=False)
        self.otherwise(link.rule)
        kind: Any = link.kind
        by: Any = link.by
        with self.block("if v is not None:"):
            self.put(f"{self.name(linker(kind, by, link.record))}(v, links)")

    def result(self, plan: Plan) -> str:
        kinds = {link.kind for link in plan.links}
        own = any(link.rule.own is not None for link in plan.links)
        once = "dict.fromkeys(links)" if own or len(kinds) < len(plan.links) else "links"
        return (
            f"return Mapped({plan.object!r}, id, {plan.entity!r}, modified_at, created_at,"
            f" external_id, deleted is True, merged_into, values, tuple({once}), custom, url)"
        )

    def otherwise(self, rule: Rule) -> None:
        if rule.default is not MISSING and rule.default is not None:
            with self.block("if v is None:"):
                self.put(f"v = {self.literal(rule.default)}")

    def find(self, rule: Rule, fit: bool = True) -> None:
        """Leave the rule's value, or None, in `v`."""
        if rule.mode == "const":
            self.put(f"v = {self.literal(rule.const)}")
            return
        self.raw_value(rule)
        if rule.builtin is _PRESENT and rule.words is None:
            self.put("v = not blank(v)")
            return
        with self.block("if v is not None:"):
            self.put("pass")
            self.turn(rule, fit)

    def raw_value(self, rule: Rule) -> None:
        sources = rule.sources
        parts = rule.parts
        many = rule.builtin is not None and rule.builtin.many
        if rule.mode in ("join", "template") or (many and len(parts) > 1):
            self.put(f"at = {' '.join(source.text for source in sources[: len(parts)])!r}")
            inner = ", ".join(
                repr(part) if isinstance(part, str) else self.read(part) for part in parts
            )
            call = {"join": "joined", "template": "filled"}.get(rule.mode, "list")
            self.put(f"v = {call}(({inner},))")
            return
        for index, source in enumerate(part for part in parts if not isinstance(part, str)):
            if index:
                with self.block("if blank(v):"):
                    self.put(f"at = {source.text!r}")
                    self.put(f"v = {self.read(source)}")
            else:
                self.put(f"at = {source.text!r}")
                self.put(f"v = {self.read(source)}")

    def turn(self, rule: Rule, fit: bool) -> None:
        """Look up, convert, translate and fit `v`."""
        if rule.lookup is not None:
            absent = MISSING if rule.words is not None else None
            find = self.name(finder(rule.pick, absent))
            self.put(f"v = {find}({self.read(rule.lookup)}, v)")
        if rule.builtin is not None or rule.own is not None:
            self.convert(rule)
        if rule.words is not None:
            self.translate(rule)
        elif fit and (rule.own is not None or (rule.builtin is _PLAIN and rule.spec is not None)):
            with self.block("if v is not None:"):
                self.put(f"v = {self.name(fitter(rule.spec))}(v)")
        several = rule.builtin is not None and rule.builtin.many
        wraps = rule.own is None or rule.words is not None
        if rule.spec is not None and rule.spec.many and not several and wraps:
            self.put("v = None if v is None else v if v.__class__ is list else [v]")

    def translate(self, rule: Rule) -> None:
        words = self.name(rule.words)
        missing = self.name(MISSING)
        slow = self.name(translator(rule.words or {}, rule.other))
        self.put(f"w = {words}.get(v, {missing}) if v.__class__ is str else {missing}")
        self.put(f"v = {slow}(v) if w is {missing} else w")

    def convert(self, rule: Rule) -> None:
        guard = "if v is not None:" if rule.builtin is not None else "if not blank(v):"
        if rule.lookup is not None and rule.words is not None:
            guard = f"if v is not {self.name(MISSING)} and not blank(v):"
        with self.block(guard):
            self.call(rule)

    def call(self, rule: Rule) -> None:
        call = self.name(rule.own or (rule.builtin.call if rule.builtin else None))
        if rule.builtin is not None and rule.builtin.currency:
            self.currency(rule)
            self.put(f"v = {call}(v, currency)")
        elif rule.builtin is _TEXT:
            with self.block(f"if {_CLEAN}:"):
                self.put("v = v.strip() or None")
            with self.block("else:"):
                self.put(f"v = {call}(v)")
        else:
            self.put(f"v = {call}(v, context)")

    def currency(self, rule: Rule) -> None:
        first, *others = [
            repr(part) if isinstance(part, str) else self.read(part) for part in rule.currency
        ]
        self.put(f"currency = {first}")
        for other in others:
            with self.block("if blank(currency):"):
                self.put(f"currency = {other}")
