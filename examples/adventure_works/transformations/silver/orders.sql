-- Silver: order lines as they are now (SCD type 1).

CREATE TEMPORARY VIEW order_events AS
SELECT
  operation,
  CAST(row_version AS BIGINT) AS row_version,
  CAST(order_id AS BIGINT) AS order_id,
  CAST(line AS INT) AS line,
  CAST(ordered_at AS TIMESTAMP) AS ordered_at,
  CAST(customer_id AS BIGINT) AS customer_id,
  CAST(product_id AS BIGINT) AS product_id,
  CAST(quantity AS INT) AS quantity,
  CAST(unit_price AS DECIMAL(10, 2)) AS unit_price,
  status,
  CAST(shipped_at AS TIMESTAMP) AS shipped_at
FROM STREAM bronze.orders;

CREATE OR REFRESH STREAMING TABLE silver.orders (
  CONSTRAINT has_key EXPECT (order_id IS NOT NULL AND line IS NOT NULL) ON VIOLATION DROP ROW
)
COMMENT 'Order lines as they are now';

-- An update names only what is new: what is NULL stays as it was.
CREATE FLOW orders_by_file AS AUTO CDC INTO silver.orders
FROM STREAM order_events
KEYS (order_id, line)
IGNORE NULL UPDATES
APPLY AS DELETE WHEN operation = 'D'
SEQUENCE BY row_version
COLUMNS * EXCEPT (operation, row_version)
STORED AS SCD TYPE 1;
