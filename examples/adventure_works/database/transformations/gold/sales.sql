-- Gold: what was sold, one row for each line of an order, and by month and category.

CREATE OR REFRESH MATERIALIZED VIEW gold.fact_sales (
  CONSTRAINT known_customer EXPECT (customer_key <> '-1'),
  CONSTRAINT known_product EXPECT (product_key <> '-1')
)
COMMENT 'Lines of orders'
AS SELECT
  l.order_id,
  l.line_id,
  h.order_date,
  h.ship_date,
  h.status,
  h.channel,
  coalesce(c.customer_key, '-1') AS customer_key,
  coalesce(p.product_key, '-1') AS product_key,
  l.quantity,
  l.unit_price,
  l.discount,
  l.line_total
FROM silver.order_lines AS l
JOIN silver.order_headers AS h ON h.order_id = l.order_id
LEFT JOIN gold.dim_customer AS c ON c.customer_id = h.customer_id
LEFT JOIN gold.dim_product AS p ON p.product_id = l.product_id;

CREATE OR REFRESH MATERIALIZED VIEW gold.sales_by_month
COMMENT 'Sales by month and category'
AS SELECT
  CAST(date_trunc('MONTH', f.order_date) AS DATE) AS month,
  p.category,
  count(DISTINCT f.order_id) AS orders,
  sum(f.quantity) AS quantity,
  sum(f.line_total) AS revenue
FROM gold.fact_sales AS f
JOIN gold.dim_product AS p ON p.product_key = f.product_key
GROUP BY ALL;
