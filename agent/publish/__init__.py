"""Events and recommendations on Kafka topics, for other programs: what a topic holds is what the database holds."""
