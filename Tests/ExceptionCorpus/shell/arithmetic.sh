zero=0
echo $((1 / zero))
echo after
