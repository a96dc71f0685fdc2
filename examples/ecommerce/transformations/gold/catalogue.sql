-- Gold: what is offered.

CREATE OR REFRESH MATERIALIZED VIEW gold.boutique_categories
COMMENT 'The boutique by category: number of products, sum and average of prices'
AS SELECT
  category,
  count(*) AS products,
  sum(price) AS sum_of_prices,
  round(avg(price), 2) AS average_price,
  rank() OVER (ORDER BY sum(price) DESC) AS rank_by_prices
FROM silver.boutique_products
GROUP BY category;

CREATE OR REFRESH MATERIALIZED VIEW gold.product_ratings
COMMENT 'What reviews say of each product'
AS SELECT
  p.product_id,
  p.title,
  p.category,
  count(r.rating) AS reviews,
  round(avg(r.rating), 2) AS average_rating,
  max(CAST(r.reviewed_at AS DATE)) AS last_reviewed_on
FROM silver.products AS p
LEFT JOIN silver.product_reviews AS r USING (product_id)
GROUP BY ALL;

CREATE OR REFRESH MATERIALIZED VIEW gold.price_changes
COMMENT 'Prices that changed from one reading of the API to a later one'
AS SELECT
  product_id,
  p.title,
  p.category,
  before.price AS old_price,
  after.price AS new_price,
  round(100 * (after.price - before.price) / before.price, 2) AS change_pct,
  after.__START_AT AS changed_at
FROM silver.product_prices AS before
JOIN silver.product_prices AS after USING (product_id)
LEFT JOIN silver.products AS p USING (product_id)
WHERE after.__START_AT = before.__END_AT;
