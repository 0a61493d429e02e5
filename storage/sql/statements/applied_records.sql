SELECT journal_id FROM journal_applied;
