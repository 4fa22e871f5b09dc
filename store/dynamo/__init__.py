"""The TaskDB on DynamoDB."""
