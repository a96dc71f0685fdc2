-- Gold: what lies together in a cart.

CREATE OR REFRESH MATERIALIZED VIEW gold.baskets
COMMENT 'Carts: how many lines, how many different products and units, what they cost'
AS SELECT
  cart_id,
  max(user_id) AS user_id,
  count(*) AS lines,
  count(DISTINCT product_id) AS products,
  sum(quantity) AS units,
  sum(list_total) AS list_total,
  sum(revenue) AS revenue,
  sum(list_total) - sum(revenue) AS discount
FROM gold.sales
GROUP BY cart_id;

CREATE OR REFRESH MATERIALIZED VIEW gold.basket_summary
COMMENT 'The average cart'
AS SELECT
  count(*) AS carts,
  sum(lines) AS lines,
  round(avg(lines), 2) AS lines_per_cart,
  round(avg(units), 2) AS units_per_cart,
  round(avg(revenue), 2) AS average_basket,
  max(revenue) AS largest_basket,
  sum(revenue) AS revenue
FROM gold.baskets;

-- Each pair once, the smaller id first; a product that a cart names twice counts once.
CREATE OR REFRESH MATERIALIZED VIEW gold.bought_together (
  product_a,
  title_a,
  product_b,
  title_b,
  carts COMMENT 'Carts that hold both',
  support_pct COMMENT 'Their share of all carts, in percent',
  lift COMMENT 'How often both are bought together, as a multiple of what chance would give'
)
COMMENT 'Pairs of products in the same cart'
AS WITH bought AS (
  SELECT DISTINCT cart_id, product_id, title FROM gold.sales
),
popularity AS (
  SELECT product_id, count(*) AS carts FROM bought GROUP BY product_id
),
pairs AS (
  SELECT a.product_id AS product_a, b.product_id AS product_b, max(a.title) AS title_a, max(b.title) AS title_b,
         count(*) AS carts
  FROM bought AS a JOIN bought AS b ON a.cart_id = b.cart_id AND a.product_id < b.product_id
  GROUP BY a.product_id, b.product_id
)
SELECT
  product_a,
  title_a,
  product_b,
  title_b,
  pairs.carts,
  round(100 * pairs.carts / (SELECT count(DISTINCT cart_id) FROM bought), 2) AS support_pct,
  round(pairs.carts * (SELECT count(DISTINCT cart_id) FROM bought) / (a.carts * b.carts), 2) AS lift
FROM pairs
JOIN popularity AS a ON a.product_id = product_a
JOIN popularity AS b ON b.product_id = product_b;
