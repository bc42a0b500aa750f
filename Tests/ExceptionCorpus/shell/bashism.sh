set -e
list=(1 2 3)
echo "${list[1]}"
