SELECT * FROM silver.orders ORDER BY order_id
