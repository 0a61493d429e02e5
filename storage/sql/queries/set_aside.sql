-- title: Set aside
-- shows: What the desk has given up on and `spywatch replay` can try again, by source and reason, with an example.
SELECT
    outlet,
    coalesce(reason, access) AS why,
    state,
    count(*) AS entries,
    max(finished_at) AS latest,
    arg_max(title, finished_at) AS example,
    arg_max(url, finished_at) AS example_url
FROM set_aside
GROUP BY outlet, why, state
ORDER BY entries DESC, outlet, why, state;
