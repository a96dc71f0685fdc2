-- Silver: customers, addresses, and who has which, with their history. Each folder that was landed is a whole table:
-- what is gone from it was deleted, and its row is closed.

CREATE OR REFRESH STREAMING TABLE silver.customers (
  CONSTRAINT has_email EXPECT (email LIKE '%_@_%')
)
COMMENT 'Customers and their history';

CREATE FLOW customers_by_day AS AUTO CDC INTO silver.customers
FROM SNAPSHOT (
  SELECT
    CustomerID AS customer_id,
    nullif(trim(Title), '') AS title,
    trim(FirstName) AS first_name,
    nullif(trim(MiddleName), '') AS middle_name,
    trim(LastName) AS last_name,
    coalesce(nullif(trim(CompanyName), ''), 'N/A') AS company,
    lower(EmailAddress) AS email,
    coalesce(Phone, 'N/A') AS phone
  FROM STREAM read_files('${saleslt}Customer', format => 'parquet')
)
KEYS (customer_id)
STORED AS SCD TYPE 2;

CREATE OR REFRESH STREAMING TABLE silver.addresses
COMMENT 'Addresses and their history';

CREATE FLOW addresses_by_day AS AUTO CDC INTO silver.addresses
FROM SNAPSHOT (
  SELECT
    AddressID AS address_id,
    AddressLine1 AS street,
    City AS city,
    StateProvince AS state,
    CountryRegion AS country,
    PostalCode AS postal_code
  FROM STREAM read_files('${saleslt}Address', format => 'parquet')
)
KEYS (address_id)
STORED AS SCD TYPE 2;

CREATE OR REFRESH STREAMING TABLE silver.customer_addresses
COMMENT 'Which addresses a customer has';

CREATE FLOW customer_addresses_by_day AS AUTO CDC INTO silver.customer_addresses
FROM SNAPSHOT (
  SELECT CustomerID AS customer_id, AddressID AS address_id, AddressType AS address_type
  FROM STREAM read_files('${saleslt}CustomerAddress', format => 'parquet')
)
KEYS (customer_id, address_id)
STORED AS SCD TYPE 2;
