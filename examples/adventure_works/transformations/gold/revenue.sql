-- Gold: facts beside the history of the dimension, as it was when the order was placed.

CREATE OR REFRESH MATERIALIZED VIEW gold.sales
COMMENT 'Order lines with the customer as of the order date'
AS SELECT
  o.order_id,
  o.line,
  o.ordered_at,
  o.customer_id,
  c.city,
  coalesce(c.region, 'unknown') AS region,
  o.product_id,
  o.quantity,
  o.quantity * o.unit_price AS revenue
FROM silver.orders AS o
LEFT JOIN silver.customers AS c
  ON o.customer_id = c.customer_id
  AND o.ordered_at >= c.__START_AT
  AND (o.ordered_at < c.__END_AT OR c.__END_AT IS NULL)
WHERE o.ordered_at IS NOT NULL; -- a change that overtook its order says not yet what was ordered

CREATE OR REFRESH MATERIALIZED VIEW gold.revenue_by_region
COMMENT 'Revenue by month and by the region in which the customer lived then'
AS SELECT
  date_trunc('MONTH', ordered_at) AS month,
  region,
  count(DISTINCT order_id) AS orders,
  sum(revenue) AS revenue
FROM gold.sales
GROUP BY ALL;
