-- Bronze: every change as it was delivered, with its file. Nothing is left out, nothing is interpreted.

-- PostgreSQL by Debezium: an envelope with the row before and after.
CREATE OR REFRESH STREAMING TABLE bronze.customers
COMMENT 'Changes of customers, as Debezium delivers them'
AS SELECT *, _metadata.file_name AS _source_file
FROM STREAM read_files('${changes}/customers', format => 'json', schema => '
  op STRING,
  before STRUCT<customer_id: BIGINT, name: STRING, email: STRING, city: STRING, region: STRING, newsletter: BOOLEAN>,
  after STRUCT<customer_id: BIGINT, name: STRING, email: STRING, city: STRING, region: STRING, newsletter: BOOLEAN>,
  source STRUCT<ts_ms: BIGINT, lsn: BIGINT, snapshot: STRING>,
  ts_ms BIGINT');

-- Azure SQL by change event streaming: a CloudEvent whose `data` is JSON in a text.
CREATE OR REFRESH STREAMING TABLE bronze.products
COMMENT 'Changes of products, as Azure SQL streams them'
AS SELECT *, _metadata.file_name AS _source_file
FROM STREAM read_files('${changes}/products', format => 'json', schema => '
  id STRING, time STRING, operation STRING, segmentindex INT, finalsegment BOOLEAN, data STRING');

-- A job of the order system: CSV with columns that say what happened. An update names only what is new.
CREATE OR REFRESH STREAMING TABLE bronze.orders
COMMENT 'Changes of order lines, as the order system exports them'
AS SELECT *, _metadata.file_name AS _source_file
FROM STREAM read_files('${changes}/orders', format => 'csv', header => true, inferColumnTypes => false);
