print(undefined_variable + 1)
