"""What reflowtop does to the terminal beside drawing."""
