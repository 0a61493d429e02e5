-- title: Failures by reason
-- shows: What did not work in the last fourteen days, by stage and reason, with an example.
SELECT
    stage,
    reason,
    count(*) AS failures,
    count(DISTINCT subject) AS subjects,
    max(happened_at) AS latest,
    arg_max(subject, happened_at) AS example
FROM recent_failures
GROUP BY stage, reason
ORDER BY failures DESC, stage, reason;
