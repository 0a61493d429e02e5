-- title: Access by source
-- shows: How many articles of each source were shown in full, as a teaser, behind a wall, or not at all.
SELECT
    outlet,
    count(*) AS articles,
    count(*) FILTER (access = 'full') AS full_text,
    count(*) FILTER (access = 'teaser') AS teaser,
    count(*) FILTER (access = 'blocked') AS blocked,
    count(*) FILTER (access = 'empty') AS empty,
    count(*) FILTER (text_source <> 'page') AS text_from_feed,
    count(*) FILTER (access = 'challenge') AS challenge,
    count(*) FILTER (access = 'consent') AS consent,
    count(*) FILTER (access = 'login') AS login,
    count(*) FILTER (access = 'robots') AS robots
FROM article_list
GROUP BY outlet
ORDER BY articles DESC, outlet;
