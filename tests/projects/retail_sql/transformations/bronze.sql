CREATE OR REFRESH STREAMING TABLE bronze_orders
COMMENT 'orders as they came'
AS SELECT order_id, customer_id, ordered_at, status, amount, discount, note
FROM STREAM read_files('data/orders', format => 'csv', header => true, inferColumnTypes => false);

CREATE OR REFRESH MATERIALIZED VIEW bronze_customers
AS SELECT * EXCEPT (_rescued_data) FROM read_files('data/customers.json', format => 'json');
