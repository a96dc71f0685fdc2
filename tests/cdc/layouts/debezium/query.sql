SELECT * FROM silver.customers ORDER BY id, __START_AT
