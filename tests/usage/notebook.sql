-- Databricks notebook source
-- covers: notebooks in source form in SQL: the end of a cell ends a statement, %md, %python, %fs
-- MAGIC %md
-- MAGIC # Title

-- COMMAND ----------

CREATE OR REFRESH STREAMING TABLE nb.a
AS SELECT * FROM STREAM(raw.orders)

-- COMMAND ----------

-- DBTITLE 1,Second
CREATE OR REFRESH MATERIALIZED VIEW nb.b AS SELECT * FROM nb.a;

CREATE OR REFRESH MATERIALIZED VIEW nb.c AS SELECT * FROM nb.b

-- COMMAND ----------

-- MAGIC %python
-- MAGIC print("x")

-- COMMAND ----------

-- MAGIC %fs ls /x
