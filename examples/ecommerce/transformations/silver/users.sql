-- Silver: users without what nobody needs to sell: no names, passwords, addresses, numbers of cards. An address of mail
-- becomes a hash, which still tells whether two are one; of a telephone number the end remains; of a birthday the year.

CREATE OR REFRESH MATERIALIZED VIEW silver.users (
  CONSTRAINT has_id EXPECT (user_id IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT has_department EXPECT (department IS NOT NULL),
  CONSTRAINT country_is_known EXPECT (country_code IS NOT NULL)
)
COMMENT 'Users, without personal data'
TBLPROPERTIES ('ingot.unique_key' = 'user_id', 'ingot.min_rows' = '1')
AS SELECT
  lpad(CAST(id AS STRING), 5, '0') AS user_id,
  sha2(lower(trim(email)), 256) AS email_hash,
  lower(split(email, '@')[1]) AS email_domain,
  concat('***', right(phone, 2)) AS phone_masked,
  gender,
  year(to_date(birthDate, 'yyyy-M-d')) AS birth_year,
  company.department AS department,
  company.title AS job_title,
  address.city AS city,
  address.state AS state,
  address.stateCode AS state_code,
  address.country AS country,
  CASE address.country WHEN 'United States' THEN 'US' WHEN 'Canada' THEN 'CA' WHEN 'Mexico' THEN 'MX' END AS country_code,
  role,
  _source_file,
  _read_at
FROM (
  SELECT *, row_number() OVER (PARTITION BY id ORDER BY _read_at DESC, _source_file DESC) AS nth_newest
  FROM bronze.shop_users
)
WHERE nth_newest = 1;
