-- Silver: the history of customers (SCD type 2), one row for each time that something that matters changed.

-- The row is in `after`; of a delete it is in `before`.
CREATE TEMPORARY VIEW customer_changes AS
SELECT
  coalesce(after, before) AS row,
  op,
  timestamp_millis(source.ts_ms) AS changed_at
FROM STREAM bronze.customers;

CREATE TEMPORARY VIEW customer_events AS
SELECT row.*, op, changed_at FROM STREAM customer_changes;

CREATE OR REFRESH STREAMING TABLE silver.customers
COMMENT 'Customers and their history';

CREATE FLOW customers_by_debezium AS AUTO CDC INTO silver.customers
FROM STREAM customer_events
KEYS (customer_id)
APPLY AS DELETE WHEN op = 'd'
SEQUENCE BY changed_at
COLUMNS * EXCEPT (op, changed_at)
STORED AS SCD TYPE 2
TRACK HISTORY ON * EXCEPT (newsletter);
