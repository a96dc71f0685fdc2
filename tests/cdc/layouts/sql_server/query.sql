SELECT * FROM silver.stock ORDER BY product_id, shelf
