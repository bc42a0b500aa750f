const missing = require('./does-not-exist');
missing();
