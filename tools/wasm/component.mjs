// Turns a core module into a component, or a component into modules for JavaScript: jco's part of tools/component.py,
// which gives one job as JSON. Everything that is decided is decided there.

import { readFile, writeFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { componentEmbed, componentNew, transpile } from "@bytecodealliance/jco";

async function compose({ core, wit, world, adapter, output }) {
  const typed = await componentEmbed({ binary: await readFile(core), witSource: wit, world });
  const component = await componentNew(typed, [["wasi_snapshot_preview1", await readFile(adapter)]]);
  await writeFile(output, component);
}

async function translate({ component, options, output }) {
  const { files } = await transpile(await readFile(component), options);
  for (const [name, content] of Object.entries(files)) {
    const path = join(output, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}

const job = JSON.parse(process.argv[2]);
await { compose, translate }[job.do](job);
