-- Bronze: rows of the table cdc.dbo_Stock_CT as a copy job wrote them; the binary columns as hexadecimal texts.
CREATE STREAMING TABLE bronze.stock AS
SELECT * FROM STREAM read_files('changes', format => 'csv', header => true, schema => '
  `__$start_lsn` STRING, `__$seqval` STRING, `__$operation` INT, `__$update_mask` STRING,
  product_id INT, shelf STRING, pieces INT');

-- 1 is a delete, 2 an insert, 3 the row before an update and 4 the row after it.
CREATE TEMPORARY VIEW stock_events AS
SELECT
  product_id,
  shelf,
  pieces,
  `__$operation` AS operation,
  struct(`__$start_lsn`, `__$seqval`, `__$operation`) AS sequence
FROM STREAM bronze.stock
WHERE `__$operation` <> 3;

CREATE STREAMING TABLE silver.stock;

CREATE FLOW stock_from_sql_server AS AUTO CDC INTO silver.stock
FROM STREAM stock_events
KEYS (product_id, shelf)
APPLY AS DELETE WHEN operation = 1
SEQUENCE BY sequence
COLUMNS * EXCEPT (operation, sequence)
STORED AS SCD TYPE 1;
