-- Who has told an article before: under its id, or, where it is a page's only one, under the page's address. An article
-- that took the place of another keeps that one's id, so that the id alone would miss it.
SELECT article_id, entry_id
FROM articles
SEMI JOIN incoming USING (article_id)
UNION ALL
SELECT i.article_id, a.entry_id
FROM incoming AS i
JOIN articles AS a USING (canonical_url)
JOIN entries AS e ON e.entry_id = a.entry_id
WHERE i.canonical_url <> '' AND i.article_id <> a.article_id AND a.part IS NULL AND NOT e.link_shared;
