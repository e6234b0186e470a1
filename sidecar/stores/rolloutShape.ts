import type { DatabaseShape } from "../sqlite/databaseFile.ts";

const CURSOR_TABLE = `
  CREATE TABLE cursors (reader TEXT NOT NULL, name TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (reader, name)) STRICT;
`;
/** There was but one reader, whose places were those of its targets. */
const CURSORS_OF_ALERTS = `
  ALTER TABLE cursors RENAME TO targets;
  ${CURSOR_TABLE}
  INSERT INTO cursors SELECT 'alerts', target, sequence FROM targets;
  DROP TABLE targets;
`;
const TARGET_TABLE =
  "CREATE TABLE cursors (target TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT;";

const ROLLOUT_TABLES = `
  CREATE TABLE events (sequence INTEGER PRIMARY KEY, rollout TEXT NOT NULL, body TEXT NOT NULL, checksum TEXT NOT NULL) STRICT;
  CREATE INDEX events_of_rollout ON events (rollout, sequence);
  CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), sequence INTEGER NOT NULL, checksum TEXT NOT NULL) STRICT;
  INSERT INTO head VALUES (1, 0, '');
  CREATE TABLE rollouts (name TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT;
  CREATE TABLE evidence (
    rollout TEXT NOT NULL, source TEXT NOT NULL, epoch INTEGER NOT NULL, body TEXT NOT NULL, checksum TEXT NOT NULL,
    PRIMARY KEY (rollout, source, epoch)) STRICT;
  CREATE TABLE watches (rollout TEXT PRIMARY KEY, body TEXT NOT NULL, checksum TEXT NOT NULL) STRICT;
  ${CURSOR_TABLE}
`;

/** Of the store of rollouts. */
export const ROLLOUT_SHAPE: DatabaseShape = {
  version: 4,
  tables: ROLLOUT_TABLES,
  upgrades: { 2: TARGET_TABLE, 3: CURSORS_OF_ALERTS },
  commits: "full",
  check: "always",
};
