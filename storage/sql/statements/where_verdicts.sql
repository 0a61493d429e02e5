SELECT article_id, category, opinion, author, judged_at, note
FROM all_verdicts
SEMI JOIN incoming USING (article_id)
ORDER BY article_id, judged_at, journal_id, category;
