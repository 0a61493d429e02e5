-- title: Feed latency
-- shows: Hours between an article's publication and the run that first saw it, by source; dates of a whole day count from midnight.
-- param days = 30: how many days to look back
SELECT
    outlet,
    count(*) AS articles,
    round(median(epoch(first_seen_at - published_at)) / 3600, 1) AS median_hours,
    round(quantile_cont(epoch(first_seen_at - published_at), 0.9) / 3600, 1) AS hours_of_nine_in_ten
FROM article_list
WHERE published_at <= first_seen_at AND first_seen_at >= now() - to_days($days::INTEGER)
GROUP BY outlet
ORDER BY median_hours DESC, outlet;
