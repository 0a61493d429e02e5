CREATE TABLE IF NOT EXISTS migrations (
    version INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE migrations IS 'The steps of the schema that this database has taken.';
COMMENT ON COLUMN migrations.version IS 'Number of the step; the greatest is the version of the schema.';
COMMENT ON COLUMN migrations.name IS 'Name of the step.';
COMMENT ON COLUMN migrations.applied_at IS 'When it was taken.';
