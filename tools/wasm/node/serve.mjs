// POST /v1/chat in Node: node serve.mjs [--dir HOST[::INSIDE]]... [ADDRESS:PORT]. One request at a time; port 0: any.

import * as cli from "@bytecodealliance/preview2-shim/cli";
import { HTTPServer } from "@bytecodealliance/preview2-shim/http";
import { takeFolders } from "./folders.mjs";
import { incomingHandler } from "./http.js";

const words = process.argv.slice(2);
takeFolders(words);
const place = words[0] ?? "127.0.0.1:8000";
const colon = place.lastIndexOf(":");
cli._setArgs(["weft"]);
cli._setTerminalStdin(undefined);
cli._setTerminalStdout(undefined);
cli._setTerminalStderr(undefined);
const server = new HTTPServer(incomingHandler);
server.listen(Number(place.slice(colon + 1)), place.slice(0, colon));
const { address, port } = server.address();
console.log(`listening on http://${address}:${port}`);
