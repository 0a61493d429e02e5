SELECT article_id, category, score, decision, judged_by, evidence, terms, nearest
FROM tags_under('all_verdicts')
SEMI JOIN incoming USING (article_id)
ORDER BY article_id, score DESC NULLS LAST, category;
