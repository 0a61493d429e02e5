UPDATE feeds
SET
    url = incoming.url,
    outlet = incoming.outlet,
    name = incoming.name,
    language = incoming.language,
    country = incoming.country,
    kind = incoming.kind,
    verified = incoming.verified,
    registered = true
FROM incoming
WHERE feeds.feed_id = incoming.feed_id;
