readonly LIMIT=1
LIMIT=2
echo after
