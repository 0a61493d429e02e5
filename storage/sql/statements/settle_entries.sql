UPDATE entries
SET
    state = incoming.state,
    reason = incoming.reason,
    detail = incoming.detail,
    attempts = incoming.attempts,
    due_at = incoming.due_at,
    last_attempt_at = incoming.last_attempt_at,
    last_run_id = incoming.last_run_id,
    finished_at = incoming.finished_at,
    linked_to_article_id = incoming.linked_to_article_id,
    summary_html = CASE WHEN incoming.keeps_feed_text THEN entries.summary_html END,
    content_html = CASE WHEN incoming.keeps_feed_text THEN entries.content_html END
FROM incoming
WHERE entries.entry_id = incoming.entry_id;
