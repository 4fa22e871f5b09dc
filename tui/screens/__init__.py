"""The screens of the dashboard, one module each.

`base` holds the base classes and the state that screens share, `actions` the commands that they share, `log` the log
screen. To add a screen, add its module, its route in `base/routes.py` and its case in `base/navigation.py`.
"""
