"""An embedded Kafka broker and an OpenMetadata stand-in, for the demo, the tests, and tests of users' own DAGs."""
