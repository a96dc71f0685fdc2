"""Spark SQL as text: its grammar, read to sqlglot's trees with every call under Spark's name."""

from ingot.sql.parsing import parse_expression, parse_statement, tokenize

__all__ = ["parse_expression", "parse_statement", "tokenize"]
