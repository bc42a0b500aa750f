set -e
touch locked; chmod 644 locked
./locked
