DELETE FROM scores WHERE article_id IN (SELECT article_id FROM incoming);
