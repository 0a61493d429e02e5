SELECT article_id, category, opinion
FROM standing_among('all_verdicts')
SEMI JOIN incoming USING (article_id);
