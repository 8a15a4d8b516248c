// Loaded before the program: its clock is a minute earlier at every look, as if somebody set it back all the time.
const begun = Date.now();
let looks = 0;
Date.now = () => begun - 60_000 * ++looks;
