"""Work from a backlog to a published batch: consume, translate, publish, commit, batch after batch."""
