"""Every public name of PySpark is classified, and the classification is true of the facade."""

from __future__ import annotations

import pytest

from facade import surface
from facade.page import PAGE, page
from ingot.definitions.spark import functions, types
from ingot.definitions.spark.refused import IGNORED, REFUSED


@pytest.mark.spark
@pytest.mark.parametrize("kind", sorted(surface.CLASSES))
def test_every_public_name_of_a_class_is_classified(kind):
    pytest.importorskip("pyspark")
    theirs = {name for name in dir(surface.pyspark()[kind]) if not name.startswith("_")}
    ours = {entry.name for entry in surface.entries() if entry.kind == kind}
    assert sorted(theirs - ours) == []
    assert sorted(ours - theirs) == []


@pytest.mark.spark
def test_every_public_name_of_the_modules_is_there():
    pytest.importorskip("pyspark")
    import pyspark.sql.functions as theirs
    import pyspark.sql.types as their_types

    own = set(functions.__all__) | set(surface.INTERNAL["functions"])
    assert sorted(set(theirs.__all__) - own) == []
    assert sorted(set(their_types.__all__) - set(types.__all__)) == []


@pytest.mark.spark
def test_what_the_packages_offer_can_be_imported(load):
    pytest.importorskip("pyspark")
    import pyspark.errors
    import pyspark.sql

    assert sorted(n for n in pyspark.sql.__all__ if not hasattr(load.shims["pyspark.sql"], n)) == []
    assert sorted(n for n in pyspark.errors.__all__ if not hasattr(load.shims["pyspark.errors"], n)) == []


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_what_is_refused_is_not_there_and_what_has_no_effect_is(kind):
    own = surface.CLASSES[kind]
    assert [name for name in REFUSED[kind] if hasattr(own, name) and name not in ("outer", "streams")] == []
    assert [name for name in IGNORED.get(kind, ()) if not hasattr(own, name)] == []


def test_most_of_the_surface_works():
    found = list(surface.entries())
    working = [entry for entry in found if entry.status == "works"]
    assert len(working) > 200
    assert len(working) / len(found) > 0.6


def test_the_page_of_the_docs_is_up_to_date():
    assert PAGE.read_text("utf-8") == page(), "python tests/facade/page.py"
