-- Bronze: the files as received. Every column is text, every row knows its file.
-- A file that changes at its source lands again under a longer name, so the paths end in *.csv.

CREATE OR REFRESH STREAMING TABLE bronze.athletes
COMMENT 'Athletes as received'
AS SELECT *, _metadata.file_name AS _source_file, _metadata.file_modification_time AS _source_modified,
          current_timestamp() AS _ingested_at
FROM STREAM read_files('${landing}/olympics/Athletes*.csv',
  format => 'csv', header => true, encoding => 'windows-1252', inferColumnTypes => false);

CREATE OR REFRESH STREAMING TABLE bronze.coaches
COMMENT 'Coaches as received'
AS SELECT *, _metadata.file_name AS _source_file, _metadata.file_modification_time AS _source_modified,
          current_timestamp() AS _ingested_at
FROM STREAM read_files('${landing}/olympics/Coaches*.csv',
  format => 'csv', header => true, encoding => 'windows-1252', inferColumnTypes => false);

CREATE OR REFRESH STREAMING TABLE bronze.entries_gender
COMMENT 'Entries by discipline and gender as received'
AS SELECT *, _metadata.file_name AS _source_file, _metadata.file_modification_time AS _source_modified,
          current_timestamp() AS _ingested_at
FROM STREAM read_files('${landing}/olympics/EntriesGender*.csv',
  format => 'csv', header => true, encoding => 'windows-1252', inferColumnTypes => false);

-- The one file that is UTF-8. Delta allows no blanks in a column's name, so one column needs another.
CREATE OR REFRESH STREAMING TABLE bronze.medals
COMMENT 'Medals as received'
AS SELECT * EXCEPT (`Rank by Total`), `Rank by Total` AS RankByTotal,
          _metadata.file_name AS _source_file, _metadata.file_modification_time AS _source_modified,
          current_timestamp() AS _ingested_at
FROM STREAM read_files('${landing}/olympics/Medals*.csv',
  format => 'csv', header => true, inferColumnTypes => false);

CREATE OR REFRESH STREAMING TABLE bronze.teams
COMMENT 'Teams as received'
AS SELECT *, _metadata.file_name AS _source_file, _metadata.file_modification_time AS _source_modified,
          current_timestamp() AS _ingested_at
FROM STREAM read_files('${landing}/olympics/Teams*.csv',
  format => 'csv', header => true, encoding => 'windows-1252', inferColumnTypes => false);
