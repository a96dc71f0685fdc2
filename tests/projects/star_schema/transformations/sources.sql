CREATE MATERIALIZED VIEW lineitem AS SELECT * FROM read_files('data/lineitem.csv', format => 'csv', header => true,
  schema => 'order INT, line INT, part INT, supplier INT, quantity DECIMAL(12,2), price DECIMAL(12,2), discount DECIMAL(12,2), shipped DATE, flag STRING');
CREATE MATERIALIZED VIEW orders AS SELECT * FROM read_files('data/orders.csv', format => 'csv', header => true, schema => 'order INT, customer INT, placed DATE, priority STRING');
CREATE MATERIALIZED VIEW customer AS SELECT * FROM read_files('data/customer.csv', format => 'csv', header => true, schema => 'customer INT, name STRING, nation INT, segment STRING, balance DECIMAL(12,2)');
CREATE MATERIALIZED VIEW nation AS SELECT * FROM read_files('data/nation.csv', format => 'csv', header => true, schema => 'nation INT, name STRING, region STRING');
CREATE MATERIALIZED VIEW part AS SELECT * FROM read_files('data/part.csv', format => 'csv', header => true, schema => 'part INT, name STRING, size INT');
