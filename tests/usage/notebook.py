# Databricks notebook source
# covers: notebooks in source form: %md, %pip, %run, %sql, %python; dbutils.widgets, dbutils.fs, dbutils.notebook, display, print, displayHTML
# MAGIC %md
# MAGIC # Title with """ quotes

# COMMAND ----------

# MAGIC %pip install something

# COMMAND ----------

# MAGIC %run ../helpers/setup $env="dev"

# COMMAND ----------

dbutils.widgets.text("schema_name", "np")
schema_name = dbutils.widgets.get("schema_name")
print(schema_name, prefix, env)
display(spark.range(1))
displayHTML("<b>x</b>")
dbutils.fs.mkdirs("/Volumes/shop/out")
files = [f.name for f in dbutils.fs.ls("/Volumes/shop/landing/customers")]
assert files == ["customers.csv"] and "customer_id" in dbutils.fs.head("/Volumes/shop/landing/customers/customers.csv")
path = dbutils.notebook.entry_point.getDbutils().notebook().getContext().notebookPath().get()
assert path.endswith("notebook")
spark.sparkContext.setJobDescription("x")
sc.setLogLevel("WARN")

# COMMAND ----------

# MAGIC %sql
# MAGIC CREATE OR REFRESH STREAMING TABLE np.in_sql AS SELECT * FROM STREAM(raw.orders)

# COMMAND ----------

# MAGIC %python
# MAGIC import dlt

# COMMAND ----------


# DBTITLE 1,Table
@dlt.table(name=f"{schema_name}.{prefix}_t")
def t():
    return dlt.read("np.in_sql")
