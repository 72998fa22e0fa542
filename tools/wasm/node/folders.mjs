// Turns the options --dir HOST[::INSIDE] at the start of a command line into the folders that a component sees: no others.

import { _addPreopen, _clearPreopens } from "@bytecodealliance/preview2-shim/filesystem";

/** Takes them off `words`, and a `--` behind them. */
export function takeFolders(words) {
  _clearPreopens();
  while (words[0] === "--dir" && words.length > 1) {
    const [outside, inside] = words.splice(0, 2)[1].split("::");
    _addPreopen(inside ?? outside, outside);
  }
  if (words[0] === "--") words.shift();
}
