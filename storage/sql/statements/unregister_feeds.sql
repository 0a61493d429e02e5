UPDATE feeds SET registered = false WHERE registered;
