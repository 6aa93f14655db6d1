"""The web chat: a question typed in a browser → an answer whose every sentence opens the words it rests on.

This package knows the core by its public names only, and nothing of how an index is made."""
