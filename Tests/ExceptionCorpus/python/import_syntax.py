compile("x = = 1\n", "settings.py", "exec")
