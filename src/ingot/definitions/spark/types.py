"""`pyspark.sql.types` as definition files see it: the classes by Spark's names, each a face of an `ingot.types` type.

Owns the Python spelling of types (`StructType().add(…)`, `simpleString`, `fromDDL`). Never looks at values.
"""

from __future__ import annotations

import json as _json
from collections.abc import Iterator
from typing import Any

from ingot import types as spark_types
from ingot.definitions.spark.place import here as _here
from ingot.definitions.spark.row import Row
from ingot.errors import DefinitionError, IngotError, UnsupportedError, near_hint
from ingot.quoting import quoted_name


class DataType:
    """A type; compared by what it means."""

    _type: spark_types.DataType = spark_types.NULL

    def to_ingot(self) -> spark_types.DataType:
        return self._type

    def simpleString(self) -> str:
        return self.to_ingot().ddl

    def jsonValue(self) -> Any:
        return self.to_ingot().json()

    def json(self) -> str:
        return _json.dumps(self.jsonValue(), separators=(",", ":"), sort_keys=True)

    @classmethod
    def typeName(cls) -> str:
        name = cls.__name__.removesuffix("Type").lower()
        return {"timestampntz": "timestamp_ntz", "null": "void"}.get(name, name)

    @classmethod
    def fromDDL(cls, ddl: str) -> DataType:
        return from_ingot(_parsed(ddl))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DataType) and self.to_ingot() == other.to_ingot()

    def __hash__(self) -> int:
        return hash(self.to_ingot())

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class AtomicType(DataType):
    """A type without parts."""


class NumericType(AtomicType):
    """A number."""


class IntegralType(NumericType):
    """A whole number."""


class FractionalType(NumericType):
    """A number with a fraction."""


class NullType(DataType):
    _type = spark_types.NULL


class StringType(AtomicType):
    _type = spark_types.STRING

    def __init__(self, collation: str | None = None):
        if collation not in (None, "UTF8_BINARY"):
            raise DefinitionError(
                f"collation {collation!r} is not supported",
                location=_here(),
                hint="leave it out: texts are compared byte by byte",
                code="unsupported",
            )


class CharType(AtomicType):
    _type = spark_types.STRING

    def __init__(self, length: int):
        self.length = length


class VarcharType(CharType):
    pass


class BinaryType(AtomicType):
    _type = spark_types.BINARY


class BooleanType(AtomicType):
    _type = spark_types.BOOLEAN


class DateType(AtomicType):
    _type = spark_types.DATE


class TimestampType(AtomicType):
    _type = spark_types.TIMESTAMP


class TimestampNTZType(AtomicType):
    _type = spark_types.TIMESTAMP_NTZ


class ByteType(IntegralType):
    _type = spark_types.BYTE


class ShortType(IntegralType):
    _type = spark_types.SHORT


class IntegerType(IntegralType):
    _type = spark_types.INT


class LongType(IntegralType):
    _type = spark_types.LONG


class FloatType(FractionalType):
    _type = spark_types.FLOAT


class DoubleType(FractionalType):
    _type = spark_types.DOUBLE


class VariantType(AtomicType):
    _type = spark_types.VARIANT


class TimeType(AtomicType):
    _type = spark_types.TIME

    def __init__(self, precision: int = 6):
        self.precision = precision


class _Unsupported(DataType):
    """A type that Ingot does not have: its name loads, what uses it fails."""

    def __init__(self, *arguments: Any):
        raise UnsupportedError(
            f"the type {type(self).__name__} is not supported", location=_here(), code="unsupported-type"
        )


class CalendarIntervalType(_Unsupported):
    pass


class GeographyType(_Unsupported):
    pass


class GeometryType(_Unsupported):
    pass


class Geography(_Unsupported):
    pass


class Geometry(_Unsupported):
    pass


class VariantVal(_Unsupported):
    pass


class DecimalType(FractionalType):
    def __init__(self, precision: int = 10, scale: int = 0):
        if not (1 <= precision <= 38 and 0 <= scale <= precision):
            raise DefinitionError(
                f"DecimalType({precision}, {scale}) is out of range",
                location=_here(),
                hint="a precision of 1 to 38, and a scale that is not larger",
            )
        self.precision = precision
        self.scale = scale

    def to_ingot(self) -> spark_types.DataType:
        return spark_types.DecimalType(precision=self.precision, scale=self.scale)

    def __repr__(self) -> str:
        return f"DecimalType({self.precision},{self.scale})"


class DayTimeIntervalType(AtomicType):
    DAY, HOUR, MINUTE, SECOND = range(4)
    _units = ("day", "hour", "minute", "second")

    def __init__(self, startField: int | None = None, endField: int | None = None):
        self.startField = 0 if startField is None else startField
        self.endField = (3 if startField is None else startField) if endField is None else endField

    def to_ingot(self) -> spark_types.DataType:
        return spark_types.IntervalType(start=self._units[self.startField], end=self._units[self.endField])


class YearMonthIntervalType(DayTimeIntervalType):
    YEAR, MONTH = range(2)
    _units = ("year", "month")

    def __init__(self, startField: int | None = None, endField: int | None = None):
        self.startField = 0 if startField is None else startField
        self.endField = (1 if startField is None else startField) if endField is None else endField


class ArrayType(DataType):
    def __init__(self, elementType: DataType, containsNull: bool = True):
        self.elementType = _checked(elementType)
        self.containsNull = containsNull

    def to_ingot(self) -> spark_types.DataType:
        return spark_types.ArrayType(element=self.elementType.to_ingot(), contains_null=self.containsNull)

    def __repr__(self) -> str:
        return f"ArrayType({self.elementType!r}, {self.containsNull})"


class MapType(DataType):
    def __init__(self, keyType: DataType, valueType: DataType, valueContainsNull: bool = True):
        self.keyType = _checked(keyType)
        self.valueType = _checked(valueType)
        self.valueContainsNull = valueContainsNull

    def to_ingot(self) -> spark_types.DataType:
        return spark_types.MapType(
            key=self.keyType.to_ingot(),
            value=self.valueType.to_ingot(),
            value_contains_null=self.valueContainsNull,
        )

    def __repr__(self) -> str:
        return f"MapType({self.keyType!r}, {self.valueType!r}, {self.valueContainsNull})"


class StructField(DataType):
    def __init__(self, name: str, dataType: DataType, nullable: bool = True, metadata: dict[str, Any] | None = None):
        self.name = name
        self.dataType = _checked(dataType)
        self.nullable = nullable
        self.metadata = dict(metadata or {})

    def to_field(self) -> spark_types.Field:
        metadata = dict(self.metadata)
        comment = metadata.pop("comment", None)
        return spark_types.Field(
            self.name, self.dataType.to_ingot(), self.nullable, comment, tuple(sorted(metadata.items()))
        )

    @classmethod
    def fromJson(cls, json: dict[str, Any]) -> StructField:
        return StructType.fromJson({"type": "struct", "fields": [json]}).fields[0]

    def simpleString(self) -> str:
        return f"{self.name}:{self.dataType.simpleString()}"

    def jsonValue(self) -> Any:
        return self.to_field().json()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StructField) and self.to_field() == other.to_field()

    def __hash__(self) -> int:
        return hash(self.to_field())

    def __repr__(self) -> str:
        return f"StructField('{self.name}', {self.dataType!r}, {self.nullable})"


class StructType(DataType):
    """A schema, built at once or by `add`."""

    def __init__(self, fields: list[StructField] | None = None):
        self.fields = list(fields or [])
        for field in self.fields:
            if not isinstance(field, StructField):
                raise DefinitionError(
                    f"StructType takes a list of StructField, not {field!r}",
                    location=_here(),
                    hint="write StructField('name', StringType())",
                )

    def add(
        self,
        field: str | StructField,
        data_type: str | DataType | None = None,
        nullable: bool = True,
        metadata: dict[str, Any] | None = None,
    ) -> StructType:
        if isinstance(field, StructField):
            self.fields.append(field)
            return self
        if data_type is None:
            raise DefinitionError(
                f"add({field!r}) needs the type of the field", location=_here(), hint='add("id", LongType())'
            )
        chosen = from_ingot(_parsed_type(data_type)) if isinstance(data_type, str) else data_type
        self.fields.append(StructField(field, chosen, nullable, metadata))
        return self

    def to_ingot(self) -> spark_types.StructType:
        return spark_types.StructType(fields=tuple(field.to_field() for field in self.fields))

    def simpleString(self) -> str:
        return "struct<" + ",".join(field.simpleString() for field in self.fields) + ">"

    @property
    def names(self) -> list[str]:
        return [field.name for field in self.fields]

    def fieldNames(self) -> list[str]:
        return self.names

    def toDDL(self) -> str:
        """The columns as text that `schema` takes."""
        return ",".join(
            f"{quoted_name(f.name)} {f.dataType.simpleString().upper()}" + ("" if f.nullable else " NOT NULL")
            for f in self.fields
        )

    def toNullable(self) -> StructType:
        made = from_ingot(spark_types.as_nullable(self.to_ingot()))
        assert isinstance(made, StructType)
        return made

    def treeString(self, maxDepth: int | None = None) -> str:
        lines = [
            f" |-- {f.name}: {f.dataType.simpleString()} (nullable = {str(f.nullable).lower()})" for f in self.fields
        ]
        return "\n".join(["root", *lines, ""])

    @classmethod
    def fromDDL(cls, ddl: str) -> StructType:
        parsed = from_ingot(_parsed(ddl))
        assert isinstance(parsed, StructType)
        return parsed

    @classmethod
    def fromJson(cls, json: dict[str, Any]) -> StructType:
        parsed = from_ingot(spark_types.from_json(json))
        assert isinstance(parsed, StructType)
        return parsed

    def __iter__(self) -> Iterator[StructField]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __contains__(self, name: object) -> bool:
        return any(field.name == name for field in self.fields)

    def __getitem__(self, key: str | int | slice) -> Any:
        if isinstance(key, slice):
            return StructType(self.fields[key])
        if isinstance(key, int):
            return self.fields[key]
        for field in self.fields:
            if field.name == key:
                return field
        raise DefinitionError(
            f"the schema has no field {key!r}",
            location=_here(),
            hint=near_hint(key, self.names),
            code="unknown-column",
        )

    def __repr__(self) -> str:
        return f"StructType({self.fields!r})"


_ATOMIC: dict[spark_types.DataType, type[DataType]] = {
    kind._type: kind
    for kind in (
        NullType, StringType, BinaryType, BooleanType, DateType, TimestampType, TimestampNTZType, ByteType,
        ShortType, IntegerType, LongType, FloatType, DoubleType, VariantType, TimeType,
    )
}  # fmt: skip


def from_ingot(data_type: spark_types.DataType) -> DataType:
    """The face of a type."""
    match data_type:
        case spark_types.StructType():
            return StructType([_field(f) for f in data_type.fields])
        case spark_types.ArrayType():
            return ArrayType(from_ingot(data_type.element), data_type.contains_null)
        case spark_types.MapType():
            return MapType(from_ingot(data_type.key), from_ingot(data_type.value), data_type.value_contains_null)
        case spark_types.DecimalType():
            return DecimalType(data_type.precision, data_type.scale)
        case spark_types.IntervalType():
            kind = YearMonthIntervalType if data_type.is_year_month else DayTimeIntervalType
            return kind(kind._units.index(data_type.start), kind._units.index(data_type.end))
    return _ATOMIC[data_type]()


def _field(field: spark_types.Field) -> StructField:
    metadata = dict(field.metadata)
    if field.comment is not None:
        metadata["comment"] = field.comment
    return StructField(field.name, from_ingot(field.type), field.nullable, metadata)


def to_type(value: Any) -> spark_types.DataType:
    """The type that a DDL text, a facade type or one of its classes stands for."""
    if isinstance(value, str):
        return _parsed_type(value)
    if isinstance(value, type) and issubclass(value, DataType):
        return _checked(value).to_ingot()
    if isinstance(value, DataType):
        return value.to_ingot()
    raise DefinitionError(f"{value!r} is not a data type", location=_here(), hint="give a type, such as 'bigint'")


def to_schema(value: Any) -> spark_types.StructType:
    """The schema that a DDL text or a StructType stands for."""
    if isinstance(value, StructType):
        return value.to_ingot()
    if isinstance(value, str):
        return _parsed_schema(value)
    raise DefinitionError(
        f"{value!r} is not a schema",
        location=_here(),
        hint="give a StructType or text such as 'id BIGINT, name STRING'",
    )


def _checked(value: Any) -> DataType:
    if isinstance(value, type) and issubclass(value, DataType):
        raise DefinitionError(
            f"{value.__name__} is a class, not a type",
            location=_here(),
            hint=f"write {value.__name__}()",
        )
    if not isinstance(value, DataType):
        raise DefinitionError(f"{value!r} is not a data type", location=_here(), hint='LongType(), or "BIGINT"')
    return value


def _parsed(ddl: str) -> spark_types.DataType:
    try:
        return spark_types.parse_type(ddl)
    except IngotError:
        return _parsed_schema(ddl)


def _parsed_type(ddl: str) -> spark_types.DataType:
    try:
        return spark_types.parse_type(ddl)
    except IngotError as error:
        raise error.at(_here()) from None


def _parsed_schema(ddl: str) -> spark_types.StructType:
    try:
        return spark_types.parse_schema(ddl)
    except IngotError as error:
        raise error.at(_here()) from None


__all__ = [
    "ArrayType", "BinaryType", "BooleanType", "ByteType", "CalendarIntervalType", "CharType", "DataType", "DateType",
    "DayTimeIntervalType", "DecimalType", "DoubleType", "FloatType", "Geography", "GeographyType", "Geometry",
    "GeometryType", "IntegerType", "LongType", "MapType", "NullType", "Row", "ShortType", "StringType", "StructField",
    "StructType", "TimeType", "TimestampNTZType", "TimestampType", "VarcharType", "VariantType", "VariantVal",
    "YearMonthIntervalType",
]  # fmt: skip
