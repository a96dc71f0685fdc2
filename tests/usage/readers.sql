-- covers: read_files csv, json, parquet, text; cloud_files json, csv; header, inferSchema, rescuedDataColumn, schema, schemaHints, fileNamePattern, sep, multiLine
-- covers: _metadata.*, input_file_name(), paths in /Volumes, /databricks-datasets, s3a://, dbfs:, /FileStore, /Workspace, xml
-- fails: re.xml_files unsupported-format
USE SCHEMA re;
CREATE STREAMING TABLE csvs AS SELECT *, _metadata.file_name AS f, _metadata.file_path AS p, input_file_name() AS i FROM STREAM read_files('/Volumes/shop/landing/customers', FORMAT => 'csv', header => true, inferSchema => true, rescuedDataColumn => '_rescued', sep => ',', maxFilesPerTrigger => 5);
CREATE STREAMING TABLE jsons AS SELECT * FROM STREAM read_files('/databricks-datasets/shop/orders/', format => 'json', inferColumnTypes => 'true', schemaHints => 'amount DECIMAL(10,2)', multiLine => false, useIncrementalListing => 'auto');
CREATE MATERIALIZED VIEW parquets AS SELECT * FROM read_files('s3a://bucket/parquet', format => 'parquet');
CREATE MATERIALIZED VIEW texts AS SELECT value FROM read_files('dbfs:/shop/customers/*.csv', format => 'text');
CREATE MATERIALIZED VIEW named AS SELECT * FROM read_files('/FileStore/shop/customers', format => 'csv', schema => 'customer_id INT, name STRING', header => true, fileNamePattern => '*.csv');
CREATE STREAMING LIVE TABLE old_json AS SELECT * FROM cloud_files("/Volumes/shop/landing/orders", "json", map("cloudFiles.inferColumnTypes", "true", "cloudFiles.includeExistingFiles", "true", "cloudFiles.schemaEvolutionMode", "addNewColumns"));
CREATE STREAMING LIVE TABLE old_csv AS SELECT * FROM cloud_files("/Workspace/shop/customers", "csv", map("header", "true", "cloudFiles.schemaHints", "customer_id INT"));
CREATE MATERIALIZED VIEW guessed AS SELECT * FROM read_files('/Volumes/shop/landing/orders');
CREATE MATERIALIZED VIEW three_quotes AS SELECT * FROM read_files('/Volumes/shop/landing/customers', format => 'csv', header => true, schema => """
  customer_id INT,
  name STRING
""");
CREATE STREAMING TABLE xml_files AS SELECT * FROM STREAM read_files('/Volumes/shop/landing/xml', format => 'xml', rowTag => 'row');
