-- covers: double-quoted text, ${param}, {{param}}, STREAM(x), STREAM x, LIVE.x, * EXCEPT, col:json.path, format.`path`, RLIKE, IDENTIFIER()
-- covers: samples.*, QUALIFY, ROLLUP, PIVOT, CTE, windows, :: casts, GROUP BY ALL, FILTER, INTERVAL, UNION, UNION ALL
USE SCHEMA qu;
CREATE MATERIALIZED VIEW texts AS SELECT * EXCEPT (email), "it's" AS quoted, '${schema}' AS given, '{{schema}}' AS too FROM raw.orders WHERE email RLIKE "^a.*";
CREATE STREAMING TABLE streamed AS SELECT o.order_id, c.name FROM STREAM raw.orders AS o LEFT JOIN raw.customers AS c ON o.customer_id = c.customer_id;
CREATE LIVE TABLE legacy AS SELECT * FROM LIVE.streamed;
CREATE MATERIALIZED VIEW paths AS SELECT payload:a.b AS b, payload:items[0].sku::string AS sku, payload:a.n::int + 1 AS n FROM raw.orders;
CREATE MATERIALIZED VIEW files_by_format AS SELECT * FROM json.`/Volumes/shop/landing/orders`;
CREATE MATERIALIZED VIEW by_identifier AS SELECT * FROM IDENTIFIER('raw.' || 'customers');
CREATE MATERIALIZED VIEW taxi AS SELECT date_trunc('day', tpep_pickup_datetime) AS day, avg(fare_amount) AS fare FROM samples.nyctaxi.trips GROUP BY ALL;
CREATE MATERIALIZED VIEW latest AS WITH o AS (SELECT *, row_number() OVER (PARTITION BY customer_id ORDER BY ts DESC NULLS LAST) AS rn FROM raw.orders) SELECT order_id, last_value(amount) OVER (ORDER BY ts) AS l FROM o QUALIFY rn = 1;
CREATE MATERIALIZED VIEW rolled AS SELECT status, customer_id, count(*) FILTER (WHERE amount > 5) AS n, sum(amount) AS total FROM raw.orders GROUP BY ROLLUP (status, customer_id);
CREATE MATERIALIZED VIEW pivoted AS SELECT * FROM (SELECT status, amount FROM raw.orders) PIVOT (sum(amount) FOR status IN ('new', 'done'));
CREATE MATERIALIZED VIEW combined AS SELECT order_id, ts + INTERVAL 2 DAYS AS later FROM raw.orders UNION ALL SELECT order_id, ts FROM raw.orders UNION SELECT 1, now() - INTERVAL '1' HOUR ORDER BY 1 LIMIT 3;
CREATE MATERIALIZED VIEW named_parameter AS SELECT * FROM IDENTIFIER(:layer || '.orders') WHERE status = :wanted;
