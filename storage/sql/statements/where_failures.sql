SELECT entry_id, happened_at, stage, subject, reason, detail, retryable, retry_after_seconds
FROM failures
SEMI JOIN incoming USING (entry_id)
ORDER BY happened_at, failure_id;
