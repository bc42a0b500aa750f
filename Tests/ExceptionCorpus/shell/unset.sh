set -u
echo "one"
echo "$TARGET_DIRECTORY"
