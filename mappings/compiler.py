"""A checked plan as one Python function.

The function is generated as source, which is ten times as fast as evaluating JMESPath and half
again as fast as a closure for each field. Names and values from a mapping never become source:
they are constants of the function's namespace, or text written with repr.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]

from mappings.canonical import ENTITIES
from mappings.code import Code
from mappings.conversions import BUILTINS
from mappings.plan import LinkRule, Plan
from mappings.record import Context, Link, LinkBy, LinkKind, Mapped
from mappings.rules import Rule
from mappings.shape import HEAD
from mappings.steps import MISSING, finder, fitter, linker, translator

__all__ = ["compile_plan"]

WILD = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    JMESPathError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What wild values make a conversion or an expression raise; a job's time-out is none of them."""

_PRESENT = BUILTINS["present"]


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
        call = self.name(_linker(kind, by, link.record))
        with self.block("if v is not None:"):
            self.put(f"{call}(v, links)")

    def result(self, plan: Plan) -> str:
        links = "tuple(dict.fromkeys(links)) if len(links) > 1 else tuple(links)"
        return (
            f"return Mapped({plan.object!r}, id, {plan.entity!r}, modified_at, created_at,"
            f" external_id, deleted is True, merged_into, values, {links}, custom, url)"
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
        with self.block("if v is not None and v != '':"):
            before = len(self.lines)
            self.turn(rule, fit)
            if len(self.lines) == before:
                self.put("pass")
        with self.block("else:"):
            self.put("v = None")

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
            self.put(f"v = {self.name(translator(rule.words, rule.other))}(v)")
        elif fit and (rule.own is not None or rule.builtin is BUILTINS["plain"]):
            with self.block("if v is not None:"):
                self.put(f"v = {self.name(fitter(rule.spec))}(v)")
        several = rule.builtin is not None and rule.builtin.many
        wraps = rule.own is None or rule.words is not None
        if rule.spec is not None and rule.spec.many and not several and wraps:
            self.put("v = None if v is None else v if v.__class__ is list else [v]")

    def convert(self, rule: Rule) -> None:
        guard = "if v is not None:" if rule.builtin is not None else "if not blank(v):"
        if rule.lookup is not None and rule.words is not None:
            guard = f"if v is not {self.name(MISSING)} and not blank(v):"
        with self.block(guard):
            if rule.builtin is not None and rule.builtin.currency:
                self.currency(rule)
                self.put(f"v = {self.name(rule.builtin.call)}(v, currency)")
            else:
                call = rule.own or (rule.builtin.call if rule.builtin else None)
                self.put(f"v = {self.name(call)}(v, context)")

    def currency(self, rule: Rule) -> None:
        first, *others = [
            repr(part) if isinstance(part, str) else self.read(part) for part in rule.currency
        ]
        self.put(f"currency = {first}")
        for other in others:
            with self.block("if blank(currency):"):
                self.put(f"currency = {other}")


def _linker(kind: LinkKind, by: LinkBy | None, record: str | None) -> Callable[..., None]:
    call: Callable[[Any, list[Link]], None] = linker(kind, by, record)
    return call
