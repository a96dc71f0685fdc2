-- Gold: what is sold, to whom. Revenue is what is paid, after the discount.

CREATE OR REFRESH MATERIALIZED VIEW gold.sales (
  CONSTRAINT product_is_known EXPECT (title IS NOT NULL),
  CONSTRAINT user_is_known EXPECT (department IS NOT NULL)
)
COMMENT 'Lines of carts, with their product and the department and city of who buys'
AS SELECT
  l.cart_id,
  l.line,
  l.product_id,
  p.title,
  coalesce(p.category, 'unknown') AS category,
  p.brand,
  c.user_id,
  u.department,
  u.city,
  u.country,
  u.country_code,
  l.quantity,
  l.price,
  l.total AS list_total,
  l.discounted_total AS revenue
FROM silver.cart_lines AS l
JOIN silver.carts AS c USING (cart_id)
LEFT JOIN silver.products AS p ON p.product_id = l.product_id
LEFT JOIN silver.users AS u ON u.user_id = c.user_id;

CREATE OR REFRESH MATERIALIZED VIEW gold.sales_by_category (
  category,
  products COMMENT 'Products that are offered now',
  average_price COMMENT 'Of these products',
  carts COMMENT 'Carts with a product of the category',
  units,
  revenue COMMENT 'What is paid, after the discount',
  revenue_per_cart,
  rank_by_revenue
)
COMMENT 'Revenue by category, and the average price of what it offers'
AS WITH offered AS (
  SELECT category, count(*) AS products, round(avg(price), 2) AS average_price FROM silver.products GROUP BY category
),
sold AS (
  SELECT category, count(DISTINCT cart_id) AS carts, sum(quantity) AS units, sum(revenue) AS revenue
  FROM gold.sales GROUP BY category
)
SELECT
  category,
  coalesce(products, 0) AS products,
  average_price,
  coalesce(carts, 0) AS carts,
  coalesce(units, 0) AS units,
  coalesce(revenue, 0) AS revenue,
  round(revenue / carts, 2) AS revenue_per_cart,
  rank() OVER (ORDER BY coalesce(revenue, 0) DESC) AS rank_by_revenue
FROM offered FULL OUTER JOIN sold USING (category);

CREATE OR REFRESH MATERIALIZED VIEW gold.best_and_worst_categories
COMMENT 'The three categories with the highest revenue, and the three with the lowest'
AS SELECT 'best' AS standing, place, category, revenue
FROM (SELECT *, row_number() OVER (ORDER BY revenue DESC, category) AS place FROM gold.sales_by_category)
WHERE place <= 3
UNION ALL
SELECT 'worst' AS standing, place, category, revenue
FROM (SELECT *, row_number() OVER (ORDER BY revenue, category) AS place FROM gold.sales_by_category)
WHERE place <= 3;

CREATE OR REFRESH MATERIALIZED VIEW gold.sales_by_department
COMMENT 'Revenue by the department in which users work'
AS SELECT
  department,
  count(DISTINCT user_id) AS users,
  count(DISTINCT cart_id) AS carts,
  sum(quantity) AS units,
  sum(revenue) AS revenue
FROM gold.sales
GROUP BY department;

CREATE OR REFRESH MATERIALIZED VIEW gold.sales_by_city
COMMENT 'Revenue by the city in which users live'
AS SELECT
  city,
  country,
  country_code,
  count(DISTINCT user_id) AS users,
  count(DISTINCT cart_id) AS carts,
  sum(quantity) AS units,
  sum(revenue) AS revenue
FROM gold.sales
GROUP BY city, country, country_code;
