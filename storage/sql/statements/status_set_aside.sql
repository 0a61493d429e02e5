SELECT count(*) AS entries FROM set_aside;
