-- Bronze: the CloudEvents as they came; `data` is JSON in a text.
CREATE STREAMING TABLE bronze.products AS
SELECT * FROM STREAM read_files('changes', format => 'json', schema =>
  'id STRING, time STRING, operation STRING, segmentindex INT, finalsegment BOOLEAN, data STRING');

CREATE TEMPORARY VIEW product_data AS
SELECT operation, from_json(data, '
  eventsource STRUCT<transaction: STRUCT<commitlsn: STRING, sequencenumber: BIGINT>>,
  eventrow STRUCT<old: STRING, current: STRING>') AS data
FROM STREAM bronze.products;

-- The rows are JSON in texts of that text, and their values are texts. Of a delete only the old row is there.
CREATE TEMPORARY VIEW product_rows AS
SELECT
  operation,
  struct(data.eventsource.transaction.commitlsn, data.eventsource.transaction.sequencenumber) AS sequence,
  from_json(
    if(operation = 'DEL', data.eventrow.old, data.eventrow.current),
    'ProductID STRING, Name STRING, ListPrice STRING') AS row
FROM STREAM product_data;

CREATE TEMPORARY VIEW product_events AS
SELECT
  CAST(row.ProductID AS INT) AS product_id,
  row.Name AS name,
  CAST(row.ListPrice AS DECIMAL(10, 2)) AS list_price,
  operation,
  sequence
FROM STREAM product_rows;

CREATE STREAMING TABLE silver.products;

CREATE FLOW products_from_azure AS AUTO CDC INTO silver.products
FROM STREAM product_events
KEYS (product_id)
APPLY AS DELETE WHEN operation = 'DEL'
SEQUENCE BY sequence
COLUMNS * EXCEPT (operation, sequence)
STORED AS SCD TYPE 1;
