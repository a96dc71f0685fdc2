"""Random calls over expressions that both engines have already answered alike.

A pool begins with the columns of `t` and literals. Each round makes calls whose arguments come from the pool; those on
which the engines agree join it, with the type that Spark gave. So expressions grow in depth, and whatever differs
differs in its outermost call.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from differential.grammar import (
    ALWAYS,
    ARGUMENTS,
    CALLS,
    LITERALS,
    NESTED_TYPES,
    OPEN,
    OPERATORS,
    SORTED,
    TYPES,
    UNITS,
    UNORDERED,
)
from differential.tables import SCHEMAS
from ingot.analysis.functions import lookup, names
from ingot.analysis.functions.signature import Parameter, Pattern, parse_signature
from ingot.analysis.typed import Settings
from ingot.types import BOOLEAN, NULL, ArrayType, DataType, MapType, parse_schema, parse_type

DEPTH_MAX = 3
_POOL_MAX = 700
_LENGTH_MAX = 220


@dataclass(frozen=True)
class Expression:
    """A text of Spark SQL with its type; `head` and `arguments` say what call it is, for shrinking."""

    text: str
    type: DataType
    depth: int = 0
    head: str = ""
    template: str = ""
    arguments: tuple[Expression, ...] = ()

    def with_arguments(self, arguments: tuple[Expression, ...]) -> Expression:
        return replace(self, text=_filled(self.template, arguments), arguments=arguments)


def _filled(template: str, arguments: tuple[Expression, ...]) -> str:
    texts = [a.text if re.fullmatch(r"[\w.]+(\(.*\))?|'[^']*'", a.text) else f"({a.text})" for a in arguments]
    return (
        template.format(*texts)
        if not template.startswith("call:")
        else _call(template[5:], [a.text for a in arguments])
    )


def _call(name: str, texts: list[str]) -> str:
    return f"{name}({', '.join(texts)})"


@dataclass(frozen=True)
class Form:
    """One way to make a call: a template and the parameters that its arguments must fit."""

    head: str
    template: str
    parameters: tuple[Parameter, ...]


class NoArgument(Exception):
    """Nothing in the pool fits."""


class Pool:
    """The expressions that may be arguments, by type."""

    def __init__(self, chance: random.Random, table: str = "t"):
        self.chance = chance
        self.items = [Expression(f.name, f.type) for f in parse_schema(SCHEMAS[table])]
        self.columns = list(self.items)
        self.literals = [Expression(text, parse_type(kind)) for text, kind in LITERALS]
        self.items += self.literals
        self.settings = Settings()

    def add(self, found: Expression) -> None:
        """Let later calls have this one as an argument."""
        if found.depth >= DEPTH_MAX or len(found.text) > _LENGTH_MAX:
            return
        self.items.append(found)
        if len(self.items) > _POOL_MAX:
            del self.items[self.chance.randrange(len(self.columns) + len(self.literals), len(self.items))]

    def of(self, data_type: DataType) -> list[Expression]:
        return [e for e in self.items if e.type == data_type]

    def pick(self, pattern: Pattern, bound: dict[str, DataType]) -> Expression:
        """An argument for a parameter: mostly one that fits, sometimes one that must be cast, seldom a wrong one."""
        roll = self.chance.random()
        if roll < 0.03:
            return self.chance.choice(self.items)
        if roll < 0.12:
            fitting = [e for e in self.items if pattern.castable(e.type, self.settings)]
            if fitting:
                return self.chance.choice(fitting)
        fitting = [e for e in self.items if fits(pattern, e.type, bound) and (e.type != NULL or roll > 0.97)]
        if not fitting:
            raise NoArgument
        shallow = [e for e in fitting if e.depth == 0]
        columns = [e for e in shallow if e.text.isidentifier()]
        roll = self.chance.random()
        return self.chance.choice((columns if roll < 0.4 else shallow if roll < 0.6 else fitting) or fitting)

    def call(self, form: Form) -> Expression:
        """A call of that form. Raises NoArgument."""
        bound: dict[str, DataType] = {}
        arguments: list[Expression] = []
        hints = ARGUMENTS.get(form.head, {})
        for parameter in _expanded(self.chance, form.parameters):
            hinted = hints.get(len(arguments))
            if parameter.text == "unit":
                arguments.append(Expression(self.chance.choice(UNITS), NULL))
            elif hinted and (form.head in ALWAYS or self.chance.random() < 0.93):
                arguments.append(Expression(self.chance.choice(hinted), NULL))
            elif parameter.pattern.kind == "fn":
                arguments.append(self._lambda(parameter.pattern, bound))
            else:
                found = self.pick(parameter.pattern, bound)
                bind(parameter.pattern, found.type, bound)
                arguments.append(found)
        depth = 1 + max((a.depth for a in arguments), default=0)
        return Expression(
            _filled(form.template, tuple(arguments)), NULL, depth, form.head, form.template, tuple(arguments)
        )

    def _lambda(self, pattern: Pattern, bound: dict[str, DataType]) -> Expression:
        """A lambda whose parameters have the types of the pattern; a body of the type that is wanted."""
        letters = ["x", "y_", "z_"][: len(pattern.parts) - 1]
        parameters = [Expression(n, _bound_type(p, bound)) for n, p in zip(letters, pattern.parts[:-1], strict=True)]
        if len(parameters) == 2 and pattern.parts[1].type is not None and self.chance.random() < 0.6:
            parameters = parameters[:1]
        wanted = pattern.parts[-1]
        body = self._body(parameters, wanted, bound)
        names_ = parameters[0].text if len(parameters) == 1 else f"({', '.join(p.text for p in parameters)})"
        return Expression(f"{names_} -> {body}", NULL)

    def _body(self, parameters: list[Expression], wanted: Pattern, bound: dict[str, DataType]) -> str:
        one = self.chance.choice(parameters)
        if wanted.type == BOOLEAN:
            same = [e for e in self.items if e.type == one.type and e.depth < 2]
            other = self.chance.choice(same).text if same else "NULL"
            return self.chance.choice(
                (
                    f"{one.text} = {other}",
                    f"{one.text} IS NULL",
                    f"{one.text} > {other}",
                    f"{one.text} <=> {other}",
                    f"coalesce({one.text} <> {other}, false)",
                )
            )
        if wanted.kind == "variable" and wanted.name in bound:
            kind = bound[wanted.name].ddl
            first, last = parameters[0].text, parameters[-1].text
            return self.chance.choice((first, f"coalesce(CAST({last} AS {kind}), {first})", f"CAST({last} AS {kind})"))
        inner = Pool.__new__(Pool)
        inner.chance, inner.settings = self.chance, self.settings
        inner.items = parameters * 20 + [e for e in self.items if e.depth == 0]
        for _ in range(5):
            form = self.chance.choice(scalar_forms())
            if any(p.pattern.kind == "fn" for p in form.parameters) or "->" in form.template:
                continue
            try:
                body = inner.call(form)
            except NoArgument:
                continue
            if any(a in parameters for a in body.arguments):
                return body.text
        return one.text


def _expanded(chance: random.Random, parameters: tuple[Parameter, ...]) -> Iterator[Parameter]:
    for parameter in parameters:
        if parameter.repeat == "?" and chance.random() < 0.5:
            return
        times = {"*": chance.randrange(3), "+": chance.choice((1, 1, 2, 3))}.get(parameter.repeat, 1)
        yield from [parameter] * times


def _bound_type(pattern: Pattern, bound: dict[str, DataType]) -> DataType:
    return bound.get(pattern.name, NULL) if pattern.kind == "variable" else pattern.type or NULL


def fits(pattern: Pattern, given: DataType, bound: dict[str, DataType]) -> bool:
    """Whether a type fits without a cast, given what the variables of the signature stand for already."""
    if pattern.alternatives:
        return any(fits(a, given, bound) for a in pattern.alternatives)
    match pattern.kind:
        case "variable" if pattern.name in bound:
            return given == bound[pattern.name]
        case "array":
            return isinstance(given, ArrayType) and fits(pattern.parts[0], given.element, bound)
        case "map":
            return (
                isinstance(given, MapType)
                and fits(pattern.parts[0], given.key, bound)
                and fits(pattern.parts[1], given.value, bound)
            )
        case "type":
            return given == pattern.type
    return given != NULL and pattern.accepts(given)


def bind(pattern: Pattern, given: DataType, bound: dict[str, DataType]) -> None:
    """Note what the variables of a pattern stand for."""
    for alternative in pattern.alternatives:
        if alternative.accepts(given):
            bind(alternative, given, bound)
            return
    match pattern.kind, given:
        case "variable", _:
            bound.setdefault(pattern.name, given)
        case "array", ArrayType():
            bind(pattern.parts[0], given.element, bound)
        case "map", MapType():
            bind(pattern.parts[0], given.key, bound)
            bind(pattern.parts[1], given.value, bound)


# --- forms ------------------------------------------------------------------------------------------------------------

_cache: dict[str, list[Form]] = {}


def scalar_forms() -> list[Form]:
    """Operators, casts and scalar functions."""
    if "scalar" not in _cache:
        _cache["scalar"] = [*_operator_forms(), *_operator_forms(), *_cast_forms(), *forms_of("scalar")]
    return _cache["scalar"]


def forms_of(kind: str) -> list[Form]:
    """A form for each signature of each function of a kind that Ingot's tables name."""
    found = []
    for name in names():
        spec = lookup(name)
        if spec is None or spec.kind != kind or name in OPEN:
            continue
        if name in CALLS:
            found += [Form(name, f"call:{name}", _parameters(text)) for text in CALLS[name]]
        elif spec.lines:
            found += [Form(name, f"call:{name}", s.parameters) for s in spec.signatures]
        else:
            found += [Form(name, f"call:{name}", _parameters("any, any?"))]
    return found


def aggregate_forms() -> list[Form]:
    """Aggregates whose answer does not depend on the order of rows."""
    return [f for f in forms_of("aggregate") if f.head not in UNORDERED]


def aggregate_text(call: Expression) -> str:
    """The call, sorted where its answer is a bag."""
    return f"sort_array({call.text})" if call.head in SORTED else call.text


def _parameters(text: str) -> tuple[Parameter, ...]:
    if "unit" in text:
        rest = parse_signature(f"({text.replace('unit,', '')}) -> any").parameters
        return (Parameter(Pattern("class", "any"), "", "unit"), *rest)
    return parse_signature(f"({text}) -> any").parameters


def _operator_forms() -> list[Form]:
    found = []
    for line in OPERATORS.strip().splitlines():
        template, _, parameters = line.partition(" :: ")
        found.append(Form(template, template, _parameters(parameters)))
    return found


def _cast_forms() -> list[Form]:
    anything = _parameters("any")
    texts = _parameters("string")
    casts = [(how, kind) for kind in (*TYPES, *NESTED_TYPES) for how in ("CAST", "TRY_CAST")]
    found = [Form("cast", f"{how}({{0}} AS {kind})", anything) for how, kind in casts]
    found += [Form("cast", f"{how}({{0}} AS {kind})", texts) for how, kind in casts if kind in TYPES]
    return found
