"""Arrays, maps, structs and functions with lambdas, over every row of `ROWS`."""

from __future__ import annotations

from dialect.expressions_relational import ROWS

QUERIES = r"""
SELECT array_sort(a, (x, y) -> CASE WHEN x IS NULL AND y IS NULL THEN 0 WHEN x IS NULL THEN 1 WHEN y IS NULL THEN -1 WHEN x < y THEN 1 WHEN x > y THEN -1 ELSE 0 END) AS c FROM t ORDER BY id
SELECT array_sort(a) AS c FROM t ORDER BY id
SELECT array_sort(da) AS c FROM t ORDER BY id
SELECT array_sort(sa, (l, r) -> CASE WHEN length(l) < length(r) THEN -1 WHEN length(l) > length(r) THEN 1 ELSE 0 END) AS c FROM t ORDER BY id
SELECT array_sort(array('bb', 'a', 'cc', 'ddd'), (l, r) -> length(r) - length(l)) AS c FROM t ORDER BY id
SELECT array_sort(array(3, 1, 2), (l, r) -> IF(l < r, -1, IF(l > r, 1, 0))) AS c FROM t ORDER BY id
SELECT array_sort(array(3, 1, 2), (l, r) -> CASE WHEN l = r THEN 0 WHEN l < r THEN -1 ELSE 1 END) AS c FROM t ORDER BY id
SELECT array_sort(array(3, 1, 2), (l, r) -> r - l) AS c FROM t ORDER BY id
SELECT sort_array(a, false) AS c FROM t ORDER BY id
SELECT sort_array(da) AS c FROM t ORDER BY id
SELECT sort_array(ast, false) AS c FROM t ORDER BY id
SELECT transform(a, (x, i) -> x * 10 + i) AS c FROM t ORDER BY id
SELECT transform(a, x -> x + v) AS c FROM t ORDER BY id
SELECT transform(aggregate(a, array(CAST(NULL AS INT)), (acc, x) -> concat(acc, array(x))), z -> coalesce(z, -1)) AS c FROM t ORDER BY id
SELECT transform(ast, x -> struct(x.x AS k, upper(x.y) AS u)) AS c FROM t ORDER BY id
SELECT ast.y[0] AS c FROM t ORDER BY id
SELECT filter(a, x -> x > 1) AS c FROM t ORDER BY id
SELECT filter(ast, x -> x.y IS NOT NULL) AS c FROM t ORDER BY id
SELECT filter(sa, x -> x LIKE '%a%' OR NULL) AS c FROM t ORDER BY id
SELECT exists(a, x -> x > 2) AS c FROM t ORDER BY id
SELECT exists(a, x -> NULL) AS c FROM t ORDER BY id
SELECT forall(a, x -> x IS NULL) AS c FROM t ORDER BY id
SELECT aggregate(a, 0, (acc, x) -> acc + coalesce(x, 0)) AS c FROM t ORDER BY id
SELECT reduce(a, 0, (acc, x) -> acc + coalesce(x, 0)) AS c FROM t ORDER BY id
SELECT aggregate(a, 0L, (acc, x) -> acc + x) AS c FROM t ORDER BY id
SELECT aggregate(a, struct(0 AS s, 0 AS n), (acc, x) -> struct(acc.s + coalesce(x, 0), acc.n + 1), acc -> acc.s / acc.n) AS c FROM t ORDER BY id
SELECT aggregate(sa, '', (acc, x) -> concat(acc, '|', coalesce(x, '-'))) AS c FROM t ORDER BY id
SELECT aggregate(array(1, 2, 3), 0.5, (acc, x) -> acc + x) AS c FROM t ORDER BY id
SELECT aggregate(sequence(1, 3), CAST(array() AS ARRAY<INT>), (acc, x) -> array_append(acc, x * 2)) AS c FROM t ORDER BY id
SELECT zip_with(a, array(1, 2), (x, y) -> x + y) AS c FROM t ORDER BY id
SELECT zip_with(sa, a, (x, y) -> named_struct('l', x, 'r', y)) AS c FROM t ORDER BY id
SELECT map_zip_with(m, m, (k, x, y) -> x + y) AS c FROM t ORDER BY id
SELECT transform_keys(m, (k, v) -> v) AS c FROM t ORDER BY id
SELECT transform_values(m, (k, v) -> concat(k, v)) AS c FROM t ORDER BY id
SELECT map_filter(m, (k, v) -> v > 1) AS c FROM t ORDER BY id
SELECT map_from_entries(array(struct(1, 'a'), struct(2, 'b'))) AS c FROM t ORDER BY id
SELECT map_from_entries(array(struct(1, 'a'), struct(1, 'b'))) AS c FROM t ORDER BY id
SELECT map_from_entries(ast) AS c FROM t ORDER BY id
SELECT map_from_arrays(sa, sa) AS c FROM t ORDER BY id
SELECT map_from_arrays(array(1, NULL), array('a', 'b')) AS c FROM t ORDER BY id
SELECT map_from_arrays(array(1), array('a', 'b')) AS c FROM t ORDER BY id
SELECT map_concat(m, map('q', 1)) AS c FROM t ORDER BY id
SELECT map_concat(m, NULL) AS c FROM t ORDER BY id
SELECT map_concat() AS c FROM t ORDER BY id
SELECT map('a', 1, 'a', 2) AS c FROM t ORDER BY id
SELECT map(NULL, 1) AS c FROM t ORDER BY id
SELECT map('k', a) AS c FROM t ORDER BY id
SELECT map_keys(m) AS c FROM t ORDER BY id
SELECT map_entries(m) AS c FROM t ORDER BY id
SELECT map_contains_key(m, NULL) AS c FROM t ORDER BY id
SELECT m['a'] AS c FROM t ORDER BY id
SELECT m[s] AS c FROM t ORDER BY id
SELECT element_at(m, 'b') AS c FROM t ORDER BY id
SELECT try_element_at(m, 'b') AS c FROM t ORDER BY id
SELECT element_at(a, 1) AS c FROM t ORDER BY id
SELECT element_at(a, 0) AS c FROM t ORDER BY id
SELECT try_element_at(a, 7) AS c FROM t ORDER BY id
SELECT try_element_at(a, -5) AS c FROM t ORDER BY id
SELECT get(a, 0) AS c FROM t ORDER BY id
SELECT get(a, 7) AS c FROM t ORDER BY id
SELECT a[0] AS c FROM t ORDER BY id
SELECT a[1L] AS c FROM t ORDER BY id
SELECT array_insert(a, -1, 77) AS c FROM t ORDER BY id
SELECT array_insert(a, -2, 77) AS c FROM t ORDER BY id
SELECT array_insert(a, -9, 77) AS c FROM t ORDER BY id
SELECT array_insert(a, 2, NULL) AS c FROM t ORDER BY id
SELECT array_insert(a, 2, 4L) AS c FROM t ORDER BY id
SELECT array_append(a, NULL) AS c FROM t ORDER BY id
SELECT array_append(sa, 'q') AS c FROM t ORDER BY id
SELECT array_prepend(a, NULL) AS c FROM t ORDER BY id
SELECT array_compact(a) AS c FROM t ORDER BY id
SELECT array_compact(ast) AS c FROM t ORDER BY id
SELECT array_position(a, 1) AS c FROM t ORDER BY id
SELECT array_position(a, v) AS c FROM t ORDER BY id
SELECT array_position(da, double('0.0')) AS c FROM t ORDER BY id
SELECT array_remove(a, 1) AS c FROM t ORDER BY id
SELECT array_remove(da, double('NaN')) AS c FROM t ORDER BY id
SELECT array_remove(ast, named_struct('x', 1, 'y', 'p')) AS c FROM t ORDER BY id
SELECT array_repeat('x', -1) AS c FROM t ORDER BY id
SELECT array_repeat(a, 2) AS c FROM t ORDER BY id
SELECT arrays_zip(a, sa) AS c FROM t ORDER BY id
SELECT arrays_zip(a) AS c FROM t ORDER BY id
SELECT arrays_zip(array(1, 2), array('x')) AS c FROM t ORDER BY id
SELECT arrays_overlap(a, array(1, 9)) AS c FROM t ORDER BY id
SELECT arrays_overlap(a, array()) AS c FROM t ORDER BY id
SELECT arrays_overlap(da, array(double('NaN'))) AS c FROM t ORDER BY id
SELECT array_except(a, array(1)) AS c FROM t ORDER BY id
SELECT array_except(a, array(1L, 2L)) AS c FROM t ORDER BY id
SELECT array_except(da, array(double('NaN'), double('0.0'))) AS c FROM t ORDER BY id
SELECT array_union(da, da) AS c FROM t ORDER BY id
SELECT array_union(ast, ast) AS c FROM t ORDER BY id
SELECT array_intersect(a, array(1, NULL, 2)) AS c FROM t ORDER BY id
SELECT array_intersect(da, array(double('NaN'), double('-0.0'))) AS c FROM t ORDER BY id
SELECT array_distinct(da) AS c FROM t ORDER BY id
SELECT array_distinct(ast) AS c FROM t ORDER BY id
SELECT array_min(a) AS c FROM t ORDER BY id
SELECT array_min(da) AS c FROM t ORDER BY id
SELECT array_min(sa) AS c FROM t ORDER BY id
SELECT array_max(ast) AS c FROM t ORDER BY id
SELECT array_min(ast) AS c FROM t ORDER BY id
SELECT array_join(sa, ',') AS c FROM t ORDER BY id
SELECT array_join(a, ',') AS c FROM t ORDER BY id
SELECT array_join(sa, NULL) AS c FROM t ORDER BY id
SELECT array_join(sa, s) AS c FROM t ORDER BY id
SELECT array_contains(a, 1) AS c FROM t ORDER BY id
SELECT array_contains(a, 9) AS c FROM t ORDER BY id
SELECT array_contains(sa, 'b') AS c FROM t ORDER BY id
SELECT array_contains(da, double('0.0')) AS c FROM t ORDER BY id
SELECT array_contains(array(st), st) AS c FROM t ORDER BY id
SELECT array_size(a) AS c FROM t ORDER BY id
SELECT size(m) AS c FROM t ORDER BY id
SELECT cardinality(m) AS c FROM t ORDER BY id
SELECT slice(a, 2, 2) AS c FROM t ORDER BY id
SELECT slice(a, -9, 2) AS c FROM t ORDER BY id
SELECT slice(a, 0, 1) AS c FROM t ORDER BY id
SELECT slice(a, 1, 0) AS c FROM t ORDER BY id
SELECT slice(sa, id, 1) AS c FROM t ORDER BY id
SELECT flatten(array(a, a)) AS c FROM t ORDER BY id
SELECT flatten(array(array(array(1)), array(array(2, NULL)))) AS c FROM t ORDER BY id
SELECT sequence(1, 5) AS c FROM t ORDER BY id
SELECT sequence(1, 10, 3) AS c FROM t ORDER BY id
SELECT sequence(1, 5, -1) AS c FROM t ORDER BY id
SELECT sequence(1, 2, 0) AS c FROM t ORDER BY id
SELECT sequence(CAST(1 AS TINYINT), CAST(3 AS TINYINT)) AS c FROM t ORDER BY id
SELECT sequence(1, NULL) AS c FROM t ORDER BY id
SELECT sequence(date'2024-01-03', date'2024-01-01') AS c FROM t ORDER BY id
SELECT sequence(timestamp'2024-01-01 00:00:00', timestamp'2024-01-03 02:00:00') AS c FROM t ORDER BY id
SELECT str_to_map('a:1,a:2') AS c FROM t ORDER BY id
SELECT str_to_map('a:1:2,b') AS c FROM t ORDER BY id
SELECT str_to_map(NULL) AS c FROM t ORDER BY id
SELECT named_struct('a', v, 'b', named_struct('c', s)) AS c FROM t ORDER BY id
SELECT struct(v AS one, upper(s)) AS c FROM t ORDER BY id
SELECT struct(*).v AS c FROM t ORDER BY id
SELECT array(v, s) AS c FROM t ORDER BY id
SELECT array(st, NULL) AS c FROM t ORDER BY id
SELECT array() AS c FROM t ORDER BY id
SELECT reverse(a) AS c FROM t ORDER BY id
SELECT concat(a, array(9)) AS c FROM t ORDER BY id
SELECT array_agg(v) FILTER (WHERE v > 0) OVER () AS c FROM t ORDER BY id
SELECT cast(a AS ARRAY<STRING>) AS c FROM t ORDER BY id
SELECT cast(m AS STRING) AS c FROM t ORDER BY id
SELECT cast(ast AS STRING) AS c FROM t ORDER BY id
SELECT cast(m AS MAP<STRING, STRING>) AS c FROM t ORDER BY id
SELECT a = array(2) AS c FROM t ORDER BY id
SELECT a < array(2) AS c FROM t ORDER BY id
SELECT a <=> NULL AS c FROM t ORDER BY id
SELECT st < struct(1, 'p') AS c FROM t ORDER BY id
SELECT st <=> struct(1, CAST(NULL AS STRING)) AS c FROM t ORDER BY id
SELECT st IN (struct(1, 'p'), struct(2, 'p')) AS c FROM t ORDER BY id
SELECT (v, s) = (10, 'apple') AS c FROM t ORDER BY id
SELECT struct(v, s) > struct(10, 'a') AS c FROM t ORDER BY id
SELECT struct(d) = struct(double('0.0')) AS c FROM t ORDER BY id
SELECT array(v) = array(NULL) AS c FROM t ORDER BY id
SELECT array(v) = array(CAST(NULL AS INT)) AS c FROM t ORDER BY id
SELECT array(1, NULL) < array(1, 2) AS c FROM t ORDER BY id
SELECT d = double('NaN') AS c FROM t ORDER BY id
SELECT d < double('NaN') AS c FROM t ORDER BY id
SELECT d <=> double('NaN') AS c FROM t ORDER BY id
SELECT d BETWEEN 0 AND double('Infinity') AS c FROM t ORDER BY id
SELECT greatest(d, 0) AS c FROM t ORDER BY id
SELECT coalesce(a, array()) AS c FROM t ORDER BY id
SELECT m = m AS c FROM t ORDER BY id
SELECT CASE st WHEN struct(1, 'p') THEN 'one' ELSE 'other' END AS c FROM t ORDER BY id
SELECT max(a) OVER (PARTITION BY g) AS c FROM t ORDER BY id
SELECT st.x + 1 AS c FROM t ORDER BY id
SELECT element_at(ast, 1).y AS c FROM t ORDER BY id
SELECT m.nope AS c FROM t ORDER BY id
SELECT nvl(m, map('d', 0)) AS c FROM t ORDER BY id
SELECT typeof(m) AS c FROM t ORDER BY id
SELECT typeof(array()) AS c FROM t ORDER BY id
"""


def cases() -> list[str]:
    """All queries, each over the view `t`."""
    return QUERIES.strip().splitlines()


__all__ = ["ROWS", "cases"]
