-- Gold: do the numbers agree? A difference is counted as a warning of the update; it does not stop it.

CREATE OR REFRESH MATERIALIZED VIEW gold.reconciliation (
  CONSTRAINT mart_equals_facts EXPECT (compared <> 'month' OR difference <= 0.01),
  CONSTRAINT facts_equal_headers EXPECT (compared <> 'order' OR difference <= 0.01)
)
COMMENT 'Each month of the mart against its facts, each order of the facts against the total that the shop gives'
AS
WITH facts AS (
  SELECT CAST(date_trunc('MONTH', order_date) AS DATE) AS month, sum(line_total) AS total FROM gold.fact_sales GROUP BY 1
),
mart AS (
  SELECT month, sum(revenue) AS total FROM gold.sales_by_month GROUP BY 1
),
orders AS (
  SELECT order_id, sum(line_total) AS total FROM gold.fact_sales GROUP BY 1
),
pairs AS (
  SELECT 'month' AS compared, CAST(month AS STRING) AS which, mart.total AS found, facts.total AS expected
  FROM mart FULL OUTER JOIN facts USING (month)
  UNION ALL
  SELECT 'order', CAST(order_id AS STRING), orders.total, h.subtotal
  FROM orders FULL OUTER JOIN silver.order_headers AS h USING (order_id)
)
SELECT *, abs(coalesce(found, 0) - coalesce(expected, 0)) AS difference FROM pairs;
