"""Clauses of queries: what may stand in each, what names mean there, and how operators bind."""

from __future__ import annotations

ROWS = """
SELECT * FROM VALUES
  (1, 'x', 10, 100L, double('1.5'), 12.345, 'apple', date'2024-01-31', timestamp'2024-01-31 12:00:00', true, array(3, 1, 2, NULL, 1), array('b', 'a', NULL, 'ä'), map('a', 1, 'b', NULL), named_struct('x', 1, 'y', 'p'), array(named_struct('x', 1, 'y', 'p'), named_struct('x', 2, 'y', NULL)), array(double('NaN'), double('-0.0'), double('0.0'), NULL, double('1.0'))),
  (2, 'x', 20, 9223372036854775807L, double('NaN'), -0.001, 'banana', date'2024-02-29', timestamp'2024-02-29 00:00:00.000001', false, array(2), array('z'), map('c', 3), named_struct('x', 1, 'y', NULL), array(named_struct('x', 1, 'y', NULL)), array(double('Infinity'))),
  (3, 'x', NULL, -5L, double('-0.0'), 0.000, NULL, date'2024-03-01', timestamp'2024-03-01 23:59:59', NULL, array(), array(), map(), NULL, array(), array()),
  (4, 'y', 20, NULL, NULL, NULL, 'Apple', NULL, NULL, true, NULL, NULL, NULL, named_struct('x', NULL, 'y', 'q'), NULL, NULL),
  (5, 'y', -7, 0L, double('0.0'), 99999.999, 'äpfel', date'1999-12-31', timestamp'1999-12-31 08:30:00', true, array(NULL, 5), array('b', 'b'), map('a', 9, 'd', 4), named_struct('x', 2, 'y', 'p'), array(NULL, named_struct('x', 5, 'y', 'v')), array(double('-1.5'), double('NaN'))),
  (6, NULL, 2147483647, 7L, double('-Infinity'), -99999.999, 'apple', date'2024-01-31', timestamp'2024-01-31 12:00:00', false, array(1, 2, 3), array('a', 'b'), map('b', 2, 'a', 1), named_struct('x', 1, 'y', 'p'), array(named_struct('x', 3, 'y', 'r')), array(double('2.0')))
AS t(id, g, v, l, d, p, s, dt, ts, b, a, sa, m, st, ast, da)
"""

QUERIES = r"""
SELECT explode(collection => array(10, 20))
SELECT * FROM explode(collection => array(10, 20))
SELECT mask(str => 'AbCD', digitChar => 'o')
SELECT upper(str => 'abc')
SELECT * FROM (VALUES (1), (2)) AS a(x) JOIN (VALUES (2), (3)) AS b(y) ON x = y
SELECT * FROM VALUES 1, 2, 3
VALUES (1, 'a'), (2, 'b')
SELECT -128Y, 127Y, -32768S, -9223372036854775808L, -9223372036854775808, 9223372036854775807L, -2147483648
SELECT 1.5D, 1.5F, 1.5BD, 12L, 1e5, 1E-3BD, .5, 5., 0x1F
SELECT '', 'x', ' '
SELECT * FROM (SELECT 1 + 1, upper('a'), NULL)
SELECT count(*) FROM t TABLESAMPLE (100 PERCENT)
SELECT count(*) FROM t TABLESAMPLE (3 ROWS)
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n * 2 FROM r WHERE n < 100), s AS (SELECT max(n) AS m FROM r) SELECT * FROM s
WITH x AS (SELECT 1 AS a), y AS (SELECT a + 1 AS b FROM x) SELECT * FROM x, y
WITH x(p, q) AS (SELECT 1, 2) SELECT q, p FROM x
SELECT * FROM (WITH y AS (SELECT 5 AS z) SELECT z FROM y)
SELECT * FROM explode(array(1, 2))
SELECT * FROM explode(array(1, 2)) AS e(x) WHERE x > 1
SELECT * FROM posexplode(array('a', 'b'))
SELECT * FROM inline(array(struct(1 AS a, 'x' AS b), struct(2, 'y')))
SELECT * FROM stack(2, 1, 'a', 2, 'b')
SELECT * FROM stack(2, 1, 'a', 2) AS s(n, l)
SELECT * FROM range(3)
SELECT * FROM range(5, 1, -2)
SELECT r.id, x FROM range(2) r LATERAL VIEW explode(array(1, 2)) e AS x ORDER BY 1, 2
SELECT t.id, e.col FROM t, LATERAL explode(a) AS e ORDER BY 1, 2
SELECT t.id, q.n FROM t JOIN LATERAL (SELECT t.id * 2 AS n) q ORDER BY 1
SELECT t.id, q.s FROM t LEFT JOIN LATERAL (SELECT s FROM t u WHERE u.id = t.id + 1 AND u.g = 'x') q ON true ORDER BY 1
SELECT id, e FROM t LATERAL VIEW explode(a) x AS e ORDER BY id, e
SELECT id, x.e FROM t LATERAL VIEW explode(a) x AS e WHERE x.e > 1 ORDER BY id, e
SELECT id, k, v FROM t LATERAL VIEW explode(m) AS k, v ORDER BY id, k
SELECT id, w FROM t LATERAL VIEW explode(split(s, 'p')) AS w ORDER BY id, w
SELECT id, x, y FROM t LATERAL VIEW inline(ast) i ORDER BY id, x, y
SELECT id, x, y FROM t LATERAL VIEW OUTER inline(ast) i ORDER BY id, x, y
SELECT id, explode(a) FROM t ORDER BY id, col
SELECT id, explode(m) AS (k, v) FROM t ORDER BY id, k
SELECT id, posexplode(sa) FROM t ORDER BY id, pos
SELECT id, inline(ast) FROM t ORDER BY id, x, y
SELECT id, stack(2, 'a', v, 'b', id) FROM t ORDER BY id, col0
SELECT upper(explode(sa)) AS u FROM t ORDER BY u
SELECT explode(a) AS e, explode(sa) AS f FROM t
SELECT g, explode(collect_list(v)) AS e FROM t GROUP BY g ORDER BY g, e
SELECT explode(NULL)
SELECT id, e, row_number() OVER (ORDER BY id, e) AS r FROM t LATERAL VIEW explode(a) x AS e ORDER BY r
SELECT id, explode(a) AS e, row_number() OVER (ORDER BY id) AS r FROM t ORDER BY id, e
SELECT DISTINCT explode(a) AS e FROM t ORDER BY e
SELECT e, count(*) FROM (SELECT explode(a) AS e FROM t) GROUP BY e ORDER BY e
SELECT * FROM (SELECT g, v, id FROM t) PIVOT (sum(id) AS s, count(*) AS c FOR g IN ('x' AS xx, 'y' AS yy)) ORDER BY v
SELECT * FROM (SELECT g, b, id FROM t) PIVOT (sum(id) FOR (g, b) IN (('x', true) AS xt, ('y', true) AS yt))
SELECT * FROM (SELECT g, id FROM t) PIVOT (collect_list(id) FOR g IN ('x', 'q'))
SELECT * FROM (SELECT g, id FROM t) PIVOT (sum(id) AS a, avg(id) FOR g IN ('x', 'y'))
SELECT * FROM (SELECT g, id FROM t) PIVOT (first(id) FOR g IN ('x', 'y'))
SELECT x, y FROM (SELECT g, id FROM t) PIVOT (sum(id) FOR g IN ('x', 'y')) AS p
SELECT * FROM (SELECT id, v, l FROM t) UNPIVOT (val FOR col IN (v, l)) ORDER BY id, col
SELECT * FROM (SELECT id, v, l, s, g FROM t) UNPIVOT ((n, w) FOR k IN ((v, s) AS one, (l, g) AS two)) ORDER BY id, k
SELECT * FROM (SELECT id, v, l FROM t) UNPIVOT EXCLUDE NULLS (val FOR col IN (v, l)) u WHERE u.val > 0 ORDER BY id, col
SELECT g, b, sum(id) FROM t GROUP BY g, b WITH ROLLUP ORDER BY 1, 2, 3
SELECT g, b, sum(id) FROM t GROUP BY g, b WITH CUBE ORDER BY 1, 2, 3
SELECT g, b, sum(id) FROM t GROUP BY g, b GROUPING SETS ((g), (b)) ORDER BY 1, 2, 3
SELECT g, b, grouping(g) AS gg, grouping(b) AS gb, grouping_id() AS gi, grouping_id(g, b) AS gj FROM t GROUP BY CUBE (g, b) ORDER BY 1, 2, 3, 4
SELECT g, b, id, count(*) FROM t GROUP BY ROLLUP (g, (b, id)) ORDER BY 1, 2, 3, 4
SELECT coalesce(g, 'all') AS g2, sum(id) AS s FROM t GROUP BY ROLLUP (g) ORDER BY grouping(g), g
SELECT g, sum(id) FROM t GROUP BY ALL ORDER BY g
SELECT g, b, sum(id) + 1 AS c FROM t GROUP BY ALL ORDER BY g, b
SELECT g, id % 2 AS odd FROM t GROUP BY ALL ORDER BY 1, 2
SELECT upper(g) AS u, count(*) FROM t GROUP BY u ORDER BY u
SELECT id % 2 AS g, count(*) FROM t GROUP BY g ORDER BY 1, 2
SELECT g, count(*) FROM t GROUP BY 1 + 1, g ORDER BY g
SELECT count(*) FROM t HAVING count(*) > 3
SELECT g, sum(id) AS s FROM t GROUP BY g HAVING s > 5 ORDER BY g
SELECT g, sum(id) AS id FROM t GROUP BY g HAVING id > 5
SELECT g, v FROM t GROUP BY g
SELECT id AS v, v + 1 AS w FROM t ORDER BY id
SELECT g, sum(id) AS s, s / count(*) AS a FROM t GROUP BY g ORDER BY g
SELECT id, row_number() OVER (ORDER BY id) AS r, r + 1 AS r1 FROM t ORDER BY id
SELECT id FROM t QUALIFY row_number() OVER (PARTITION BY g ORDER BY id) = 1 ORDER BY id
SELECT id, row_number() OVER (PARTITION BY g ORDER BY id) AS v FROM t QUALIFY v = 1 ORDER BY id
SELECT id, sum(id) OVER w AS s, avg(id) OVER w AS a FROM t WINDOW w AS (PARTITION BY g ORDER BY id) ORDER BY id
SELECT id, sum(id) OVER w2 AS s FROM t WINDOW w AS (ORDER BY id), w2 AS (w) ORDER BY id
SELECT id FROM t UNION ALL SELECT l FROM t ORDER BY 1
SELECT 1 AS a UNION SELECT 2.5 UNION SELECT 3L ORDER BY a
SELECT date'2024-01-01' AS a UNION SELECT timestamp'2024-01-01 00:00:00'
SELECT NULL AS a UNION SELECT 1 ORDER BY a
SELECT struct(1 AS a) AS s UNION SELECT struct(2L AS b)
SELECT v FROM t INTERSECT ALL SELECT v FROM t WHERE id > 1 ORDER BY v
SELECT v FROM t EXCEPT SELECT 20 ORDER BY v
SELECT v FROM t MINUS SELECT 20 ORDER BY v
SELECT d FROM t INTERSECT SELECT double('-0.0') ORDER BY d
SELECT st FROM t INTERSECT SELECT st FROM t
SELECT 1 AS x UNION SELECT 2 INTERSECT SELECT 2 ORDER BY x
SELECT 1 AS x EXCEPT SELECT 2 UNION ALL SELECT 3 ORDER BY x
(SELECT id FROM t ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM t ORDER BY id DESC LIMIT 1) ORDER BY id
SELECT m FROM t UNION SELECT m FROM t
SELECT DISTINCT d FROM t ORDER BY d
SELECT DISTINCT a FROM t ORDER BY a
SELECT DISTINCT m FROM t
SELECT st, count(*) FROM t GROUP BY st ORDER BY st
SELECT a, count(*) FROM t GROUP BY a ORDER BY a
SELECT struct(d) AS k, count(*) FROM t GROUP BY struct(d) ORDER BY k
SELECT id FROM t ORDER BY m
SELECT id FROM t ORDER BY a, id
SELECT id FROM t ORDER BY da DESC NULLS FIRST, id
SELECT id FROM t ORDER BY d DESC NULLS FIRST, id
SELECT id FROM t ORDER BY b DESC, v NULLS LAST, id
SELECT id, v FROM t ORDER BY ALL DESC
SELECT id AS x FROM t ORDER BY -x
SELECT id FROM t SORT BY id DESC
SELECT id FROM t CLUSTER BY id
SELECT id FROM t ORDER BY id LIMIT ALL
SELECT id FROM t ORDER BY id OFFSET 4
SELECT id FROM t ORDER BY id LIMIT length('abc')
SELECT id FROM t ORDER BY id LIMIT NULL
SELECT id FROM t WHERE v = (SELECT max(v) FROM t)
SELECT id, (SELECT count(*) FROM t i WHERE i.id < o.id) AS n FROM t o ORDER BY id
SELECT id, (SELECT i.s FROM t i WHERE i.id = o.id) AS n FROM t o ORDER BY id
SELECT (SELECT id FROM t WHERE id > 100) AS e
SELECT id FROM t o WHERE EXISTS (SELECT 1 FROM t i WHERE i.v = o.v AND i.id <> o.id) ORDER BY id
SELECT id FROM t WHERE v IN (SELECT v FROM t WHERE id > 2) ORDER BY id
SELECT id FROM t WHERE v NOT IN (SELECT v FROM t WHERE id > 4) ORDER BY id
SELECT id FROM t WHERE v NOT IN (SELECT v FROM t WHERE id > 100) ORDER BY id
SELECT id FROM t WHERE (v, g) NOT IN (SELECT v, g FROM t WHERE id IN (2, 6)) ORDER BY id
SELECT id, v IN (SELECT v FROM t WHERE id > 2) AS c FROM t ORDER BY id
SELECT CASE WHEN EXISTS (SELECT 1 FROM t WHERE id = 3) THEN 'y' ELSE 'n' END
SELECT g FROM t GROUP BY g HAVING sum(id) > (SELECT avg(id) FROM t) ORDER BY g
SELECT sum((SELECT max(id) FROM t)) FROM t
SELECT x.a FROM (SELECT id AS a FROM t) x ORDER BY a LIMIT 1
SELECT * FROM (SELECT 1 AS k, 2 AS x) a FULL OUTER JOIN (SELECT 3 AS k, 4 AS y) b USING (k) ORDER BY k
SELECT * FROM (SELECT 1 AS k, 2 AS x) a RIGHT JOIN (SELECT 3 AS k, 4 AS y) b USING (k)
SELECT * FROM (SELECT 1 AS k, 2 AS x) a NATURAL LEFT JOIN (SELECT 1L AS k, 4 AS y) b
SELECT a.id FROM t a LEFT SEMI JOIN t b ON a.v = b.v AND a.id <> b.id ORDER BY 1
SELECT a.id FROM t a ANTI JOIN t b ON a.v = b.v AND a.id <> b.id ORDER BY 1
SELECT a.id FROM t a LEFT ANTI JOIN t b USING (v) ORDER BY 1
SELECT count(*) FROM t a, t b WHERE a.id < b.id
SELECT count(*) FROM t a INNER JOIN t b ON a.g <=> b.g
SELECT a.id, b.id FROM t a JOIN t b ON a.st = b.st ORDER BY 1, 2
SELECT a.id, b.id, c.id FROM t a LEFT JOIN t b ON a.id = b.id + 1 RIGHT JOIN t c ON b.id = c.id ORDER BY 3
SELECT a.id FROM (t a JOIN t b ON a.id = b.id) ORDER BY 1
SELECT t.* EXCEPT (a, sa, m, st, ast, da, ts, dt, p, l) FROM t ORDER BY id
SELECT id, st.* FROM t ORDER BY id
SELECT count(*), count(t.id) FROM t
SELECT struct(*) AS s FROM (SELECT id, g FROM t) ORDER BY s
SELECT coalesce(*) AS s FROM (SELECT v, id FROM t) ORDER BY s
SELECT greatest(*) AS s FROM (SELECT v, id FROM t) ORDER BY s
SELECT /*+ BROADCAST(b) */ a.id FROM t a JOIN t b ON a.id = b.id ORDER BY 1
SELECT /*+ MAPJOIN(b) */ /* a comment */ count(*) -- tail
FROM t |> AGGREGATE sum(id) AS s GROUP BY g |> ORDER BY g
FROM t |> EXTEND id * 2 AS dbl |> SELECT id, dbl |> ORDER BY id DESC |> LIMIT 2
FROM (SELECT id, g, v FROM t) |> DROP v |> ORDER BY id
FROM (SELECT id, g, v FROM t) |> DROP v, G |> WHERE id > 1 |> ORDER BY id
FROM (SELECT id, g, v FROM t) |> DROP nope
SELECT count(*) FROM (FROM (SELECT id, g FROM t) |> DROP g)
FROM (SELECT id, g FROM t) |> EXTEND id + 1 AS more |> DROP id |> ORDER BY more
FROM (SELECT id, g FROM t) |> AS u |> WHERE u.id > 1 |> SELECT u.id |> ORDER BY id
FROM (SELECT id, g FROM t) |> AS u |> WHERE t.id > 1
FROM t SELECT id ORDER BY id
SELECT IDENTIFIER('id') FROM t ORDER BY 1
SELECT 'it''s', "dbl", 'a\nb', r'a\nb', 'a' 'b', R"x\y", 'tab\tx', '\u0041', '\101', '%\_'
SELECT X'1F', x'', X'abc'
SELECT CASE WHEN id = 1 THEN 1 WHEN id = 2 THEN 2.5 ELSE 3L END AS c FROM t ORDER BY id
SELECT id IS DISTINCT FROM v, id IS NOT DISTINCT FROM v, v <=> NULL FROM t ORDER BY id
SELECT s LIKE ANY ('a%', '%b%'), s LIKE ALL ('%a%', '%e'), s NOT LIKE ANY ('a%', 'b%'), s NOT LIKE ALL ('a%', 'b%') FROM t ORDER BY id
SELECT s RLIKE '^a', s REGEXP 'p+', s NOT RLIKE 'x' FROM t ORDER BY id
SELECT v NOT BETWEEN 1 AND 20, s BETWEEN 'a' AND 'b', dt BETWEEN '2024-01-01' AND '2024-02-01' FROM t ORDER BY id
SELECT NOT b, ! b, -v + 1, +v, ~id, id & 1 | 2 ^ 3 FROM t WHERE id < 6 ORDER BY id
SELECT id DIV 2, id % 2, id MOD 2, 7 DIV id, id || '-' || g FROM t ORDER BY id
SELECT v::string, '5'::int + 1, CAST('2024-01-01' AS DATE), TRY_CAST('x' AS INT) FROM t ORDER BY id
SELECT date '2024-01-01', timestamp '2024-01-01 01:02:03', TIMESTAMP_NTZ '2024-01-01 00:00:00', DATE'2024-1-5'
SELECT id, 1 AS ID FROM t ORDER BY 1, 2
SELECT id FROM t WHERE nope = 1
SELECT ALL id FROM t ORDER BY id
SELECT id FROM t WHERE s
SELECT (1, 2), (SELECT 1), ((1))
SELECT timestampdiff(DAY, dt, date'2024-03-05'), dateadd(DAY, 1, dt) FROM t ORDER BY id
SELECT any_value(g), first(g), last(g) FROM t WHERE id < 0
SELECT * FROM (SELECT id FROM t WHERE id < 3) a, (SELECT v FROM t WHERE id > 4) b ORDER BY 1, 2
SELECT 'a' || 1 + 2
SELECT 1 || 2 + 3, 2 + 3 || 1, 1 + 2 << 1, 1 << 1 + 2, 6 & 3 | 8 ^ 2, 5 | 2 & 3, 1 << 2 >> 1, 7 ^ 2 & 3, 1 | 1 << 3
SELECT true = 1 < 2
SELECT NOT 1 = 2, NOT true AND false, NOT true OR true, true OR false AND false
SELECT id FROM t WHERE id NOT IN (SELECT v FROM t WHERE v IS NOT NULL) OR id = 1 ORDER BY id
SELECT id FROM t WHERE v NOT IN (SELECT v FROM t WHERE id > 2) OR id = 1 ORDER BY id
SELECT id FROM t WHERE NOT (v IN (SELECT v FROM t WHERE id > 2)) ORDER BY id
SELECT id FROM t WHERE NOT (v NOT IN (SELECT v FROM t WHERE id > 2) AND id > 1) ORDER BY id
SELECT id, NOT (v IN (SELECT v FROM t WHERE id > 2)) AS c FROM t ORDER BY id
SELECT id, CASE WHEN v IN (SELECT v FROM t WHERE id > 2) THEN 1 WHEN v NOT IN (SELECT v FROM t WHERE id > 2) THEN 2 ELSE 3 END AS c FROM t ORDER BY id
SELECT id, (v, g) IN (SELECT v, g FROM t WHERE id > 2) AS c FROM t ORDER BY id
SELECT id, coalesce(v IN (SELECT v FROM t WHERE id > 2), true) AS c FROM t ORDER BY id
SELECT id FROM t WHERE (v IN (SELECT v FROM t WHERE id > 2)) AND id > 0 ORDER BY id
SELECT g, sum(id) AS s FROM t GROUP BY g HAVING sum(id) IN (SELECT id FROM t) ORDER BY g
SELECT g, sum(id) AS s FROM t GROUP BY g HAVING sum(id) NOT IN (SELECT v FROM t) ORDER BY g
SELECT upper(g) AS g, count(*) AS c FROM t GROUP BY g HAVING g = 'x'
SELECT g, sum(v) AS v FROM t GROUP BY g HAVING max(v) > 100 ORDER BY g
SELECT g, sum(v) AS v FROM t GROUP BY g HAVING v > 100 AND count(v) > 0 ORDER BY g
SELECT g AS k, sum(id) AS total FROM t GROUP BY k HAVING k = 'x'
SELECT id + 1 AS id FROM t WHERE id = 1 QUALIFY id = 2 AND row_number() OVER (ORDER BY g) = 1
SELECT id AS x FROM t QUALIFY row_number() OVER (PARTITION BY g ORDER BY x DESC) = 1 ORDER BY x
SELECT g FROM t QUALIFY row_number() OVER (PARTITION BY g ORDER BY id DESC) = 1 ORDER BY g
SELECT g, sum(id) AS s, row_number() OVER (ORDER BY sum(id) DESC, g) AS r FROM t GROUP BY g QUALIFY r = 1
SELECT g, sum(id) AS s FROM t GROUP BY g HAVING sum(id) > 5 QUALIFY row_number() OVER (ORDER BY g) = 1
SELECT id, max(v) OVER (PARTITION BY g) AS m FROM t QUALIFY v = m ORDER BY id
SELECT id, lag(v, 1, 'x') OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, lag(l, 1, 7) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, lag(v, 1, 7L) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, lag(s, 1, 7) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, lag(v, 1L) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, lag(v, 1 + 1) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, ntile(id) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT id, nth_value(v, id) OVER (ORDER BY id) AS c FROM t ORDER BY id
SELECT array_append(a, 5L) FROM t ORDER BY id
SELECT array_prepend(a, 5L) FROM t ORDER BY id
SELECT array_position(a, '1') FROM t ORDER BY id
SELECT array_contains(a, '1') FROM t ORDER BY id
SELECT array_insert(a, 1, 2.5) FROM t ORDER BY id
SELECT array_union(a, array(2.5)) FROM t ORDER BY id
SELECT arrays_overlap(a, array('1')) FROM t ORDER BY id
SELECT arrays_overlap(a, NULL) FROM t ORDER BY id
SELECT array_intersect(a, NULL) FROM t ORDER BY id
SELECT array_distinct(NULL)
SELECT sort_array(NULL)
SELECT size(NULL), cardinality(NULL)
SELECT array_compact(NULL)
SELECT array_position(NULL, 1)
SELECT array_remove(a, NULL) FROM t
SELECT array_contains(NULL, 1)
SELECT array_insert(NULL, 1, 1)
SELECT slice(NULL, 1, 1)
SELECT flatten(NULL)
SELECT element_at(NULL, 1)
SELECT get(NULL, 1)
SELECT element_at(a, NULL) FROM t
SELECT element_at(a, '1') FROM t
SELECT element_at(m, 1) FROM t
SELECT map_entries(NULL)
SELECT map_from_entries(NULL)
SELECT transform(NULL, x -> x)
SELECT filter(NULL, x -> true)
SELECT sequence(NULL, 1)
SELECT named_struct()
SELECT named_struct(1, 2)
SELECT array(1, 'a')
SELECT array(1, date'2024-01-01')
SELECT concat(a, sa) FROM t ORDER BY id
SELECT concat(array(1), 'x')
SELECT st = named_struct('x', 1L, 'y', 'p') FROM t ORDER BY id
SELECT st = struct(1) FROM t ORDER BY id
SELECT coalesce(st, struct(9, 'z')) FROM t ORDER BY id
SELECT array(st, struct(9, 'z')) FROM t ORDER BY id
SELECT array(st, named_struct('x', 9L, 'y', 'z')) FROM t ORDER BY id
SELECT if(true, st, NULL) FROM t ORDER BY id
SELECT st FROM t UNION ALL SELECT struct(5, 'n') ORDER BY 1
SELECT corr(id, v - v) FROM t
SELECT g, corr(id, v), corr(d, id) FROM t GROUP BY g ORDER BY g
SELECT g, skewness(id), kurtosis(id), stddev(id), covar_samp(id, v), regr_r2(id, v) FROM t GROUP BY g ORDER BY g
SELECT percentile_disc(0.0) WITHIN GROUP (ORDER BY id), percentile_disc(0.1) WITHIN GROUP (ORDER BY id), percentile_disc(0.17) WITHIN GROUP (ORDER BY id), percentile_disc(0.5) WITHIN GROUP (ORDER BY id), percentile_disc(0.51) WITHIN GROUP (ORDER BY id), percentile_disc(0.99) WITHIN GROUP (ORDER BY id), percentile_disc(1.0) WITHIN GROUP (ORDER BY id) FROM t
SELECT percentile_cont(0.1) WITHIN GROUP (ORDER BY id DESC), percentile_cont(0.35) WITHIN GROUP (ORDER BY id DESC), percentile_cont(0.0) WITHIN GROUP (ORDER BY id DESC), percentile_cont(1) WITHIN GROUP (ORDER BY id DESC) FROM t
SELECT percentile_disc(0.3) WITHIN GROUP (ORDER BY x DESC), percentile_disc(0.7) WITHIN GROUP (ORDER BY x DESC), percentile_disc(0.1) WITHIN GROUP (ORDER BY x DESC) FROM VALUES 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 AS v(x)
SELECT percentile(x, 0.5, f), percentile(x, array(0.1, 0.9), f), percentile(x, 0.33, f) FROM VALUES (1, 5), (2, 0), (3, 1), (10, 2), (NULL, 9), (4, NULL) AS v(x, f)
SELECT percentile_cont(v) WITHIN GROUP (ORDER BY v) FROM t
SELECT mode(s, true), mode(v, true) FROM t
SELECT max_by(v, id, 2), min_by(v, id, 3), max_by(s, id, 100) FROM t
SELECT max_by(v, id, 0) FROM t
SELECT collect_set(d) FROM t WHERE id IN (3, 5)
SELECT listagg(DISTINCT s, ',') WITHIN GROUP (ORDER BY s DESC) FROM t
SELECT bitmap_count(bitmap_or_agg(x)) FROM VALUES (X'10'), (X'20'), (X'40') AS v(x)
SELECT bitmap_count(bitmap_and_agg(x)) FROM VALUES (X'F0'), (X'70') AS v(x)
SELECT length(bitmap_construct_agg(id)), bitmap_count(bitmap_construct_agg(id)) FROM t WHERE id > 100
SELECT bitmap_bit_position(x), bitmap_bucket_number(x) FROM VALUES (0), (1), (-1), (32767), (32768), (32769), (-32767), (-32768), (-32769), (65536), (NULL) AS v(x)
SELECT bitmap_count(X''), bitmap_count(NULL)
SELECT count(DISTINCT a, m) FROM t
SELECT max_by(s, m) FROM t
SELECT mode(st), mode(a) FROM t WHERE id IN (1, 6)
SELECT DISTINCT array(m) FROM t
SELECT struct(m) = struct(m) FROM t
SELECT min(b), max(ts), min(p), max(sa) FROM t
SELECT sum(a) FROM t
SELECT count() FROM t
SELECT sum(v, id) FROM t
SELECT sum(id) FILTER (WHERE sum(id) > 1) FROM t
SELECT sum(id) FROM t WHERE sum(id) > 1
SELECT g, sum(id) AS s FROM t GROUP BY g ORDER BY max(v) DESC
SELECT m['a'] + 1, map_values(m)[0], map_keys(m)[5] FROM t WHERE id = 1
SELECT map(1, 'a')[1L], map(1L, 'a')[1], map('1', 'a')[1], map(1, 'a')['1']
SELECT array(1, 2)[CAST(1 AS TINYINT)], array(1, 2)[NULL]
SELECT id, z.a, z.sa FROM t LATERAL VIEW explode(arrays_zip(a, sa)) x AS z ORDER BY id, a
SELECT arrays_zip(array(1) , array(2) ).`0`
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT sum(n) FROM r
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1L FROM r WHERE n < 5) SELECT * FROM r
WITH RECURSIVE r(n) AS (SELECT 1L UNION ALL SELECT CAST(n AS INT) + 1 FROM r WHERE n < 5) SELECT * FROM r
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 0.5 FROM r WHERE n < 3) SELECT * FROM r
WITH RECURSIVE r(n, s) AS (SELECT 1, 'a' UNION ALL SELECT n + 1, concat(s, 'b') FROM r WHERE n < 3) SELECT * FROM r
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 150) SELECT count(*) FROM r
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 99) SELECT count(*) FROM r
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT a.n + 1 FROM r a JOIN r b ON a.n = b.n WHERE a.n < 3) SELECT * FROM r
WITH RECURSIVE r AS (SELECT 1 AS n) SELECT * FROM r
WITH RECURSIVE r(n) AS (SELECT id FROM t WHERE id < 3 UNION ALL SELECT n + 10 FROM r WHERE n < 20) SELECT * FROM r ORDER BY n
SELECT x.id FROM t TABLESAMPLE (100 PERCENT) x ORDER BY x.id
SELECT t.id FROM t TABLESAMPLE (100 PERCENT) ORDER BY t.id
SELECT count(*) FROM (SELECT * FROM t) TABLESAMPLE (2 ROWS)
SELECT count(*) FROM t TABLESAMPLE (0 PERCENT)
SELECT bitmap_count(bitmap_and_agg(x)), bitmap_count(bitmap_or_agg(x)) FROM VALUES (X'F0') AS v(x) WHERE x = X'00'
SELECT array_sort(sequence(1, 100), (l, r) -> r - l) = sort_array(sequence(1, 100), false)
SELECT array_sort(transform(sequence(1, 20), x -> x % 7), (l, r) -> IF(l < r, -1, 1))
SELECT array_sort(transform(sequence(1, 20), x -> struct(x % 3 AS k, x AS v)), (l, r) -> IF(l.k < r.k, -1, 1))
SELECT array_sort(transform(sequence(1, 20), x -> struct(x % 3 AS k, x AS v)), (l, r) -> IF(l.k <= r.k, -1, 1))
SELECT array_sort(transform(sequence(1, 20), x -> struct(x % 3 AS k, x AS v)), (l, r) -> CASE WHEN l.k > r.k THEN -1 WHEN l.k < r.k THEN 1 ELSE 0 END)
SELECT array_sort(array(3, 1, 2), (l, r) -> 1), array_sort(array(3, 1, 2), (l, r) -> 0), array_sort(array(3, 1, 2), (l, r) -> -1)
SELECT array_sort(array('b', NULL, 'a'), (l, r) -> CASE WHEN l < r THEN -1 WHEN l > r THEN 1 END)
SELECT percentile_disc(0.07) WITHIN GROUP (ORDER BY id), percentile_disc(0.14) WITHIN GROUP (ORDER BY id), percentile_disc(0.28) WITHIN GROUP (ORDER BY id), percentile_disc(0.29) WITHIN GROUP (ORDER BY id), percentile_disc(0.55) WITHIN GROUP (ORDER BY id), percentile_disc(0.56) WITHIN GROUP (ORDER BY id), percentile_disc(0.57) WITHIN GROUP (ORDER BY id), percentile_disc(0.58) WITHIN GROUP (ORDER BY id) FROM range(1, 101)
SELECT percentile_disc(0.07) WITHIN GROUP (ORDER BY id DESC), percentile_disc(0.14) WITHIN GROUP (ORDER BY id DESC), percentile_disc(0.28) WITHIN GROUP (ORDER BY id DESC), percentile_disc(0.29) WITHIN GROUP (ORDER BY id DESC), percentile_disc(0.56) WITHIN GROUP (ORDER BY id DESC) FROM range(1, 101)
SELECT mode(x) FROM VALUES (1), (2), (2) AS v(x)
SELECT id, st.x AS q, q + 1 AS r FROM t ORDER BY id
SELECT * FROM (SELECT g, s, id FROM t) PIVOT (max(s) FOR g IN ('x', 'q')) ORDER BY id
SELECT * FROM (SELECT g, s FROM t) PIVOT (first(s) FOR g IN ('x', 'y', 'q'))
SELECT * FROM (SELECT g, s FROM t) PIVOT (count(s) AS c, max(s) AS m FOR g IN ('x', 'y', 'q'))
SELECT * FROM (SELECT g, id FROM t) PIVOT (first(id) AS c, last(id) AS m FOR g IN ('x', 'y', 'q'))
SELECT * FROM (SELECT g, dt, id FROM t) PIVOT (min(dt) AS c, count(id) AS m, sum(id) AS s FOR g IN ('x', 'q'))
SELECT * FROM (SELECT g, id FROM t) PIVOT (count(*) AS c, collect_list(id) AS m FOR g IN ('x', 'q'))
SELECT * FROM (SELECT g, id FROM t) PIVOT (count(*) FOR g IN ('x', 'q'))
SELECT * FROM (SELECT g, v, b FROM t) PIVOT (max(b) AS b, avg(v) AS a FOR g IN ('x', 'y', 'q'))
SELECT * FROM (SELECT g, v, s FROM t) PIVOT (max_by(s, v) FOR g IN ('x', 'y', 'q'))
SELECT * FROM (SELECT g, p FROM t) PIVOT (sum(p) AS s, count(p) AS c FOR g IN ('x', 'q'))
SELECT * FROM (SELECT g, s FROM t) PIVOT (last(s) AS a, any_value(s) AS b FOR g IN ('x', 'y', 'q'))
SELECT explode(collect_list(v)) AS e FROM t ORDER BY e
SELECT explode(map_from_entries(collect_list(struct(id, v)))) AS (k, v) FROM t ORDER BY k
SELECT posexplode(sort_array(collect_set(v))) FROM t
SELECT sum(id), explode(array(1, 2)) FROM t
SELECT count(*) FROM (SELECT g, explode(array(1, 2)) FROM t GROUP BY g)
SELECT array_contains(array(1), 1.5), array_contains(array(1.5), 1), array_contains(array(1L), 1)
SELECT 16 >>> 2, -16 >>> 2, -16 >> 2
SELECT 4 >>> 1
SELECT -1L >>> 60, id >>> 1, id >>> 1 > 0 FROM t ORDER BY id
SELECT CAST(array(array(1)) AS ARRAY<ARRAY<INT>>), CAST(map(1, map(2, array(3))) AS MAP<INT, MAP<INT, ARRAY<INT>>>)
SELECT str_to_map('a1b22c', '[0-9]+', 'x')
SELECT str_to_map('a=1;b=2,c=3', '[;,]', '=')
SELECT str_to_map('a=1|b:2', '\\|', '[=:]')
SELECT str_to_map(s, '[pn]+', '[l]') FROM t WHERE id IN (1, 5) ORDER BY id
SELECT g, b, count(*) FROM t GROUP BY GROUPING SETS ((g), (b)) ORDER BY 1, 2, 3
SELECT id, lag(v) OVER w, lead(v) OVER w FROM t WINDOW w AS (PARTITION BY g ORDER BY id) ORDER BY id
SELECT max(id) OVER (PARTITION BY g) - id AS d FROM t ORDER BY d
SELECT DISTINCT first_value(id) OVER (PARTITION BY g ORDER BY id) AS f FROM t ORDER BY f
SELECT id FROM t WHERE id IN (SELECT max(id) FROM t GROUP BY g) ORDER BY id
SELECT * FROM (SELECT id, rank() OVER (PARTITION BY g ORDER BY v DESC) AS r FROM t) WHERE r = 1 ORDER BY id
SELECT g, count(*) FILTER (WHERE v > 0) AS c, sum(CASE WHEN b THEN 1 ELSE 0 END) AS n FROM t GROUP BY g ORDER BY g
SELECT g, collect_list(named_struct('id', id, 'v', v)) AS l FROM t WHERE id < 3 GROUP BY g
SELECT g, map_from_entries(sort_array(collect_list(struct(id, v)))) AS m FROM t GROUP BY g ORDER BY g
SELECT t.id, x.k, x.val FROM t LATERAL VIEW explode(m) x AS k, val WHERE val IS NOT NULL ORDER BY 1, 2
SELECT a.id, count(b.id) AS n FROM t a LEFT JOIN t b ON a.g = b.g AND a.id > b.id GROUP BY a.id ORDER BY a.id
SELECT id, sum(v) OVER (PARTITION BY g ORDER BY id ROWS UNBOUNDED PRECEDING) AS s FROM t ORDER BY id
SELECT id, avg(v) OVER (PARTITION BY g ORDER BY dt RANGE BETWEEN 40 PRECEDING AND CURRENT ROW) AS s FROM t ORDER BY id
SELECT coalesce(g, 'none') AS g, sum(v) FROM t GROUP BY coalesce(g, 'none') ORDER BY 1
SELECT coalesce(g, 'none') AS grp, sum(v) FROM t GROUP BY grp ORDER BY grp
SELECT g, sum(v) AS s FROM t GROUP BY g HAVING s IS NOT NULL ORDER BY s DESC
SELECT id, CASE WHEN v > 15 THEN 'high' WHEN v > 0 THEN 'low' ELSE 'none' END AS level, count(*) OVER (PARTITION BY CASE WHEN v > 15 THEN 'high' WHEN v > 0 THEN 'low' ELSE 'none' END) AS n FROM t ORDER BY id
SELECT a.g, b.g FROM (SELECT DISTINCT g FROM t) a FULL OUTER JOIN (SELECT 'x' AS g UNION SELECT 'z') b ON a.g = b.g ORDER BY 1, 2
SELECT * FROM (SELECT id, g FROM t) ANTI JOIN (SELECT 'x' AS g) USING (g) ORDER BY id
SELECT id, (SELECT count(*) FROM t u WHERE u.g = t.g AND u.id < t.id) AS before FROM t ORDER BY id
SELECT id, EXISTS (SELECT 1 FROM t u WHERE u.v = t.v AND u.id <> t.id) AS dup FROM t ORDER BY id
SELECT id, (SELECT max(v) FROM t u WHERE u.id < t.id) AS m FROM t ORDER BY id
SELECT id, (SELECT sum(u.v) FROM t u WHERE u.g = t.g) + id AS m FROM t ORDER BY id
SELECT try_divide(sum(v), count(b)) FROM t
SELECT sum(v) / nullif(count(b), 0) AS r FROM t
SELECT transform(sequence(1, 3), i -> element_at(array('a', 'b', 'c'), i))
SELECT aggregate(sequence(1, 5), 1, (acc, x) -> acc * x)
SELECT filter(map_keys(m), k -> m[k] > 1) FROM t ORDER BY id
SELECT transform(map_entries(m), e -> concat(e.key, '=', e.value)) FROM t ORDER BY id
SELECT exists(ast, e -> e.y = 'p') FROM t ORDER BY id
SELECT size(filter(a, x -> x > avg_v)) FROM (SELECT a, 1 AS avg_v, id FROM t) ORDER BY id
SELECT zip_with(a, transform(a, x -> x * 2), (x, y) -> struct(x AS one, y AS two)) FROM t ORDER BY id
SELECT array_sort(ast, (l, r) -> CASE WHEN l.x > r.x THEN -1 WHEN l.x < r.x THEN 1 ELSE 0 END) FROM t WHERE id IN (1, 2, 6) ORDER BY id
SELECT flatten(collect_list(a)) FROM t
SELECT array_distinct(flatten(collect_list(sa))) FROM t
SELECT posexplode(array_repeat('x', 2))
SELECT inline(map_entries(map('a', 1)))
SELECT stack(2, 1, 'a', 2, 'b') AS (n, l)
SELECT id, stack(1, v, l) AS (x, y) FROM t ORDER BY id
SELECT id, x FROM t, LATERAL (SELECT explode(a) AS x) ORDER BY id, x
SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(n, l) WHERE n = (SELECT max(n) FROM VALUES (1), (2) AS w(n))
SELECT named_struct('a', 1, 'b', named_struct('c', array(1, 2))).b.c[1]
SELECT first(s) FROM (SELECT s FROM t ORDER BY id)
SELECT count(DISTINCT CASE WHEN v > 0 THEN g END) FROM t
SELECT approx_count_distinct(g), approx_count_distinct(v) FROM t
SELECT str_to_map('a1b22c', '[0-9]', '[b]')
SELECT str_to_map('', '[,;]', ':'), str_to_map(NULL, '[,;]', ':'), str_to_map('x', '[,;]', '[:=]')
SELECT str_to_map('a:1;', '[,;]', '[:=]')
SELECT str_to_map('a==1,b=2', ',', '=+')
FROM t |> AGGREGATE count(*) AS n, sum(id) AS s GROUP BY g |> WHERE n > 1 |> ORDER BY g
SELECT id, rank() OVER (ORDER BY sum(id)) AS r FROM t GROUP BY id ORDER BY id
SELECT g, sum(id) / sum(sum(id)) OVER () AS share FROM t GROUP BY g ORDER BY g
SELECT g, first(sum(id)) OVER (ORDER BY g) FROM t GROUP BY g ORDER BY g
SELECT id, v FROM t WHERE (id, v) IN (SELECT id, v FROM t WHERE g = 'x') ORDER BY id
SELECT CASE WHEN id IN (SELECT v FROM t) THEN 1 ELSE 0 END AS c FROM t ORDER BY id
SELECT count(*) FROM t GROUP BY id % 2 = 0, g ORDER BY 1
SELECT id % 2 AS k, max(v) AS m FROM t GROUP BY id % 2 HAVING max(v) > 5 AND id % 2 = 0
SELECT t.* FROM t WHERE false
SELECT count(*) AS c FROM t LIMIT 1 OFFSET 0
SELECT id FROM t ORDER BY CASE WHEN g = 'y' THEN 0 ELSE 1 END, id DESC
SELECT g, id FROM t ORDER BY g NULLS LAST, id DESC NULLS FIRST
SELECT st.x, count(*) FROM t GROUP BY st.x ORDER BY 1
SELECT st.x AS k, max(st.y) FROM t GROUP BY k ORDER BY k
SELECT a[0] AS k, count(*) FROM t WHERE size(a) > 0 GROUP BY a[0] ORDER BY k
SELECT m['a'] AS k, count(*) FROM t GROUP BY m['a'] ORDER BY k
SELECT date_trunc('MONTH', dt) AS mon, count(*) FROM t GROUP BY ALL ORDER BY mon
SELECT grouping_id(g, b), count(*) FROM t GROUP BY CUBE (g, b) ORDER BY 1, 2
SELECT sum(id) OVER (PARTITION BY g) AS s, count(*) OVER () AS n FROM t WHERE v IS NOT NULL ORDER BY id
SELECT id FROM t EXCEPT (SELECT id FROM t WHERE g = 'x') ORDER BY id
SELECT id, g FROM t INTERSECT SELECT id, 'x' FROM t ORDER BY id
SELECT NULL UNION ALL SELECT NULL
SELECT array(1) UNION ALL SELECT array()
SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2.5, NULL ORDER BY a
SELECT * FROM t JOIN (SELECT 1 AS one) ON t.id = one AND t.g = 'x' WHERE one > 0
SELECT x.id, y.id FROM t x JOIN t y ON x.id = y.id + 1 AND x.g <=> y.g ORDER BY 1
SELECT id FROM t NATURAL JOIN (SELECT 1 AS id UNION SELECT 2) ORDER BY id
SELECT id, e.key, e.value FROM t LATERAL VIEW explode(map_filter(m, (k, v) -> v IS NOT NULL)) e ORDER BY 1, 2
SELECT mode(v) FROM t WHERE v = 20
SELECT any_value(g) FROM t WHERE g = 'y'
SELECT bool_or(b), bool_and(b), every(v > 0), some(v > 100) FROM t
SELECT percentile_approx(v, array(0.25, 0.75), 50), percentile_approx(d, 0.5) FROM t
SELECT stddev_samp(v), stddev_pop(id), var_samp(id), variance(id), std(id) FROM t
SELECT try_avg(v), try_sum(p), avg(p), sum(p) / 2 FROM t
SELECT max(NULL), min(CAST(NULL AS STRING)), sum(CAST(NULL AS INT)), count(NULL), collect_list(NULL) FROM t
SELECT first(v, true), last(v, true), first(s), last(g) FROM (SELECT * FROM t ORDER BY id)
SELECT histogram_numeric(col, 5) FROM VALUES (0), (1), (2), (10) AS tab(col)
SELECT substring(hex(bitmap_and_agg(col)), 0, 6) FROM VALUES (X 'F0'), (X '70'), (X '30') AS tab(col)
SELECT substring(hex(bitmap_and_agg(col)), 0, 6) FROM VALUES (X 'FF'), (X 'FF'), (X 'FF') AS tab(col)
SELECT bitmap_bit_position(1)
SELECT bitmap_bit_position(123)
SELECT bitmap_bucket_number(123)
SELECT bitmap_bucket_number(0)
SELECT substring(hex(bitmap_construct_agg(bitmap_bit_position(col))), 0, 6) FROM VALUES (1), (2), (3) AS tab(col)
SELECT substring(hex(bitmap_construct_agg(bitmap_bit_position(col))), 0, 6) FROM VALUES (1), (1), (1) AS tab(col)
SELECT bitmap_count(X '1010')
SELECT bitmap_count(X 'FFFF')
SELECT bitmap_count(X '0')
SELECT substring(hex(bitmap_or_agg(col)), 0, 6) FROM VALUES (X '10'), (X '20'), (X '40') AS tab(col)
SELECT substring(hex(bitmap_or_agg(col)), 0, 6) FROM VALUES (X '10'), (X '10'), (X '10') AS tab(col)
SELECT id, counter_diff(x) OVER (ORDER BY id) FROM VALUES (1, 5), (2, NULL), (3, 9), (4, 2), (5, 2), (6, 10) AS v(id, x)
SELECT id, counter_diff(x) OVER (ORDER BY id) FROM VALUES (1, 5), (2, -1) AS v(id, x)
SELECT histogram_numeric(v, 9), histogram_numeric(p, 8), histogram_numeric(dt, 7), histogram_numeric(ts, 6), histogram_numeric(l, 6) FROM t
SELECT g, histogram_numeric(id, 6) FROM t GROUP BY g ORDER BY g
SELECT histogram_numeric(v, 9) FROM t WHERE id > 100
SELECT X '1F', x '', X'AB'
SELECT x.id AS x FROM t x WHERE x.id = 1
SELECT hex(X 'F')
"""


def cases() -> list[str]:
    """All queries, each over the view `t`."""
    return QUERIES.strip().splitlines()
