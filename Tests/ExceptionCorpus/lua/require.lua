local json = require("gone.json")
