-- Habits of which the last polls with enough to compare show nothing.
WITH latest AS (
    SELECT feed_id, changed_guids, changed_titles, changed_dates
    FROM polls
    SEMI JOIN incoming USING (feed_id)
    WHERE compared >= $enough
    QUALIFY row_number() OVER (PARTITION BY feed_id ORDER BY polled_at DESC, poll_id DESC) <= $polls
),
summed AS (
    SELECT
        feed_id,
        count(*) AS polls,
        sum(changed_guids) AS guids,
        sum(changed_titles) AS titles,
        sum(changed_dates) AS dates
    FROM latest
    GROUP BY feed_id
)
SELECT h.feed_id, h.habit
FROM feed_habits AS h
SEMI JOIN incoming USING (feed_id)
JOIN summed AS s USING (feed_id)
WHERE s.polls >= $polls
    AND CASE h.habit
        WHEN 'changing_guids' THEN s.guids = 0
        WHEN 'rewritten_titles' THEN s.titles = 0
        WHEN 'drifting_dates' THEN s.dates = 0
        ELSE false
    END;
