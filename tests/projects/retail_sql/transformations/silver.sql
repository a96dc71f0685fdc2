CREATE OR REFRESH STREAMING TABLE silver_orders
  (CONSTRAINT has_time EXPECT (ordered_at IS NOT NULL) ON VIOLATION DROP ROW,
   CONSTRAINT positive EXPECT (amount > 0) ON VIOLATION DROP ROW,
   CONSTRAINT has_customer EXPECT (customer_id IS NOT NULL))
TBLPROPERTIES ('quality' = 'silver')
AS SELECT
  CAST(order_id AS BIGINT) AS order_id,
  CAST(customer_id AS INT) AS customer_id,
  try_cast(ordered_at AS TIMESTAMP) AS ordered_at,
  upper(status) AS status,
  CAST(amount AS DECIMAL(10, 2)) AS amount,
  coalesce(CAST(discount AS DECIMAL(4, 2)), 0) AS discount,
  CAST(amount AS DECIMAL(10, 2)) * (1 - coalesce(CAST(discount AS DECIMAL(4, 2)), 0)) AS net,
  nullif(trim(note), '') AS note,
  length(note) AS note_length
FROM STREAM bronze_orders;

CREATE OR REFRESH MATERIALIZED VIEW silver_customers
AS SELECT
  CAST(id AS INT) AS id,
  initcap(trim(name)) AS name,
  coalesce(upper(country), '??') AS country,
  to_date(joined) AS joined,
  size(coalesce(tags, array())) AS tag_count,
  array_contains(tags, 'vip') AS is_vip,
  concat_ws('|', tags) AS tags
FROM bronze_customers;
