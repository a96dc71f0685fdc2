-- Silver: orders and their lines as they are. Of the states of a row that were read, the one that was changed last counts.

CREATE TEMPORARY VIEW header_states AS
SELECT
  SalesOrderID AS order_id,
  CAST(OrderDate AS DATE) AS order_date,
  CAST(DueDate AS DATE) AS due_date,
  CAST(ShipDate AS DATE) AS ship_date,
  CASE Status
    WHEN 1 THEN 'In process'
    WHEN 2 THEN 'Approved'
    WHEN 3 THEN 'Backordered'
    WHEN 4 THEN 'Rejected'
    WHEN 5 THEN 'Shipped'
    WHEN 6 THEN 'Cancelled'
  END AS status,
  CASE WHEN OnlineOrderFlag THEN 'Online' ELSE 'In store' END AS channel,
  CustomerID AS customer_id,
  SubTotal AS subtotal,
  TaxAmt AS tax,
  Freight AS freight,
  ModifiedDate AS modified_at
FROM STREAM bronze.order_headers;

CREATE OR REFRESH STREAMING TABLE silver.order_headers (
  CONSTRAINT known_status EXPECT (status IS NOT NULL),
  CONSTRAINT shipped_after_order EXPECT (ship_date IS NULL OR ship_date >= order_date)
)
COMMENT 'Orders as they are now';

CREATE FLOW latest_headers AS AUTO CDC INTO silver.order_headers
FROM STREAM header_states
KEYS (order_id)
SEQUENCE BY modified_at
STORED AS SCD TYPE 1;

CREATE TEMPORARY VIEW line_states AS
SELECT
  SalesOrderID AS order_id,
  SalesOrderDetailID AS line_id,
  ProductID AS product_id,
  CAST(OrderQty AS INT) AS quantity,
  UnitPrice AS unit_price,
  coalesce(UnitPriceDiscount, 0) AS discount,
  CAST(LineTotal AS DECIMAL(19, 4)) AS line_total,
  ModifiedDate AS modified_at
FROM STREAM bronze.order_lines;

CREATE OR REFRESH STREAMING TABLE silver.order_lines (
  CONSTRAINT sells_something EXPECT (quantity > 0) ON VIOLATION DROP ROW,
  CONSTRAINT adds_up EXPECT (abs(line_total - quantity * unit_price * (1 - discount)) < 0.01)
)
COMMENT 'Lines of orders as they are now';

CREATE FLOW latest_lines AS AUTO CDC INTO silver.order_lines
FROM STREAM line_states
KEYS (order_id, line_id)
SEQUENCE BY modified_at
STORED AS SCD TYPE 1;
