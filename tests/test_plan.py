from dataclasses import replace

import pytest

from ingot.errors import Location, PlanError, ProjectError
from ingot.model import ColumnSpec, Dataset, DatasetKind, TableName
from ingot.plan import Facts, Technique, declared_schema, plan_step, widen
from ingot.types import parse_schema, parse_type

NAME = TableName("main", "gold", "revenue")


def facts(kind: DatasetKind = DatasetKind.MATERIALIZED_VIEW, **changes) -> Facts:
    dataset = Dataset(NAME, kind, Location("gold.sql", 3))
    base = Facts(
        dataset, kind, exists=True, existing_kind=kind.value, fingerprint="f", stored_fingerprint="f",
        inputs={"table silver.orders": "id@3"}, stored_inputs={"table silver.orders": "id@3"},
    )  # fmt: skip
    return replace(base, **changes)


@pytest.mark.parametrize(
    ("changes", "technique", "reason"),
    [
        ({}, Technique.NO_CHANGE, "nothing that it depends on changed"),
        ({"exists": False}, Technique.FULL_RECOMPUTE, "does not exist yet"),
        ({"fingerprint": "g"}, Technique.FULL_RECOMPUTE, "its definition changed"),
        ({"volatile": frozenset({"rand"})}, Technique.FULL_RECOMPUTE, "it calls rand"),
        ({"inputs": {"table silver.orders": "id@4"}}, Technique.FULL_RECOMPUTE, "table silver.orders changed"),
        ({"is_opaque": True}, Technique.FULL_RECOMPUTE, "computed in Python"),
        ({"stored_fingerprint": None}, Technique.FULL_RECOMPUTE, "unknown"),
        ({"is_selected": False}, Technique.EXCLUDED, "not selected"),
        ({"failed_upstream": TableName("main", "silver", "orders")}, Technique.SKIPPED, "silver.orders failed"),
        ({"is_reset": True}, Technique.FULL_REFRESH, "asked for"),
    ],
)
def test_a_view_is_recomputed_only_when_something_changed(changes, technique, reason):
    step = plan_step(facts(**changes))
    assert step.technique is technique
    assert reason in step.reason


def test_a_table_whose_kind_changed_is_refused_with_the_command():
    with pytest.raises(PlanError) as raised:
        plan_step(facts(existing_kind="streaming_table"))
    assert raised.value.code == "kind-changed"
    assert "--full-refresh gold.revenue" in (raised.value.hint or "")


def stream(existing: str, wanted: str) -> Facts:
    return facts(
        DatasetKind.STREAMING_TABLE, existing=parse_schema(existing), wanted=parse_schema(wanted),
        existing_kind="streaming_table",
    )  # fmt: skip


def test_new_nullable_columns_and_wider_types_evolve_a_streaming_table():
    change = plan_step(stream("a int, b string", "a bigint, b string, c date")).schema_change
    assert change is not None
    assert change.schema.ddl == "struct<a:bigint,b:string,c:date>"
    assert change.added == ("c",)
    assert change.widened == ("a",)


def test_a_column_that_the_definition_lost_stays():
    assert plan_step(stream("a int, b string", "a int")).schema_change is None


@pytest.mark.parametrize(
    ("existing", "wanted"),
    [("a string", "a int"), ("a int", "a int, b int not null"), ("a int not null", "b int"), ("a date", "a timestamp")],
)
def test_a_change_that_would_lose_something_is_refused_with_the_command(existing, wanted):
    with pytest.raises(PlanError) as raised:
        plan_step(stream(existing, wanted))
    assert raised.value.code == "incompatible-schema"
    assert raised.value.location == Location("gold.sql", 3)


@pytest.mark.parametrize(
    ("stored", "wanted", "merged"),
    [
        ("int", "bigint", "bigint"),
        ("bigint", "int", "bigint"),
        ("int", "string", None),
        ("decimal(10,2)", "decimal(12,4)", "decimal(12,4)"),
        ("decimal(38,2)", "decimal(10,4)", None),
        ("int", "decimal(12,2)", "decimal(12,2)"),
        ("int", "decimal(10,2)", None),
        ("array<int>", "array<bigint>", "array<bigint>"),
        ("struct<a:int>", "struct<a:bigint,b:string>", "struct<a:bigint,b:string>"),
        ("map<string,int>", "map<string,date>", None),
        ("float", "double", "double"),
        ("bigint", "double", None),
    ],
)
def test_types_widen_only_without_loss(stored, wanted, merged):
    found = widen(parse_type(stored), parse_type(wanted))
    assert (found.ddl if found else None) == merged


def declared(*specs: ColumnSpec) -> Dataset:
    return Dataset(NAME, DatasetKind.MATERIALIZED_VIEW, Location("gold.sql", 3), columns=specs)


def test_declared_columns_give_type_and_comment():
    dataset = declared(ColumnSpec("A", parse_type("bigint"), False, "key"), ColumnSpec("b"))
    schema = declared_schema(dataset, parse_schema("a int, b string"))
    assert [(f.name, f.type.ddl, f.nullable, f.comment) for f in schema] == [
        ("A", "bigint", False, "key"),
        ("b", "string", True, None),
    ]


def test_declared_columns_that_the_query_does_not_give_are_an_error():
    with pytest.raises(PlanError, match="c"):
        declared_schema(declared(ColumnSpec("c")), parse_schema("a int"))
    with pytest.raises(PlanError, match="b"):
        declared_schema(declared(ColumnSpec("a", parse_type("int"))), parse_schema("a int, b int"))


def test_durations_are_read_or_refused():
    from ingot.durations import parse_duration

    assert parse_duration("7d").days == 7
    with pytest.raises(ProjectError, match="soon"):
        parse_duration("soon")
