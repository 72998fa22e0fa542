// The command line `weft` in Node: node weft.mjs [--dir HOST[::INSIDE]]... [--] ARGUMENTS. Without --dir it sees no files.

import { isatty } from "node:tty";
import * as cli from "@bytecodealliance/preview2-shim/cli";
import { takeFolders } from "./folders.mjs";
import { run } from "./weft.js";

const words = process.argv.slice(2);
takeFolders(words);
cli._setArgs(["weft", ...words]);
// The shim takes every stream for a terminal.
if (!isatty(0)) cli._setTerminalStdin(undefined);
if (!isatty(1)) cli._setTerminalStdout(undefined);
if (!isatty(2)) cli._setTerminalStderr(undefined);
run.run();
