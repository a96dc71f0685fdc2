-- Silver: carts, and their lines. Amounts become decimals: the API's 99.94999999999999 is 99.95.
-- Of each cart the newest row counts.

CREATE TEMPORARY VIEW carts_now
AS SELECT * FROM (
  SELECT *, row_number() OVER (PARTITION BY id ORDER BY _read_at DESC, _source_file DESC) AS nth_newest
  FROM bronze.shop_carts
)
WHERE nth_newest = 1;

CREATE OR REFRESH MATERIALIZED VIEW silver.carts (
  CONSTRAINT has_user EXPECT (user_id IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT lines_add_up EXPECT (total = sum_of_lines),
  CONSTRAINT discounted_lines_add_up EXPECT (discounted_total = sum_of_discounted_lines)
)
COMMENT 'Carts, with the sums that the API gives and those of their lines'
TBLPROPERTIES ('ingot.unique_key' = 'cart_id', 'ingot.min_rows' = '1')
AS SELECT
  lpad(CAST(id AS STRING), 5, '0') AS cart_id,
  lpad(CAST(userId AS STRING), 5, '0') AS user_id,
  size(products) AS lines,
  totalQuantity AS quantity,
  CAST(total AS DECIMAL(12, 2)) AS total,
  CAST(discountedTotal AS DECIMAL(12, 2)) AS discounted_total,
  aggregate(products, CAST(0 AS DECIMAL(12, 2)),
    (sum, line) -> CAST(sum + CAST(line.total AS DECIMAL(12, 2)) AS DECIMAL(12, 2))) AS sum_of_lines,
  aggregate(products, CAST(0 AS DECIMAL(12, 2)),
    (sum, line) -> CAST(sum + CAST(line.discountedTotal AS DECIMAL(12, 2)) AS DECIMAL(12, 2))) AS sum_of_discounted_lines,
  _source_file,
  _read_at
FROM carts_now;

CREATE OR REFRESH MATERIALIZED VIEW silver.cart_lines (
  CONSTRAINT has_product EXPECT (product_id IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT has_quantity EXPECT (quantity > 0) ON VIOLATION DROP ROW
)
COMMENT 'Lines of carts'
TBLPROPERTIES ('ingot.unique_key' = 'cart_id, line', 'ingot.min_rows' = '1')
AS SELECT
  lpad(CAST(id AS STRING), 5, '0') AS cart_id,
  position + 1 AS line,
  lpad(CAST(product.id AS STRING), 5, '0') AS product_id,
  product.quantity AS quantity,
  CAST(product.price AS DECIMAL(10, 2)) AS price,
  CAST(product.total AS DECIMAL(12, 2)) AS total,
  CAST(product.discountPercentage AS DECIMAL(5, 2)) AS discount_pct,
  CAST(product.discountedTotal AS DECIMAL(12, 2)) AS discounted_total
FROM carts_now
LATERAL VIEW posexplode(products) AS position, product;
