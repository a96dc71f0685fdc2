-- covers: every SQL function of the lists
USE SCHEMA fu;
CREATE MATERIALIZED VIEW dates AS SELECT current_timestamp() AS a, current_date() AS b, date(ts) AS c, timestamp('2024-01-01') AS d, bigint(order_id) AS e, int('3') AS f,
  to_date('2024-02-03') AS g, from_unixtime(1700000000) AS h, year(ts) AS i, month(ts) AS j, dayofweek(ts) AS k, dayofmonth(ts) AS l, quarter(ts) AS m, weekofyear(ts) AS n, day(ts) AS o,
  date_format(ts, 'yyyy-MM') AS p, to_timestamp('2024-01-01 10:00:00') AS q, unix_timestamp(ts) AS r, date_add(date(ts), 1) AS s, date_sub(date(ts), 1) AS t, hour(ts) AS u, add_months(ts, 1) AS v,
  datediff(ts, date'2024-01-01') AS w, datediff(MONTH, ts, now()) AS x, timestampdiff(MINUTE, ts, now()) AS y, date_trunc('MONTH', ts) AS z, make_date(2024, 1, 2) AS aa, dayofyear(ts) AS ab,
  from_utc_timestamp(ts, 'Asia/Tokyo') AS ac, try_to_timestamp('x') AS ad FROM raw.orders;
CREATE MATERIALIZED VIEW texts AS SELECT trim(name) AS a, lower(name) AS b, upper(name) AS c, initcap(name) AS d, length(name) AS e, concat(name, '-', email) AS f, substring(name, 1, 2) AS g, concat_ws(',', name, email) AS h,
  regexp_replace(email, '@.*', '') AS i, sha1(email) AS j, sha2(email, 256) AS k, replace(name, 'a', 'b') AS l, substr(name, 2) AS m, get_json_object(payload, '$.a.b') AS n, regexp_extract(email, '(.*)@', 1) AS o, len(name) AS p,
  position('a', name) AS q, left(name, 1) AS r, instr(name, 'a') AS s, split(email, '@')[0] AS t, base64(email) AS u, decode(1, 1, 'x', 'y') AS v, split_part(email, '@', 1) AS w FROM raw.orders;
CREATE MATERIALIZED VIEW numbers AS SELECT round(amount, 1) AS a, abs(amount) AS b, least(1, 2) AS c, cast(amount AS INT) AS d, nullif(order_id, 1) AS e, coalesce(amount, 0) AS f, ifnull(amount, 0) AS g, nvl(amount, 0) AS h, nvl2(amount, 1, 2) AS i,
  if(amount > 1, 'a', 'b') AS j, try_cast('x' AS INT) AS k, try_divide(1, 0) AS l, isnull(amount) AS m, isnotnull(amount) AS n, CASE WHEN amount > 1 THEN 1 ELSE 0 END AS o FROM raw.orders;
CREATE MATERIALIZED VIEW aggregates AS SELECT sum(amount) AS a, count(*) AS b, avg(amount) AS c, max(ts) AS d, min(ts) AS e, count(DISTINCT status) AS f, max_by(status, ts) AS g, min_by(status, ts) AS h, stddev(amount) AS i, stddev_pop(amount) AS j,
  first(status) AS k, percentile_approx(amount, 0.5) AS l, approx_count_distinct(status) AS m, mode(status) AS n, size(collect_list(status)) AS o, size(collect_set(status)) AS p, mean(amount) AS q FROM raw.orders;
CREATE MATERIALIZED VIEW nested AS SELECT map('a', 1)['a'] AS a, struct(1 AS x).x AS b, named_struct('y', 2).y AS c, size(array(1, 2)) AS d, array_size(tags) AS e, array_contains(tags, 'x') AS f, map_keys(map('k', 1))[0] AS g,
  from_json('{"a": 1}', 'a INT').a AS h, size(sequence(1, 3)) AS i, to_json(struct(1 AS z)) AS j, parse_json('{"q": 1}'):q::int AS k FROM raw.orders;
CREATE MATERIALIZED VIEW exploded AS SELECT order_id, explode(tags) AS tag FROM raw.orders;
CREATE MATERIALIZED VIEW ranged AS SELECT id, lead(id) OVER (ORDER BY id) AS next FROM range(3);
CREATE MATERIALIZED VIEW is_random AS SELECT rand() < 2 AS a;
