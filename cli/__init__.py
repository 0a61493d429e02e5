"""The `spywatch` command: a file a group of commands; heavy libraries are imported by the command that needs them."""
