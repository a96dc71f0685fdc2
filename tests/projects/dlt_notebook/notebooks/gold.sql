-- Databricks notebook source
-- MAGIC %md ## Gold
-- COMMAND ----------
CREATE OR REFRESH LIVE TABLE trips_by_zip
COMMENT "by the place of pickup"
AS SELECT zip, count(1) AS trips, sum(fare) AS fares, max(distance) AS longest, min(pickup) AS first
FROM LIVE.trips GROUP BY zip
-- COMMAND ----------
CREATE TEMPORARY LIVE VIEW late_trips AS SELECT * FROM LIVE.trips WHERE hour >= 22 OR hour < 5
-- COMMAND ----------
CREATE LIVE TABLE late_share
AS SELECT t.day, count(t.trip_id) AS trips, count(l.trip_id) AS late, count(l.trip_id) / count(t.trip_id) AS share
FROM LIVE.trips t LEFT JOIN LIVE.late_trips l ON t.trip_id = l.trip_id
GROUP BY t.day
