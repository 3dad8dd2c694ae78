"""The support bundle: what somebody far away needs to see, and nothing that is a secret or a customer's."""
