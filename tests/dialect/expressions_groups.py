"""Aggregates over all rows, none and groups of them, and windows."""

from __future__ import annotations

from dialect.expressions_relational import ROWS

QUERIES = r"""
SELECT mode(v) AS c FROM t
SELECT mode() WITHIN GROUP (ORDER BY v) AS c FROM t
SELECT mode(v, false) AS c FROM t
SELECT percentile(v, 0.3, id) AS c FROM t
SELECT percentile(p, 0.5) AS c FROM t
SELECT percentile(v, 0.5) FILTER (WHERE id > 2) AS c FROM t
SELECT percentile_cont(array(0.25, 0.5)) WITHIN GROUP (ORDER BY v) AS c FROM t
SELECT percentile_disc(array(0.1, 0.9)) WITHIN GROUP (ORDER BY p) AS c FROM t
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY v) FILTER (WHERE g = 'x') AS c FROM t
SELECT percentile_approx(p, array(0.1, 0.5, 0.9), 1000) AS c FROM t
SELECT percentile_approx(v, 0.0) AS c FROM t
SELECT median(v) AS c FROM t
SELECT median(DISTINCT v) AS c FROM t
SELECT listagg(s, ',') WITHIN GROUP (ORDER BY s) AS c FROM t
SELECT listagg(DISTINCT s, ',') WITHIN GROUP (ORDER BY s) AS c FROM t
SELECT string_agg(s, '-') FILTER (WHERE id < 3) AS c FROM t
SELECT listagg(s) WITHIN GROUP (ORDER BY v NULLS LAST, id) AS c FROM t
SELECT collect_list(v) AS c FROM t
SELECT sort_array(collect_set(v)) AS c FROM t
SELECT sort_array(collect_set(a)) AS c FROM t
SELECT sort_array(collect_list(d)) AS c FROM t
SELECT collect_list(v) FILTER (WHERE v > 100) AS c FROM t
SELECT collect_union(sa) IS NULL AS c FROM t
SELECT approx_count_distinct(v, 0.01) AS c FROM t
SELECT count_if(DISTINCT v > 0) AS c FROM t
SELECT count(v, s) AS c FROM t
SELECT count(DISTINCT d) AS c FROM t
SELECT count(1) AS c FROM t
SELECT count(*) FILTER (WHERE g = 'x') AS c FROM t
SELECT any(b) AS c FROM t
SELECT bit_and(v) AS c FROM t
SELECT bit_xor(DISTINCT v) AS c FROM t
SELECT corr(1, id) AS c FROM t
SELECT covar_pop(v, id) AS c FROM t
SELECT regr_count(v, id) AS c FROM t
SELECT regr_sxx(v, id) AS c FROM t
SELECT regr_slope(v, id) AS c FROM t
SELECT regr_r2(1, id) AS c FROM t
SELECT skewness(id) AS c FROM t
SELECT kurtosis(id) FILTER (WHERE id = 1) AS c FROM t
SELECT std(id) FILTER (WHERE id = 1) AS c FROM t
SELECT variance(d) AS c FROM t
SELECT first(v, true) AS c FROM t
SELECT first(v IGNORE NULLS) AS c FROM t
SELECT last(s, true) AS c FROM t
SELECT any_value(g) IGNORE NULLS AS c FROM t
SELECT min(v) AS c FROM t
SELECT max(s) AS c FROM t
SELECT max(b) AS c FROM t
SELECT min(sa) AS c FROM t
SELECT max(m) AS c FROM t
SELECT max_by(s, v) AS c FROM t
SELECT min_by(v, s) AS c FROM t
SELECT max_by(NULL, v) AS c FROM t
SELECT sum(v) AS c FROM t
SELECT sum(d) AS c FROM t
SELECT sum('1') AS c FROM t
SELECT sum(DISTINCT id % 2) AS c FROM t
SELECT sum(CAST(1.5 AS FLOAT)) AS c FROM t
SELECT sum(b) AS c FROM t
SELECT avg(l) AS c FROM t
SELECT avg(s) AS c FROM t
SELECT avg(CAST(id AS DECIMAL(38,18))) AS c FROM t
SELECT try_sum(v) AS c FROM t
SELECT sum(id) / count(*) AS c FROM t
SELECT typeof(sum(v)) AS c FROM t
SELECT typeof(avg(p)) AS c FROM t
SELECT typeof(collect_list(v)) AS c FROM t
SELECT typeof(mode(s)) AS c FROM t
SELECT typeof(first(m)) AS c FROM t
SELECT sum(sum(v)) AS c FROM t
SELECT CASE WHEN count(*) > 1 THEN max(s) END AS c FROM t
SELECT transform(collect_list(id), x -> x * 2) AS c FROM t
SELECT map_from_entries(collect_list(struct(id, v))) AS c FROM t
SELECT count(DISTINCT v) FILTER (WHERE g = 'x') AS c FROM t
SELECT bitmap_count(bitmap_construct_agg(bitmap_bit_position(id))) AS c FROM t
SELECT bitmap_bit_position(123) AS c FROM t
SELECT bitmap_bit_position(0) AS c FROM t
SELECT bitmap_count(X'1010') AS c FROM t
SELECT grouping_id(g) AS c FROM t
SELECT skewness(v) + kurtosis(v) AS c FROM t
SELECT g, avg(v) AS c FROM t GROUP BY g ORDER BY g
SELECT g, sort_array(collect_set(s)) AS c FROM t GROUP BY g ORDER BY g
SELECT g, percentile(v, 0.25) AS c FROM t GROUP BY g ORDER BY g
SELECT g, count(DISTINCT v) AS c FROM t GROUP BY g ORDER BY g
SELECT g, max_by(s, v) AS c FROM t GROUP BY g ORDER BY g
SELECT g, kurtosis(v) AS c FROM t GROUP BY g ORDER BY g
SELECT g, sum(v) FILTER (WHERE id > 4) AS c FROM t GROUP BY g ORDER BY g
SELECT id, row_number() OVER (PARTITION BY g ORDER BY v DESC, id) AS c FROM t ORDER BY id
SELECT id, percent_rank() OVER (ORDER BY v) AS c FROM t ORDER BY id
SELECT id, ntile(4) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, ntile(10) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, lag(v, -1) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, lag(v) IGNORE NULLS OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, lead(v, 2, 99) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, lead(s, 1, 'none') OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, lag(v, id) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, nth_value(v, 3) IGNORE NULLS OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS c FROM t ORDER BY id
SELECT id, nth_value(v, 0) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, first_value(v) OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) AS c FROM t ORDER BY id
SELECT id, last_value(v, true) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, sum(v) OVER () AS c FROM t ORDER BY id
SELECT id, sum(id) OVER (ORDER BY g, id DESC) AS c FROM t ORDER BY id
SELECT id, sum(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS c FROM t ORDER BY id
SELECT id, sum(id) OVER (ORDER BY id ROWS BETWEEN -1 PRECEDING AND 1 FOLLOWING) AS c FROM t ORDER BY id
SELECT id, sum(id) OVER (ORDER BY v DESC RANGE BETWEEN 10 PRECEDING AND CURRENT ROW) AS c FROM t ORDER BY id
SELECT id, sum(id) OVER (ORDER BY p RANGE BETWEEN 0.5 PRECEDING AND 0.5 FOLLOWING) AS c FROM t ORDER BY id
SELECT id, sum(id) OVER (ORDER BY ts RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS c FROM t ORDER BY id
SELECT id, count(*) OVER (ORDER BY s RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS c FROM t ORDER BY id
SELECT id, count(*) OVER (ORDER BY v, id RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS c FROM t ORDER BY id
SELECT id, sum(DISTINCT v) OVER (PARTITION BY g) AS c FROM t ORDER BY id
SELECT id, min(s) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, collect_list(v) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, min_by(s, id) OVER (PARTITION BY g) AS c FROM t ORDER BY id
SELECT id, percentile_cont(0.5) WITHIN GROUP (ORDER BY v) OVER (PARTITION BY g) AS c FROM t ORDER BY id
SELECT id, listagg(s, ',') WITHIN GROUP (ORDER BY s) OVER (PARTITION BY g) AS c FROM t ORDER BY id
SELECT id, var_pop(id) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, kurtosis(id) OVER (PARTITION BY g) AS c FROM t ORDER BY id
SELECT id, count_if(v > 0) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, bit_or(id) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, sum(l) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, count(*) FILTER (WHERE b) OVER (PARTITION BY g) AS c FROM t ORDER BY id
SELECT id, row_number() OVER (ORDER BY d DESC, id) AS c FROM t ORDER BY id
SELECT id, row_number() OVER (PARTITION BY a ORDER BY id) AS c FROM t ORDER BY id
SELECT id, rank() OVER (PARTITION BY v > 10 ORDER BY id % 2) AS c FROM t ORDER BY id
SELECT id, row_number() OVER () AS c FROM t ORDER BY id
SELECT id, sum(id) OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) AS c FROM t ORDER BY id
SELECT id, sum(id) OVER (ORDER BY id ROWS BETWEEN 1 + 1 PRECEDING AND CURRENT ROW) AS c FROM t ORDER BY id
SELECT id, max(st) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, sum(p) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS c FROM t ORDER BY id
SELECT coalesce(sum(v) FILTER (WHERE id > 100), 0) AS c FROM t
SELECT percentile(v, array(0.0, 0.25, 1.0)) AS c FROM t WHERE id > 100
SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY v DESC) AS c FROM t WHERE id > 100
SELECT percentile_approx(v, 0.5, 100) AS c FROM t WHERE id > 100
SELECT median(p) AS c FROM t WHERE id > 100
SELECT string_agg(s, '-') FILTER (WHERE id < 3) AS c FROM t WHERE id > 100
SELECT sort_array(collect_set(v)) AS c FROM t WHERE id > 100
SELECT collect_list(v) FILTER (WHERE v > 100) AS c FROM t WHERE id > 100
SELECT count_if(DISTINCT v > 0) AS c FROM t WHERE id > 100
SELECT count(NULL) AS c FROM t WHERE id > 100
SELECT bit_or(l) AS c FROM t WHERE id > 100
SELECT covar_samp(v, id) FILTER (WHERE id = 1) AS c FROM t WHERE id > 100
SELECT regr_r2(v, id) AS c FROM t WHERE id > 100
SELECT std(id) FILTER (WHERE id = 1) AS c FROM t WHERE id > 100
SELECT first(v IGNORE NULLS) AS c FROM t WHERE id > 100
SELECT max(d) AS c FROM t WHERE id > 100
SELECT max(st) AS c FROM t WHERE id > 100
SELECT max_by(s, NULL) AS c FROM t WHERE id > 100
SELECT sum(d) AS c FROM t WHERE id > 100
SELECT sum(CAST(1.5 AS FLOAT)) AS c FROM t WHERE id > 100
SELECT avg(s) AS c FROM t WHERE id > 100
SELECT sum(id) / count(*) AS c FROM t WHERE id > 100
SELECT typeof(percentile(v, 0.5)) AS c FROM t WHERE id > 100
SELECT sum(sum(v)) AS c FROM t WHERE id > 100
SELECT map_from_entries(collect_list(struct(id, v))) AS c FROM t WHERE id > 100
SELECT flag, qty > 1 AS x, count(*) AS n FROM VALUES (true, 1), (false, 2), (true, 3) AS o(flag, qty) GROUP BY CUBE (flag, qty > 1)
SELECT a IS NULL AS x, b, count(*) AS n, grouping(a IS NULL) AS g FROM VALUES (1, 2), (NULL, 3) AS o(a, b) GROUP BY ROLLUP (a IS NULL, b)
SELECT a, b, c, count(*) AS n FROM VALUES (1, 2, 3), (NULL, 3, 1) AS o(a, b, c) GROUP BY ROLLUP ((a, b), c)
SELECT a, count(*) AS n FROM VALUES (1, 2), (NULL, 3) AS o(a, b) GROUP BY ROLLUP ((a))
SELECT a BETWEEN 1 AND 2 AS x, count(*) AS n FROM VALUES (1), (3) AS o(a) GROUP BY CUBE (a BETWEEN 1 AND 2, a IN (1, 2), CASE WHEN a > 1 THEN 'x' ELSE 'y' END)
SELECT sum(x + 1) AS c FROM VALUES (2147483647) AS o(x)
SELECT avg(1 + x) AS c FROM VALUES (2147483647) AS o(x)
SELECT sum((x + 1) + 1) AS c FROM VALUES (2147483646) AS o(x)
SELECT sum(x + 1) AS c FROM VALUES (9223372036854775807L), (-10L) AS o(x)
SELECT try_sum(x + 1) AS c FROM VALUES (9223372036854775807L) AS o(x)
SELECT sum(x + 1) AS c, sum(DISTINCT x + 1) AS d, avg(x + 1) AS e, sum(x + 1) FILTER (WHERE x > 1) AS f, try_sum(x + 1) AS g FROM VALUES (1), (1), (2), (NULL) AS o(x)
SELECT x, sum(x + 1L) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS c FROM VALUES (1L), (5L), (NULL) AS o(x)
SELECT try_add(CAST(x AS DECIMAL(5,4)), 0.3) AS c FROM VALUES (10BD) AS o(x)
SELECT try_add(CAST(x AS INT), 1) AS c FROM VALUES ('abc') AS o(x)
SELECT try_multiply(x + 1, 1) AS c FROM VALUES (2147483647) AS o(x)
SELECT try_add(sum(x), 1L) AS c, try_multiply(max(x), 9223372036854775807L) AS d, try_divide(sum(x), count(x) - 2) AS e FROM VALUES (9223372036854775806L), (1L) AS o(x)
"""


def cases() -> list[str]:
    """All queries, each over the view `t`."""
    return QUERIES.strip().splitlines()


__all__ = ["ROWS", "cases"]
