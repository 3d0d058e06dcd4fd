"""What the user types. Nobody else imports it."""
