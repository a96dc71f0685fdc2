-- Bronze: each state of an order and of its lines that was read, with its file. A changed row comes a second time.

CREATE OR REFRESH STREAMING TABLE bronze.order_headers
COMMENT 'Orders as they were read'
AS SELECT *, _metadata.file_path AS _source_file
FROM STREAM read_files('${saleslt}SalesOrderHeader', format => 'parquet');

CREATE OR REFRESH STREAMING TABLE bronze.order_lines
COMMENT 'Lines of orders as they were read'
AS SELECT *, _metadata.file_path AS _source_file
FROM STREAM read_files('${saleslt}SalesOrderDetail', format => 'parquet');
