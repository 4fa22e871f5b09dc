"""The rows and columns of every list, shared by screens and commands.

One module per list (`runs`, `tasks`, `pools`, `idents`, `findings`, `flows`); `columns` lays columns out, `cells` holds
what several lists show.
"""
