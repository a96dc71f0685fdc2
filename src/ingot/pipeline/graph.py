"""Dependencies between datasets: order, selection, what lies downstream. Pure: names in, names out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
            raise cycle_error([dataset, dataset], (locations or {}).get(dataset))
    try:
        return list(sorter.static_order())
    except CycleError as error:
        path = list(reversed(error.args[1]))
        raise cycle_error(path, (locations or {}).get(path[0])) from None


def cycle_error(path: Sequence[TableName], location: Location | None) -> GraphError:
    """The error of datasets that read each other in this order; the last is the first again."""
    names = " → ".join(name.short for name in path)
    return GraphError(
        f"datasets read each other: {names}" if len(path) > 2 else f"{path[0].short} reads itself",
        location=location,
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
