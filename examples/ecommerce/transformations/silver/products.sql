-- Silver: products. The boutique's list comes in one piece, so its last reading is what it offers, and what was taken
-- away is gone. The shop's comes page by page: a reading may break off, so of each product the newest row counts.

CREATE OR REFRESH MATERIALIZED VIEW silver.boutique_products (
  CONSTRAINT has_id EXPECT (product_id IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT has_price EXPECT (price > 0) ON VIOLATION DROP ROW
)
COMMENT 'Products of the boutique'
TBLPROPERTIES ('ingot.unique_key' = 'product_id', 'ingot.min_rows' = '1')
AS SELECT
  * EXCEPT (id, title, price, rating, description, image, _rescued_data),
  lpad(CAST(id AS STRING), 5, '0') AS product_id,
  trim(title) AS title,
  CAST(price AS DECIMAL(10, 2)) AS price,
  rating.rate AS rating,
  rating.count AS ratings
FROM bronze.boutique_products
WHERE _read_at = (SELECT max(_read_at) FROM bronze.boutique_products);

CREATE TEMPORARY VIEW shop_products_now
AS SELECT * FROM (
  SELECT *, row_number() OVER (PARTITION BY id ORDER BY _read_at DESC, _source_file DESC) AS nth_newest
  FROM bronze.shop_products
)
WHERE nth_newest = 1;

CREATE OR REFRESH MATERIALIZED VIEW silver.products (
  CONSTRAINT has_id EXPECT (product_id IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT has_price EXPECT (price > 0) ON VIOLATION DROP ROW,
  CONSTRAINT has_brand EXPECT (brand IS NOT NULL)
)
COMMENT 'Products of the shop'
TBLPROPERTIES ('ingot.unique_key' = 'product_id', 'ingot.min_rows' = '1')
AS SELECT
  lpad(CAST(id AS STRING), 5, '0') AS product_id,
  trim(title) AS title,
  category,
  brand,
  sku,
  CAST(price AS DECIMAL(10, 2)) AS price,
  CAST(discountPercentage AS DECIMAL(5, 2)) AS discount_pct,
  rating,
  stock,
  availabilityStatus AS availability,
  weight,
  dimensions.width AS width,
  dimensions.height AS height,
  dimensions.depth AS depth,
  size(reviews) AS reviews,
  CAST(meta.createdAt AS DATE) AS created_on,
  CAST(meta.updatedAt AS TIMESTAMP) AS updated_at,
  _source_file,
  _read_at
FROM shop_products_now;

CREATE OR REFRESH MATERIALIZED VIEW silver.product_tags
COMMENT 'One row for each tag of a product'
AS SELECT lpad(CAST(id AS STRING), 5, '0') AS product_id, tag
FROM shop_products_now
LATERAL VIEW explode(tags) AS tag;

-- Who wrote a review is known by a hash only.
CREATE OR REFRESH MATERIALIZED VIEW silver.product_reviews (
  CONSTRAINT rating_in_range EXPECT (rating BETWEEN 1 AND 5)
)
COMMENT 'One row for each review of a product'
AS SELECT
  product_id,
  review.rating,
  review.comment,
  CAST(review.date AS TIMESTAMP) AS reviewed_at,
  sha2(lower(review.reviewerEmail), 256) AS reviewer_hash
FROM (
  SELECT lpad(CAST(id AS STRING), 5, '0') AS product_id, explode(reviews) AS review
  FROM shop_products_now
);

-- Prices with their history: the API says what they are, each reading of it what they were.
CREATE OR REFRESH STREAMING TABLE silver.product_prices
COMMENT 'Prices of products, and from which reading of the API to which';

CREATE TEMPORARY VIEW prices_read
AS SELECT lpad(CAST(id AS STRING), 5, '0') AS product_id, CAST(price AS DECIMAL(10, 2)) AS price, _read_at
FROM STREAM bronze.shop_products;

CREATE FLOW prices_from_shop AS AUTO CDC INTO silver.product_prices
FROM STREAM prices_read
KEYS (product_id)
SEQUENCE BY _read_at
COLUMNS * EXCEPT (_read_at)
STORED AS SCD TYPE 2;
