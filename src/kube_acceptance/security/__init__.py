"""What keeps a deployment safe, shown on what is rendered and on what runs."""
