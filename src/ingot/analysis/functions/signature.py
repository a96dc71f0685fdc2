"""The language in which the tables of this package are written, and how a call is bound to a signature.

A line of a table is `name, alias (argument, …) -> result`. An argument is

- a type of Spark (`string`, `array<int>`, `decimal(16,6)`), or several (`string|binary`: the first one is what other
  types are cast to);
- a class of types: `any`, `orderable`, `comparable` (no map), `number`, `integral`, `decimal`, `struct`, `interval`;
  `numeric`, `integral` and `bytes` are numbers and binary values that no text is cast to;
- a variable: one capital letter, the common type of all arguments that name it; `N` takes numbers only, `I` integers,
  `E` stands for items that are only made alike without loss (no text, no wider decimal), `W` without text;
- `fn(T,int):U`: a lambda, with the types of its parameters and of its body;

followed by `!` when it cannot be an untyped NULL, and by `?` when it may be missing, `*` when it may be repeated or
missing, `+` when it may be repeated. The result is a type, which may name variables, or `@rule`, a function of
`ingot.analysis.functions.rules`.

Owns matching, coercion of arguments and the error for wrong ones. Knows no function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from sqlglot import exp

from ingot.analysis.coercion import (
    can_cast_implicitly,
    cast_to,
    common_type,
    holds_map,
    is_integral,
    is_numeric,
    is_orderable,
    tightest_type,
    wider_with_decimal,
)
from ingot.analysis.typed import Settings
from ingot.errors import AnalysisError
from ingot.types import (
    BINARY,
    DOUBLE,
    INT,
    LONG,
    NULL,
    STRING,
    ArrayType,
    DataType,
    DecimalType,
    IntervalType,
    MapType,
    StructType,
    parse_type,
)

Bound = tuple[exp.Expr, DataType]
Binder = Callable[[exp.Anonymous, list[DataType], Settings], Bound]
Rule = Callable[[exp.Anonymous, list[DataType], Settings], DataType]

_CLASSES: dict[str, Callable[[DataType], bool]] = {
    "any": lambda t: True,
    "orderable": is_orderable,
    "comparable": lambda t: not holds_map(t),
    "number": is_numeric,
    "numeric": is_numeric,
    "bytes": lambda t: t == BINARY,
    "integral": is_integral,
    "decimal": lambda t: isinstance(t, DecimalType),
    "struct": lambda t: isinstance(t, StructType),
    "interval": lambda t: isinstance(t, IntervalType),
}
_CLASS_DEFAULTS = {"any": NULL, "number": DOUBLE, "integral": LONG}
_WITHOUT_LOSS = frozenset({"E"})
_WITHOUT_TEXT = frozenset({"W"})
_VARIABLE_CLASSES = {"N": "number", "I": "integral"}
_LINE = re.compile(r"([\w\s,]+?)\s*\((.*)\)\s*->\s*(.+)$")


class _Mismatch(Exception):
    """The arguments do not fit this signature; another one may."""


@dataclass(frozen=True)
class Pattern:
    """One argument of a signature, parsed: `kind` is type, class, variable, array, map or fn."""

    kind: str
    name: str = ""
    type: DataType | None = None
    parts: tuple[Pattern, ...] = ()  # element; key and value; parameters of a lambda and, last, its body
    alternatives: tuple[Pattern, ...] = ()
    takes_null: bool = True

    def accepts(self, given: DataType) -> bool:
        """Whether an argument of that type fits without a cast."""
        if given == NULL:
            return self.takes_null
        if self.kind == "fn":
            return True
        if self.alternatives:
            return any(a.accepts(given) for a in self.alternatives)
        match self.kind:
            case "class":
                return _CLASSES[self.name](given)
            case "variable":
                return _CLASSES[_VARIABLE_CLASSES.get(self.name, "any")](given)
            case "array":
                return isinstance(given, ArrayType) and self.parts[0].accepts(given.element)
            case "map":
                return isinstance(given, MapType) and all(
                    p.accepts(t) for p, t in zip(self.parts, (given.key, given.value), strict=True)
                )
        return given == self.type

    def chosen(self, given: DataType, settings: Settings) -> Pattern:
        """The alternative for an argument: one that takes it as it is, else the first that it is cast to."""
        if given == NULL and not self.takes_null:
            raise _Mismatch
        if not self.alternatives:
            return self
        for alternative in self.alternatives:
            if alternative.accepts(given):
                return alternative
        for alternative in self.alternatives:
            if alternative.castable(given, settings):
                return alternative
        raise _Mismatch

    def castable(self, given: DataType, settings: Settings) -> bool:
        if given == NULL and not self.takes_null:
            return False
        match self.kind:
            case "class":
                return given == STRING and self.name == "number"
            case "variable":
                return given == STRING and _VARIABLE_CLASSES.get(self.name) == "number"
            case "type":
                assert self.type is not None
                return can_cast_implicitly(given, self.type, settings)
            case "array":
                return isinstance(given, ArrayType) and self.parts[0].castable(given.element, settings)
        return False

    def collect(self, given: DataType, settings: Settings, found: dict[str, list[DataType]]) -> None:
        """Note what each variable stands for. Raises _Mismatch when the argument cannot be made to fit."""
        if self.kind == "fn":
            self.parts[-1].collect(given, settings, found)
            return
        if not self.accepts(given) and not self.castable(given, settings):
            raise _Mismatch
        if self.kind == "variable":
            found.setdefault(self.name, []).append(given if self.accepts(given) else self._default())
        for part, inner in zip(self.parts, _parts_of(given, len(self.parts)), strict=True):
            part.collect(inner, settings, found)

    def _default(self) -> DataType:
        return _CLASS_DEFAULTS[_VARIABLE_CLASSES.get(self.name, "any")]

    def target(self, given: DataType, variables: dict[str, DataType]) -> DataType:
        """The type that an argument is cast to; for a lambda, that of its body."""
        match self.kind:
            case "fn":
                return self.parts[-1].target(given, variables)
            case "variable":
                return variables.get(self.name, given)
            case "class":
                if given == NULL or not self.accepts(given):
                    return _CLASS_DEFAULTS.get(self.name, given)
                return given
            case "array":
                inner = _parts_of(given, 1)[0]
                nullable = given.contains_null if isinstance(given, ArrayType) else True
                return ArrayType(element=self.parts[0].target(inner, variables), contains_null=nullable)
            case "map":
                key, value = _parts_of(given, 2)
                return MapType(key=self.parts[0].target(key, variables), value=self.parts[1].target(value, variables))
        assert self.type is not None
        return self.type


def _parts_of(given: DataType, count: int) -> tuple[DataType, ...]:
    match given:
        case ArrayType() if count == 1:
            return (given.element,)
        case MapType() if count == 2:
            return (given.key, given.value)
    return (NULL,) * count


@dataclass(frozen=True)
class Parameter:
    """A pattern with how often it may stand: `?`, `*`, `+` or once."""

    pattern: Pattern
    repeat: str
    text: str


@dataclass(frozen=True)
class Signature:
    """One way to call a function."""

    parameters: tuple[Parameter, ...]
    result: str
    text: str

    def patterns_for(self, count: int) -> list[Pattern]:
        """The pattern of each of `count` arguments. Raises _Mismatch when there are too few or too many."""
        patterns: list[Pattern] = []
        for at, parameter in enumerate(self.parameters):
            needed_after = sum(1 for p in self.parameters[at + 1 :] if p.repeat in ("", "+"))
            available = count - len(patterns) - needed_after
            repeat = {"": 1, "?": min(1, max(0, available))}.get(parameter.repeat, max(0, available))
            if available < (1 if parameter.repeat in ("", "+") else 0):
                raise _Mismatch
            patterns.extend([parameter.pattern] * repeat)
        if len(patterns) != count:
            raise _Mismatch
        return patterns

    def bind(
        self, call: exp.Anonymous, types: list[DataType], settings: Settings, exactly: bool
    ) -> tuple[list[exp.Expr], list[DataType], dict[str, DataType]]:
        """Cast the arguments to what the signature takes. Raises _Mismatch."""
        patterns = [p.chosen(t, settings) for p, t in zip(self.patterns_for(len(types)), types, strict=True)]
        if exactly and not all(p.accepts(t) for p, t in zip(patterns, types, strict=True)):
            raise _Mismatch
        found: dict[str, list[DataType]] = {}
        for pattern, given in zip(patterns, types, strict=True):
            pattern.collect(given, settings, found)
        variables = {name: _common(given, settings, name) for name, given in found.items()}
        targets = [p.target(t, variables) for p, t in zip(patterns, types, strict=True)]
        arguments = [_cast(a, t) for a, t in zip(call.expressions, targets, strict=True)]
        return arguments, targets, variables


def _common(types: list[DataType], settings: Settings, variable: str) -> DataType:
    if variable in _WITHOUT_LOSS or variable in _WITHOUT_TEXT:
        found: DataType | None = NULL
        for given in types:
            wider = tightest_type(found, given, settings) if found is not None else None
            if wider is None and found is not None and variable in _WITHOUT_TEXT:
                wider = wider_with_decimal(found, given)
            found = wider
    else:
        found = common_type(types, settings)
    if found is None:
        raise _Mismatch
    return found


def _cast(argument: exp.Expr, target: DataType) -> exp.Expr:
    if isinstance(argument, exp.Lambda):
        body = argument.this
        argument.set("this", cast_to(body, target))
        return argument
    return cast_to(argument, target)


# --- reading the tables ---------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def parse_signature(text: str) -> Signature:
    """Read `(argument, …) -> result`."""
    arguments, result = re.fullmatch(r"\((.*)\)\s*->\s*(.+)", text).groups()  # type: ignore[union-attr]
    parameters = []
    for part in _split(arguments, ","):
        repeat = part[-1] if part[-1] in "?*+" else ""
        parameters.append(Parameter(_pattern(part.rstrip("?*+")), repeat, part))
    return Signature(tuple(parameters), result.strip(), f"({arguments})")


def _pattern(text: str) -> Pattern:
    text = text.strip()
    if text.endswith("!"):
        return replace(_pattern(text[:-1]), takes_null=False)
    choices = _split(text, "|")
    if len(choices) > 1:
        return Pattern("choice", alternatives=tuple(_pattern(c) for c in choices))
    if text.startswith("fn("):
        end = text.index("):")
        parts = [*_split(text[3:end], ","), text[end + 2 :]]
        return Pattern("fn", parts=tuple(_pattern(p) for p in parts))
    if text in _CLASSES:
        return Pattern("class", text)
    if len(text) == 1 and text.isupper():
        return Pattern("variable", text)
    if _has_variable(text):
        kind, inner = text.split("<", 1)
        return Pattern(kind, parts=tuple(_pattern(p) for p in _split(inner[:-1], ",")))
    return Pattern("type", type=parse_type(text))


def _has_variable(text: str) -> bool:
    names = r"\b([A-Z]|any|number|struct|orderable|comparable)\b"
    return text.startswith(("array<", "map<")) and bool(re.search(names, text))


def _split(text: str, separator: str) -> list[str]:
    """Split at separators that stand outside of brackets."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += {"(": 1, "<": 1, ")": -1, ">": -1}.get(char, 0)
        if char == separator and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return [p.strip() for p in parts if p.strip()]


def result_type(text: str, variables: dict[str, DataType]) -> DataType:
    """The result of a signature, with its variables filled in."""
    pattern = _result_pattern(text)
    return pattern.target(NULL, variables)


@lru_cache(maxsize=512)
def _result_pattern(text: str) -> Pattern:
    return _pattern(text)


# --- functions ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FunctionSpec:
    """A function of Spark: how it may be called and what it gives.

    `kind` is scalar, aggregate, window or generator. A generator's type is the struct of its output columns. A
    function whose arguments no signature can describe has a `binder` instead of signatures.
    """

    name: str
    kind: str = "scalar"
    is_volatile: bool = False
    lines: tuple[str, ...] = ()
    binder: Binder | None = field(default=None, compare=False)
    rules: dict[str, Rule] = field(default_factory=dict, compare=False)

    @cached_property
    def signatures(self) -> list[Signature]:
        return [parse_signature(line) for line in self.lines]

    def lambda_types(self, position: int, arg_types: Sequence[DataType | None]) -> tuple[DataType, ...]:
        """The types of a lambda's parameters; a lambda with fewer takes the first ones.

        Args:
            position: Which argument the lambda is.
            arg_types: Types of the arguments; None or anything for lambdas, whose types are not known yet.
        """
        settings = Settings()
        for signature in self.signatures:
            try:
                patterns = signature.patterns_for(len(arg_types))
            except _Mismatch:
                continue
            if patterns[position].kind != "fn":
                continue
            found: dict[str, list[DataType]] = {}
            for pattern, given in zip(patterns, arg_types, strict=True):
                if pattern.kind != "fn" and given is not None:
                    try:
                        pattern.chosen(given, settings).collect(given, settings, found)
                    except _Mismatch as error:
                        raise self.wrong_arguments([t or NULL for t in arg_types]) from error
            variables = {name: _common(types, settings, name) for name, types in found.items()}
            return tuple(p.target(NULL, variables) for p in patterns[position].parts[:-1])
        raise self.wrong_arguments([t or NULL for t in arg_types])

    def bind(self, call: exp.Anonymous, types: list[DataType], settings: Settings) -> Bound:
        """Check and cast the arguments of a typed call, name it canonically, and tell its type.

        Raises:
            AnalysisError: `wrong-arguments`, naming what the function takes.
        """
        call.set("this", self.name)
        if self.binder is not None:
            return self.binder(call, types, settings)
        plain, distinct = _without_distinct(call)
        for exactly in (True, False):
            for signature in self.signatures:
                try:
                    arguments, targets, variables = signature.bind(plain, types, settings, exactly)
                except _Mismatch:
                    continue
                plain.set("expressions", arguments)
                if signature.result.startswith("@"):
                    result = self.rules[signature.result[1:]](plain, targets, settings)
                else:
                    result = result_type(signature.result, variables)
                if distinct:
                    plain.set("expressions", [exp.Distinct(expressions=plain.expressions)])
                return plain, result
        raise self.wrong_arguments(types, call)

    def wrong_arguments(self, types: Sequence[DataType], call: exp.Expr | None = None) -> AnalysisError:
        """The error for arguments that fit no signature."""
        takes = " or ".join(f"{self.name}{s.text}" for s in self.signatures)
        return misfit(self.name, types, takes, call)


def wrong_arguments(call: exp.Anonymous, types: Sequence[DataType], takes: str) -> AnalysisError:
    """The error of a binder for arguments that its function does not take; `takes` is what stands in its brackets."""
    return misfit(call.this, types, f"{call.this}({takes})", call)


def misfit(name: str, types: Sequence[DataType], takes: str, call: exp.Expr | None) -> AnalysisError:
    """The error for arguments of types that a function does not take, where its call stands."""
    return AnalysisError(
        f"wrong arguments for {name}: ({', '.join(t.ddl for t in types)})",
        location=call.meta.get("location") if call is not None else None,
        hint=f"it takes {takes}" if takes else None,
        code="wrong-arguments",
    )


def _without_distinct(call: exp.Anonymous) -> tuple[exp.Anonymous, bool]:
    if len(call.expressions) == 1 and isinstance(call.expressions[0], exp.Distinct):
        call.set("expressions", call.expressions[0].expressions)
        return call, True
    return call, False


def read_table(text: str, kind: str, volatile: frozenset[str] = frozenset()) -> Iterator[tuple[str, FunctionSpec]]:
    """Read a table of signatures: pairs of every name (aliases too) and its function."""
    found: dict[str, FunctionSpec] = {}
    names: dict[str, str] = {}
    for line in text.strip().splitlines():
        match = _LINE.match(line.strip())
        assert match is not None, line
        spelled = [n.strip() for n in match[1].split(",")]
        name = names.get(spelled[0], spelled[0])
        spec = found.get(name) or FunctionSpec(name, kind, name in volatile)
        found[name] = replace(spec, lines=(*spec.lines, f"({match[2]}) -> {match[3]}"))
        names.update(dict.fromkeys(spelled, name))
    for spelled, name in names.items():
        yield spelled, found[name]


__all__ = ["INT", "Binder", "Bound", "FunctionSpec", "Rule", "read_table"]
