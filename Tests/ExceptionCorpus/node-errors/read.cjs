"use strict";
const fs = require("fs");
fs.readFileSync("/gone/rows.csv");
