CREATE OR REFRESH MATERIALIZED VIEW gold_revenue
AS SELECT
  c.country,
  date_trunc('MONTH', o.ordered_at) AS month,
  count(*) AS orders,
  count(DISTINCT o.customer_id) AS customers,
  sum(o.net) AS revenue,
  avg(o.net) AS average,
  max(o.ordered_at) AS latest,
  round(sum(o.amount * o.discount) / sum(o.amount) * 100, 1) AS discount_percent
FROM silver_orders o LEFT JOIN silver_customers c ON o.customer_id = c.id
GROUP BY ALL;

CREATE OR REFRESH MATERIALIZED VIEW gold_best_orders
AS SELECT customer_id, order_id, net, rank() OVER w AS rank, sum(net) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS running
FROM silver_orders
WINDOW w AS (PARTITION BY customer_id ORDER BY net DESC)
QUALIFY rank <= 2;

CREATE OR REFRESH MATERIALIZED VIEW gold_customers
AS WITH spent AS (
  SELECT customer_id, sum(net) AS net, min(ordered_at) AS first_order, collect_list(order_id) AS ids FROM silver_orders GROUP BY customer_id
)
SELECT c.id, c.name, c.joined, s.net, datediff(s.first_order, c.joined) AS days_to_first,
  CASE WHEN s.net IS NULL THEN 'none' WHEN s.net > 100 THEN 'high' ELSE 'low' END AS class,
  months_between(s.first_order, c.joined) AS months, sort_array(s.ids, false) AS ids,
  date_format(c.joined, 'yyyy-MM') AS joined_month, dayofweek(c.joined) AS weekday
FROM silver_customers c LEFT JOIN spent s ON s.customer_id = c.id
WHERE NOT EXISTS (SELECT 1 FROM silver_orders o WHERE o.customer_id = c.id AND o.status = 'LOST');
