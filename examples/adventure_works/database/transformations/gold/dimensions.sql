-- Gold: what is known of customers and products now. A key is made of the number of the database, so it is the same in
-- every update; what a fact cannot be joined to is the member Unknown.

CREATE OR REFRESH MATERIALIZED VIEW gold.dim_customer
COMMENT 'Customers with their main office'
AS SELECT
  md5(CAST(c.customer_id AS STRING)) AS customer_key,
  c.customer_id,
  concat_ws(' ', c.title, c.first_name, c.middle_name, c.last_name) AS full_name,
  c.company,
  c.email,
  coalesce(a.city, 'Unknown') AS city,
  coalesce(a.state, 'Unknown') AS state,
  coalesce(a.country, 'Unknown') AS country
FROM silver.customers AS c
LEFT JOIN silver.customer_addresses AS ca
  ON ca.customer_id = c.customer_id AND ca.address_type = 'Main Office' AND ca.__END_AT IS NULL
LEFT JOIN silver.addresses AS a
  ON a.address_id = ca.address_id AND a.__END_AT IS NULL
WHERE c.__END_AT IS NULL
UNION ALL
SELECT '-1', NULL, 'Unknown', 'Unknown', NULL, 'Unknown', 'Unknown', 'Unknown';

CREATE OR REFRESH MATERIALIZED VIEW gold.dim_product
COMMENT 'Products with model and category'
AS SELECT
  md5(CAST(p.product_id AS STRING)) AS product_key,
  p.product_id,
  p.name,
  p.number,
  coalesce(m.name, 'N/A') AS model,
  coalesce(parent.name, c.name, 'Unknown') AS category,
  coalesce(c.name, 'Unknown') AS subcategory,
  p.color,
  p.size,
  p.standard_cost,
  p.list_price
FROM silver.products AS p
LEFT JOIN silver.models AS m ON m.model_id = p.model_id
LEFT JOIN silver.categories AS c ON c.category_id = p.category_id
LEFT JOIN silver.categories AS parent ON parent.category_id = c.parent_id
WHERE p.__END_AT IS NULL
UNION ALL
SELECT '-1', NULL, 'Unknown', 'N/A', 'N/A', 'Unknown', 'Unknown', 'N/A', 'N/A', NULL, NULL;
