SELECT feed_id, url FROM feeds;
