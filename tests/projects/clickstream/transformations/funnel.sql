CREATE MATERIALIZED VIEW funnel
AS SELECT user,
  count_if(path = '/') AS home, count_if(path LIKE '/p/%') AS product, count_if(path = '/cart') AS cart,
  count_if(startswith(path, '/checkout')) AS checkout,
  round(try_divide(count_if(path = '/cart'), count_if(path LIKE '/p/%')), 4) AS rate,
  min(at) FILTER (WHERE path = '/cart') AS first_cart
FROM events GROUP BY user;

CREATE MATERIALIZED VIEW by_host
AS SELECT coalesce(host, 'none') AS host, is_bot, count(*) AS hits, grouping(is_bot) AS total
FROM events GROUP BY ROLLUP (coalesce(host, 'none'), is_bot);

CREATE MATERIALIZED VIEW path_parts
AS SELECT e.id, p.pos, p.part FROM events e LATERAL VIEW posexplode(split(trim(BOTH '/' FROM e.path), '/')) p AS pos, part WHERE p.part <> '';

CREATE MATERIALIZED VIEW pivoted
AS SELECT * FROM (SELECT user, system, id FROM events) PIVOT (count(id) AS n, max(id) AS newest FOR system IN ('X11;' AS linux, 'iPhone' AS phone));
