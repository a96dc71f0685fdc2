import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingot.errors import GraphError
from ingot.model import TableName
from ingot.pipeline import graph


def name(text: str) -> TableName:
    return TableName("main", *text.split("."))


def edges(**reads: str) -> dict[TableName, set[TableName]]:
    return {name(f"s.{key}"): {name(f"s.{r}") for r in value.split()} for key, value in reads.items()}


def test_a_dataset_comes_after_everything_that_it_reads():
    assert graph.order(edges(c="b a", b="a", a="")) == [name("s.a"), name("s.b"), name("s.c")]


def test_reads_from_outside_of_the_project_do_not_matter():
    assert graph.order(edges(a="elsewhere")) == [name("s.a")]


def test_a_cycle_is_named_in_order():
    with pytest.raises(GraphError, match=r"s\.a → s\.b → s\.a|s\.b → s\.a → s\.b") as raised:
        graph.order(edges(a="b", b="a"))
    assert raised.value.code == "cycle"


def test_a_dataset_that_reads_itself_is_a_cycle():
    with pytest.raises(GraphError, match=r"s\.a reads itself"):
        graph.order(edges(a="a"))


def test_downstream_and_upstream_go_through_others():
    chain = edges(a="", b="a", c="b", d="")
    assert graph.downstream(chain, [name("s.a")]) == {name("s.b"), name("s.c")}
    assert graph.upstream(chain, [name("s.c")]) == {name("s.a"), name("s.b")}


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60))
def test_any_acyclic_graph_is_ordered_rightly(pairs):
    dependencies: dict[TableName, set[TableName]] = {name(f"s.t{i}"): set() for i in range(31)}
    for low, high in pairs:
        if low != high:
            dependencies[name(f"s.t{max(low, high)}")].add(name(f"s.t{min(low, high)}"))
    ordered = graph.order(dependencies)
    place = {dataset: index for index, dataset in enumerate(ordered)}
    assert len(ordered) == 31
    assert all(place[read] < place[dataset] for dataset, reads in dependencies.items() for read in reads)
