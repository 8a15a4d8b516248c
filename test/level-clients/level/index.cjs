exports.Level = require("mini-lsm-cli/level").MiniLevel;
