def total(rows):
    return rows[3]

print(total([1, 2]))
