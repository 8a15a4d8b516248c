// Becomes part of the entry `level` when it is bundled: abstract-level is a peer, which only users of that entry install.
// The name is written out, so that other people's bundlers find it.
function requireAbstractLevel() {
  try {
    return require("abstract-level");
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    throw missing("mini-lsm-cli/level needs the package abstract-level: npm install abstract-level@3", error);
  }
}

function missing(message, cause) {
  return Object.assign(new Error(message, { cause }), { code: "MODULE_NOT_FOUND" });
}

module.exports = requireAbstractLevel();
if (module.exports.AbstractSnapshot === undefined) {
  throw missing(
    "mini-lsm-cli/level needs version 3 of abstract-level, and found an older one: npm install abstract-level@3",
  );
}
