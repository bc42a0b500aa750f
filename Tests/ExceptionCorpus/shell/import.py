def load(row):
    return int(row["amount"])

load({"amount": "twelve"})
