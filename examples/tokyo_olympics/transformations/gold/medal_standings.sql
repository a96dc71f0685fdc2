-- Gold: who won. A gold medal counts 3 points, a silver one 2, a bronze one 1.

CREATE OR REFRESH MATERIALIZED VIEW gold.medal_standings
COMMENT 'Medals, points and ranks by country'
AS SELECT country, gold, silver, bronze, total,
          3 * gold + 2 * silver + bronze AS points,
          rank() OVER (ORDER BY gold DESC, silver DESC, bronze DESC) AS rank_by_medals,
          rank() OVER (ORDER BY 3 * gold + 2 * silver + bronze DESC) AS rank_by_points,
          rank() OVER (ORDER BY total DESC) AS rank_by_total
FROM silver.medals;
