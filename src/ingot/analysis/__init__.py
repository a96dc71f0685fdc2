"""Typing of the tree by Spark's rules: names resolved, stars expanded, coercions made explicit. Engine-neutral."""

from ingot.analysis.typed import AnalyzedQuery, Catalog, Settings, StreamOperator, set_type, type_of

__all__ = ["AnalyzedQuery", "Catalog", "Settings", "StreamOperator", "set_type", "type_of"]
