-- Bronze: the records of both APIs as they came, page by page. A row knows its file, and when the reading of the API
-- began that it belongs to: the name of a file begins with that time, as in 20260301T060000Z-….
-- The hints keep numbers from becoming something else when a page has whole ones only.

CREATE OR REFRESH STREAMING TABLE bronze.boutique_products
COMMENT 'Products of the boutique as received'
AS SELECT *, _metadata.file_name AS _source_file,
          to_timestamp(substring(_metadata.file_name, 1, 16), "yyyyMMdd'T'HHmmssX") AS _read_at
FROM STREAM read_files('${landing}/boutique/products', format => 'json',
  schemaHints => 'price DOUBLE, rating STRUCT<rate: DOUBLE, count: BIGINT>');

CREATE OR REFRESH STREAMING TABLE bronze.shop_products
COMMENT 'Products of the shop as received'
AS SELECT *, _metadata.file_name AS _source_file,
          to_timestamp(substring(_metadata.file_name, 1, 16), "yyyyMMdd'T'HHmmssX") AS _read_at
FROM STREAM read_files('${landing}/shop/products', format => 'json',
  schemaHints => 'price DOUBLE, discountPercentage DOUBLE, rating DOUBLE, weight DOUBLE, brand STRING,
                  dimensions STRUCT<width: DOUBLE, height: DOUBLE, depth: DOUBLE>');

CREATE OR REFRESH STREAMING TABLE bronze.shop_carts
COMMENT 'Carts as received, their lines nested'
AS SELECT *, _metadata.file_name AS _source_file,
          to_timestamp(substring(_metadata.file_name, 1, 16), "yyyyMMdd'T'HHmmssX") AS _read_at
FROM STREAM read_files('${landing}/shop/carts', format => 'json',
  schemaHints => 'total DOUBLE, discountedTotal DOUBLE, products ARRAY<STRUCT<id: BIGINT, title: STRING,
                  price: DOUBLE, quantity: BIGINT, total: DOUBLE, discountPercentage: DOUBLE, discountedTotal: DOUBLE>>');

-- Personal data: who may read this table, and the landing zone, should be few.
CREATE OR REFRESH STREAMING TABLE bronze.shop_users
COMMENT 'Users as received, with all that silver leaves out'
AS SELECT *, _metadata.file_name AS _source_file,
          to_timestamp(substring(_metadata.file_name, 1, 16), "yyyyMMdd'T'HHmmssX") AS _read_at
FROM STREAM read_files('${landing}/shop/users', format => 'json');
