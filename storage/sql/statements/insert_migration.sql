INSERT INTO migrations VALUES ($version, $name, $applied_at);
