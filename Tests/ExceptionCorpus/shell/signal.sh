echo one
bash -c 'kill -SEGV $$'
echo two
bash -c 'kill -KILL $$'
