"""The registry joins what files say, whatever their order, and lets a bad definition fail alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingot.definitions.registry import Registry
from ingot.errors import DefinitionError, Location
from ingot.model import Action, Dataset, DatasetKind, Expectation, Flow, Project, TableName

HERE = Location("/p/a.sql", 1)
THERE = Location("/p/b.sql", 7)


@pytest.fixture
def registry() -> Registry:
    return Registry(Project(name="p", root=Path("/p"), lake=Path("/p/lake")))


def dataset(name: str, kind: DatasetKind | None = DatasetKind.STREAMING_TABLE, **more) -> Dataset:
    return Dataset(TableName("main", *name.split(".")), kind, more.pop("location", HERE), **more)


def flow(name: str, target: str, location: Location = HERE) -> Flow:
    def build():
        raise AssertionError("the registry never builds a query")

    return Flow(name, TableName("main", *target.split(".")), build, location, "SELECT 1")


def messages(definitions) -> list[str]:
    return [str(failed.error) for failed in definitions.failed]


def test_a_flow_may_come_before_its_target(registry):
    registry.add_flow(flow("backfill", "silver.orders"))
    registry.add_dataset(dataset("silver.orders"))
    definitions = registry.seal()
    assert [f.name for f in definitions.flows] == ["backfill"]
    assert list(definitions.datasets) == [TableName("main", "silver", "orders")]


def test_a_streaming_table_without_flows_is_legal(registry):
    registry.add_dataset(dataset("silver.orders"))
    assert not registry.seal().failed


def test_a_dataset_defined_twice_fails_and_the_error_names_both_places(registry):
    registry.add_dataset(dataset("silver.orders"))
    registry.add_flow(flow("silver.orders", "silver.orders"))
    registry.add_dataset(dataset("silver.ORDERS", location=THERE))
    registry.add_flow(flow("silver.ORDERS", "silver.ORDERS"))
    registry.add_dataset(dataset("silver.lines"))
    definitions = registry.seal()
    assert messages(definitions) == ["'silver.ORDERS' is defined twice: here and at a.sql:1"]
    assert definitions.failed[0].location == THERE
    assert [n.table for n in definitions.datasets] == ["lines"]
    assert not definitions.flows


def test_tables_whose_names_differ_only_in_the_catalog_would_share_a_folder_and_fail(registry):
    registry.add_dataset(dataset("silver.orders"))
    other = TableName("raw", "silver", "Orders")
    registry.add_dataset(Dataset(TableName("raw", "silver", "view"), DatasetKind.TEMPORARY_VIEW, HERE))
    registry.add_dataset(dataset("silver.view"))
    registry.add_dataset(Dataset(other, None, THERE))
    definitions = registry.seal()
    assert {f.name for f in definitions.failed} == {TableName("main", "silver", "orders"), other}
    assert messages(definitions)[0].startswith(
        "'raw.silver.Orders' and 'main.silver.orders' (a.sql:1) would lie in one"
    )
    assert definitions.failed[0].location == THERE
    assert {str(name) for name in definitions.datasets} == {"raw.silver.view", "main.silver.view"}


def test_two_flows_of_one_name_fail_both_targets(registry):
    registry.add_dataset(dataset("a.x"))
    registry.add_dataset(dataset("a.y"))
    registry.add_flow(flow("fill", "a.x"))
    registry.add_flow(flow("Fill", "a.y", THERE))
    definitions = registry.seal()
    assert {f.name.table for f in definitions.failed if f.name} == {"x", "y"}
    assert messages(definitions)[0] == "flow 'Fill' is defined twice: here and at a.sql:1"
    assert not definitions.datasets


def test_a_flow_into_an_undefined_table_is_an_error_with_the_nearest_name(registry):
    registry.add_dataset(dataset("silver.orders"))
    registry.add_flow(flow("fill", "silver.order", THERE))
    failed = registry.seal().failed
    assert failed[0].error.code == "unknown-target"
    assert failed[0].error.hint == "did you mean 'silver.orders'?"
    assert failed[0].location == THERE


@pytest.mark.parametrize("kind", [DatasetKind.MATERIALIZED_VIEW, DatasetKind.TEMPORARY_VIEW])
def test_a_view_takes_no_foreign_flow(registry, kind):
    registry.add_dataset(dataset("gold.x", kind))
    registry.add_flow(flow("gold.x", "gold.x"))
    registry.add_flow(flow("fill", "gold.x", THERE))
    assert [f.error.code for f in registry.seal().failed] == ["invalid-target"]


def test_expectations_join_their_dataset_whether_added_before_or_after(registry):
    name = TableName("main", "silver", "orders")
    registry.add_expectations(name, [Expectation("a", "x > 0")])
    registry.add_dataset(dataset("silver.orders", expectations=(Expectation("b", "y > 0"),)))
    registry.add_expectations(name, [Expectation("c", "z > 0")])
    assert [e.name for e in registry.seal().datasets[name].expectations] == ["b", "a", "c"]


def test_expectations_of_an_undefined_dataset_are_an_error(registry):
    registry.add_expectations(TableName("main", "silver", "orders"), [Expectation("a", "x > 0", location=THERE)])
    failed = registry.seal().failed
    assert (failed[0].error.code, failed[0].location) == ("unknown-target", THERE)


def test_two_expectations_of_one_name_are_an_error(registry):
    rules = (Expectation("a", "x > 0"), Expectation("a", "y > 0"))
    registry.add_dataset(dataset("s.t", expectations=rules))
    assert [f.error.code for f in registry.seal().failed] == ["duplicate-expectation"]


def test_the_quarantine_property_turns_rules_added_later_into_quarantine_rules(registry):
    registry.add_dataset(dataset("s.t", properties={"Ingot.Quarantine": "has_id, positive"}))
    registry.add_expectations(
        TableName("main", "s", "t"),
        [
            Expectation("has_id", "id > 0", Action.DROP),
            Expectation("positive", "x > 0"),
            Expectation("c", "true"),
        ],
    )
    (sealed,) = registry.seal().datasets.values()
    assert [e.action for e in sealed.expectations] == [Action.QUARANTINE, Action.QUARANTINE, Action.WARN]


@pytest.mark.parametrize(
    ("properties", "code", "hint"),
    [
        ({"ingot.quarantine": "has_di"}, "unknown-expectation", "did you mean 'has_id'?"),
        ({"ingot.quarantin": "has_id"}, "unknown-property", "did you mean 'ingot.quarantine'?"),
        ({"ingot.min_rows": "many"}, "invalid-property", "it takes a number of rows, such as '1'"),
        ({"ingot.unique_key": " , "}, "invalid-property", "it takes names separated by commas"),
    ],
)
def test_a_wrong_property_fails_the_dataset(registry, properties, code, hint):
    registry.add_dataset(dataset("s.t", properties=properties, expectations=(Expectation("has_id", "id > 0"),)))
    (failed,) = registry.seal().failed
    assert (failed.error.code, failed.error.hint) == (code, hint)
    assert failed.name == TableName("main", "s", "t")


def test_properties_of_others_are_left_alone(registry):
    registry.add_dataset(dataset("s.t", properties={"quality": "gold", "delta.appendOnly": "true"}))
    assert not registry.seal().failed


@pytest.mark.parametrize(
    ("parts", "full"),
    [
        (["t"], "main.default.t"),
        (["s", "t"], "main.s.t"),
        (["c", "s", "t"], "c.s.t"),
        (["LIVE", "t"], "main.default.t"),
        (["live", "s", "t"], "live.s.t"),
    ],
)
def test_a_name_is_completed(registry, parts, full):
    assert str(registry.table_name(parts)) == full


def test_a_name_of_four_parts_is_an_error(registry):
    with pytest.raises(DefinitionError, match=r"'a\.b\.c\.d' is not a table's name"):
        registry.table_name(["a", "b", "c", "d"])


def test_a_failure_without_a_place_is_at_the_project(registry):
    registry.fail(ValueError("x"))
    assert registry.seal().failed[0].location == Location("/p")


def test_a_flow_is_named_after_its_table_without_the_projects_catalog(registry):
    assert registry.flow_name(TableName("main", "s", "t")) == "s.t"
    assert registry.flow_name(TableName("other", "s", "t")) == "other.s.t"


def test_files_are_noted_once(registry):
    registry.add_file(Path("/p/a.sql"))
    registry.add_file(Path("/p/a.sql"))
    assert registry.seal().files == (Path("/p/a.sql"),)


def test_the_same_note_is_kept_once(registry):
    registry.note("SCHEDULE has no effect", HERE)
    registry.note("SCHEDULE has no effect", THERE)
    assert [(n.message, n.location) for n in registry.seal().notes] == [("SCHEDULE has no effect", HERE)]
