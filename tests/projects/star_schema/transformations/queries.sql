CREATE MATERIALIZED VIEW pricing_summary
AS SELECT flag, sum(quantity) AS quantity, sum(price) AS base, sum(price * (1 - discount)) AS discounted,
  avg(quantity) AS avg_quantity, avg(price) AS avg_price, avg(discount) AS avg_discount, count(*) AS n
FROM lineitem WHERE shipped <= DATE '1995-12-01' - INTERVAL 30 DAYS GROUP BY flag;

CREATE MATERIALIZED VIEW shipping_priority
AS SELECT l.order, sum(l.price * (1 - l.discount)) AS revenue, o.placed, o.priority
FROM customer c, orders o, lineitem l
WHERE c.segment = 'BUILDING' AND c.customer = o.customer AND l.order = o.order AND o.placed < DATE '1995-09-15'
GROUP BY l.order, o.placed, o.priority ORDER BY revenue DESC, l.order LIMIT 10;

CREATE MATERIALIZED VIEW order_priority
AS SELECT priority, count(*) AS n FROM orders o
WHERE EXISTS (SELECT * FROM lineitem l WHERE l.order = o.order AND l.shipped > o.placed) GROUP BY priority;

CREATE MATERIALIZED VIEW by_region
AS SELECT n.region, n.name, year(o.placed) AS year, sum(l.price * (1 - l.discount)) AS revenue, grouping(n.name) AS all_names
FROM customer c JOIN orders o USING (customer) JOIN lineitem l ON l.order = o.order JOIN nation n ON c.nation = n.nation
GROUP BY CUBE (n.region, n.name), year(o.placed);

CREATE MATERIALIZED VIEW small_quantity
AS SELECT sum(l.price) / 7.0 AS yearly FROM lineitem l JOIN part p ON p.part = l.part
WHERE l.quantity < (SELECT 0.9 * avg(i.quantity) FROM lineitem i WHERE i.part = p.part);

CREATE MATERIALIZED VIEW customer_counts
AS SELECT orders, count(*) AS customers FROM (
  SELECT c.customer, count(o.order) AS orders FROM customer c LEFT OUTER JOIN orders o ON c.customer = o.customer AND o.priority NOT LIKE '%LOW%' GROUP BY c.customer
) GROUP BY orders;

CREATE MATERIALIZED VIEW promo
AS SELECT 100.00 * sum(CASE WHEN p.name LIKE '%green%' THEN l.price * (1 - l.discount) ELSE 0 END) / CAST(sum(l.price * (1 - l.discount)) AS DECIMAL(20, 4)) AS share
FROM lineitem l, part p WHERE l.part = p.part;

CREATE MATERIALIZED VIEW top_supplier
AS WITH revenue AS (SELECT supplier, sum(price * (1 - discount)) AS total FROM lineitem GROUP BY supplier)
SELECT supplier, total FROM revenue WHERE total = (SELECT max(total) FROM revenue);

CREATE MATERIALIZED VIEW idle_customers
AS SELECT substring(name, -2, 2) AS code, count(*) AS n, sum(balance) AS balance FROM customer
WHERE balance > (SELECT avg(balance) FROM customer WHERE balance > 0.00) AND customer NOT IN (SELECT customer FROM orders WHERE customer IS NOT NULL)
GROUP BY code;

CREATE MATERIALIZED VIEW parts_unpivoted
AS SELECT * FROM (SELECT part, CAST(size AS BIGINT) AS size, CAST(length(name) AS BIGINT) AS letters FROM part) UNPIVOT (value FOR measure IN (size, letters));
