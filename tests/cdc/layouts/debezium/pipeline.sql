-- Bronze: the envelopes as they came.
CREATE STREAMING TABLE bronze.customers AS
SELECT * FROM STREAM read_files('changes', format => 'json', schema => '
  op STRING,
  before STRUCT<id: BIGINT, name: STRING, city: STRING, phone: STRING>,
  after STRUCT<id: BIGINT, name: STRING, city: STRING, phone: STRING>,
  source STRUCT<ts_ms: BIGINT, lsn: BIGINT>');

-- One row for each event: the new row, or of a delete the old one.
CREATE TEMPORARY VIEW customer_rows AS
SELECT coalesce(after, before) AS row, op, timestamp_millis(source.ts_ms) AS changed_at
FROM STREAM bronze.customers;

CREATE TEMPORARY VIEW customer_events AS
SELECT row.*, op, changed_at FROM STREAM customer_rows;

CREATE STREAMING TABLE silver.customers;

CREATE FLOW customers_from_debezium AS AUTO CDC INTO silver.customers
FROM STREAM customer_events
KEYS (id)
APPLY AS DELETE WHEN op = 'd'
SEQUENCE BY changed_at
COLUMNS * EXCEPT (op, changed_at)
STORED AS SCD TYPE 2
TRACK HISTORY ON * EXCEPT (phone);
