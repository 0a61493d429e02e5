-- The language of a text that is not scored for its language is the classifier's; else it is only filled in.
UPDATE articles
SET
    model = incoming.model,
    corpus = incoming.corpus,
    not_classified = incoming.not_classified,
    classified_at = incoming.classified_at,
    language = CASE
        WHEN incoming.not_classified = 'language_not_covered' THEN coalesce(incoming.language, articles.language)
        ELSE coalesce(articles.language, incoming.language)
    END
FROM incoming
WHERE articles.article_id = incoming.article_id;
