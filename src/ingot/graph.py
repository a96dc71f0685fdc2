"""Dependencies between datasets: order, selection, what lies downstream. Pure: names in, names out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from ingot.errors import GraphError, Location
from ingot.model import TableName

Dependencies = Mapping[TableName, Iterable[TableName]]


def order(dependencies: Dependencies, locations: Mapping[TableName, Location] | None = None) -> list[TableName]:
    """Datasets so that each comes after everything that it reads; ties keep the order of definition.

    Args:
        dependencies: For each dataset, what it reads. Names that are not keys themselves are outside the project.
        locations: Where each dataset is defined, for the error.

    Raises:
        GraphError: `cycle`, naming the datasets of the cycle in order.
    """
    inside = set(dependencies)
    sorter: TopologicalSorter[TableName] = TopologicalSorter()
    for dataset, reads in dependencies.items():
        sorter.add(dataset, *(name for name in reads if name in inside and name != dataset))
        if dataset in reads:
            raise _cycle([dataset, dataset], locations)
    try:
        return list(sorter.static_order())
    except CycleError as error:
        raise _cycle(list(reversed(error.args[1])), locations) from None


def _cycle(path: list[TableName], locations: Mapping[TableName, Location] | None) -> GraphError:
    return GraphError(
        "datasets read each other: " + " → ".join(name.short for name in path),
        location=(locations or {}).get(path[0]),
        hint="break the cycle: a dataset cannot depend on its own result",
        code="cycle",
    )


def downstream(dependencies: Dependencies, of: Iterable[TableName]) -> set[TableName]:
    """Everything that reads one of these datasets, directly or through others."""
    reached = set(of)
    found: set[TableName] = set()
    for dataset in order(dependencies):
        if dataset not in reached and any(name in reached for name in dependencies[dataset]):
            reached.add(dataset)
            found.add(dataset)
    return found


def upstream(dependencies: Dependencies, of: Iterable[TableName]) -> set[TableName]:
    """Everything that these datasets read, directly or through others, within the project."""
    found: set[TableName] = set()
    waiting = list(of)
    while waiting:
        for name in dependencies.get(waiting.pop(), ()):
            if name in dependencies and name not in found:
                found.add(name)
                waiting.append(name)
    return found
