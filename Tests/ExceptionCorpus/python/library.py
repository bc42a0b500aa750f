import json

json.loads('{"port": nope}')
