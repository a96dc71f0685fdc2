SELECT * FROM silver.products ORDER BY product_id
