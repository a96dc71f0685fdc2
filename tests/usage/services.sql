-- covers: ai_* functions, models and functions that are registered elsewhere, read_kafka, is_member, aes_encrypt
-- fails: se.asked unsupported-function, se.scored unknown-function, se.events unsupported-source, se.members unsupported-function, se.secret unsupported-function
USE SCHEMA se;
CREATE MATERIALIZED VIEW asked AS SELECT ai_classify(name, array('a', 'b')) AS a FROM raw.orders;
CREATE MATERIALIZED VIEW scored AS SELECT predict_risk(struct(amount)) AS a FROM raw.orders;
CREATE STREAMING TABLE events AS SELECT * FROM STREAM read_kafka(bootstrapServers => 'host:9092', subscribe => 'topic');
CREATE MATERIALIZED VIEW members AS SELECT is_member('admins') AS a;
CREATE MATERIALIZED VIEW secret AS SELECT aes_encrypt('a', '0000111122223333') AS a;
CREATE MATERIALIZED VIEW beside AS SELECT 1 AS a;
