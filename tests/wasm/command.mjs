// Runs a module as a program in Node: `node tests/wasm/command.mjs MODULE WORD...`, as command.py does in wasmtime.
// Exit code 134 and one line on standard error: a trap.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [path, ...words] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: ["weft", ...words], env: process.env, preopens: { "/": "/" } });
const http = () => {
  throw new Error("a script of the test build has no network");
};
const { instance } = await WebAssembly.instantiate(readFileSync(path), {
  wasi_snapshot_preview1: wasi.wasiImport,
  clawft: { http },
});
try {
  process.exitCode = wasi.start(instance);
} catch (error) {
  console.error(`${path} trapped: ${error.message}`);
  process.exitCode = 134;
}
