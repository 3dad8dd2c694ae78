"""What a field tech would check, each check with its next step."""
